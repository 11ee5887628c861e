package io.clusterdb.events;

import java.util.concurrent.CompletableFuture;

/**
 * Events published and messages answered all together or not at all. Not thread-safe, and of no use after the block it
 * was given to.
 */
public interface Transaction {
    /** Publishes within the transaction: the event is visible to others when the transaction is committed. */
    Published publish(String topic, Event event);

    /** As {@link #publish}, without waiting for the write; the commit does. */
    CompletableFuture<Published> publishAsync(String topic, Event event);

    /** Answers a message with the transaction's commit; if that fails, the message is not answered. */
    void commit(Message message);
}
