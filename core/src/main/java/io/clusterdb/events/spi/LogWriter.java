package io.clusterdb.events.spi;

import java.util.concurrent.CompletableFuture;

/**
 * Appends records under one producer identity, so that a retry of the engine's neither duplicates nor reorders. Records
 * of one partition keep the order of the calls. Thread-safe outside of transactions.
 *
 * <p>Futures are completed by the engine's own threads: what is chained to them must not wait. They fail with an
 * {@link io.clusterdb.events.EventsException}.
 */
public interface LogWriter extends AutoCloseable {
    /**
     * Appends a record, and answers as the writer's acks say. Waits while too many bytes are in flight.
     *
     * @throws io.clusterdb.events.EventsException when the topic is unknown, the record too large, or without a key in a
     *     topic that is compacted
     */
    CompletableFuture<Appended> append(NewRecord record);

    /** Has everything appended so far written without lingering. */
    void flush();

    @Override
    void close();

    /**
     * Where a record went.
     *
     * @param offset −1 when the writer does not await it
     */
    record Appended(TopicPartition partition, long offset) {}
}
