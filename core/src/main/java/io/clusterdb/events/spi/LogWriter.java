package io.clusterdb.events.spi;

import java.util.List;
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
    default CompletableFuture<Appended> append(NewRecord record) {
        return append(record, List.of());
    }

    /**
     * Appends a record, and copies of it to other topics: all of them or none, whatever happens. Keeps the order of the
     * record's partition like any other append, and that of the copies in theirs, as far as they are of one such
     * partition.
     *
     * @return where the record went; the copies are as durable as it is
     * @throws io.clusterdb.events.EventsException as {@link #append(NewRecord)}, for any of them
     */
    CompletableFuture<Appended> append(NewRecord record, List<NewRecord> copies);

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
