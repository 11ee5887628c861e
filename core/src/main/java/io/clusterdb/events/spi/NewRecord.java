package io.clusterdb.events.spi;

import org.jspecify.annotations.Nullable;

/**
 * A record to be appended.
 *
 * @param partition {@link #BY_KEY} leaves the choice to the engine: murmur2 of the key as Kafka does it, and a
 *     partition that changes with each batch where there is no key
 * @param value null = tombstone
 */
public record NewRecord(
        String topic,
        int partition,
        @Nullable Bytes key,
        @Nullable Bytes value,
        Headers headers) {
    public static final int BY_KEY = -1;

    /** Bytes of key, value and headers: what a topic's maximum message size is compared with. */
    public int size() {
        return (key == null ? 0 : key.length())
                + (value == null ? 0 : value.length())
                + headers.encoded().length();
    }
}
