package io.clusterdb.events;

/** What is done within a transaction. */
@FunctionalInterface
public interface TransactionBody {
    /** Returning commits the transaction, throwing aborts it. */
    void run(Transaction transaction) throws Exception;
}
