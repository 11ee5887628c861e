package io.clusterdb.events.spi;

import org.jspecify.annotations.Nullable;

/**
 * A record as a log holds it.
 *
 * @param timestamp append time, in milliseconds since the epoch
 * @param value null = tombstone
 */
public record LogRecord(
        TopicPartition partition,
        long offset,
        long timestamp,
        @Nullable Bytes key,
        @Nullable Bytes value,
        Headers headers) {
    /** Where it stands: {@code topic-partition@offset}. */
    public String place() {
        return partition + "@" + offset;
    }

    /** The same in an array of its own, to be kept without what it stood among. */
    public LogRecord copy() {
        return new LogRecord(
                partition,
                offset,
                timestamp,
                copy(key),
                copy(value),
                new Headers(Bytes.of(headers.encoded().copy())));
    }

    private static @Nullable Bytes copy(@Nullable Bytes bytes) {
        return bytes == null ? null : Bytes.of(bytes.copy());
    }
}
