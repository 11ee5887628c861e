package io.clusterdb.events;

import java.time.Duration;

/**
 * The settings of a topic that can be altered.
 *
 * @param retention what {@link CleanupPolicy#DELETE} goes by
 * @param compression of batches whose producer names none
 * @param maxMessageSize of one event with key and headers, before compression
 * @param deleteRetention how long a compacted topic keeps a tombstone
 */
public record TopicConfig(
        RetentionPolicy retention,
        CleanupPolicy cleanupPolicy,
        Compression compression,
        ByteSize maxMessageSize,
        Duration deleteRetention) {
    public static final TopicConfig DEFAULTS = new TopicConfig(
            RetentionPolicy.FOREVER, CleanupPolicy.DELETE, Compression.NONE, ByteSize.mib(1), Duration.ofHours(24));

    /** @throws RejectedException naming the setting that is out of its range */
    public TopicConfig {
        if (maxMessageSize.bytes() < 1) {
            throw RejectedException.invalid("topic", "maxMessageSize", maxMessageSize, "1 byte or more");
        }
        if (deleteRetention.isNegative()) {
            throw RejectedException.invalid("topic", "deleteRetention", deleteRetention, "zero or more");
        }
    }
}
