package io.clusterdb.events.spi;

import java.util.List;

/**
 * Reads partitions forward. Nothing waits: {@link #poll} gives what is there, and the signal that the reader was opened
 * with tells, from any thread, that there may be more.
 *
 * <p>To be used by one thread at a time.
 */
public interface LogReader extends AutoCloseable {
    /** Goes on reading a partition, at an offset; starts to when it was not. */
    void seek(TopicPartition partition, long offset);

    /** Stops reading a partition. */
    void drop(TopicPartition partition);

    /** Holds a partition back until it is resumed. */
    void pause(TopicPartition partition);

    void resume(TopicPartition partition);

    /**
     * The next records, fairly over the partitions; empty when there are none.
     *
     * @param maxRecords about how many at most
     * @throws io.clusterdb.events.RejectedException OFFSET_OUT_OF_RANGE when a partition's position is below its start
     *     or above its end. The partition is dropped; the others go on
     */
    List<Fetched> poll(int maxRecords);

    @Override
    void close();
}
