package io.clusterdb.events;

import java.util.List;

/** The transactions that are open, of whomever. Thread-safe. */
public interface Transactions {
    /** Oldest first. */
    List<TransactionStatus> list();

    /**
     * Aborts a transaction, so that it holds back nobody any more. Its owner's next call in it, or its commit, throws
     * {@link ConflictException}. Returns when it is done.
     *
     * @throws NotFoundException when no open transaction has that id
     */
    void abort(String id);
}
