package io.clusterdb.events;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a topic that can be altered.
 *
 * @param retention what {@link CleanupPolicy#DELETE} goes by
 * @param compression of batches whose producer names none
 * @param maxMessageSize of one event with key and headers, before compression
 * @param deleteRetention how long a compacted topic keeps a tombstone
 * @param deduplication for how long an event published again under its id is known again; null = not at all
 */
public record TopicConfig(
        RetentionPolicy retention,
        CleanupPolicy cleanupPolicy,
        Compression compression,
        ByteSize maxMessageSize,
        Duration deleteRetention,
        @Nullable Duration deduplication) {
    private static final Duration MAX_WINDOW = Duration.ofDays(7);

    public static final TopicConfig DEFAULTS = new TopicConfig(
            RetentionPolicy.FOREVER,
            CleanupPolicy.DELETE,
            Compression.NONE,
            ByteSize.mib(1),
            Duration.ofHours(24),
            null);

    /** @throws RejectedException naming the setting that is out of its range */
    public TopicConfig {
        if (maxMessageSize.bytes() < 1) {
            throw RejectedException.invalid("topic", "maxMessageSize", maxMessageSize, "1 byte or more");
        }
        if (deleteRetention.isNegative()) {
            throw RejectedException.invalid("topic", "deleteRetention", deleteRetention, "zero or more");
        }
        if (deduplication != null
                && (deduplication.compareTo(Duration.ofMillis(1)) < 0 || deduplication.compareTo(MAX_WINDOW) > 0)) {
            throw RejectedException.invalid("topic", "deduplication", deduplication, "1 ms to " + MAX_WINDOW);
        }
    }

    public TopicConfig withRetention(RetentionPolicy policy) {
        return new TopicConfig(policy, cleanupPolicy, compression, maxMessageSize, deleteRetention, deduplication);
    }

    public TopicConfig withCleanupPolicy(CleanupPolicy policy) {
        return new TopicConfig(retention, policy, compression, maxMessageSize, deleteRetention, deduplication);
    }

    public TopicConfig withCompression(Compression codec) {
        return new TopicConfig(retention, cleanupPolicy, codec, maxMessageSize, deleteRetention, deduplication);
    }

    public TopicConfig withMaxMessageSize(ByteSize size) {
        return new TopicConfig(retention, cleanupPolicy, compression, size, deleteRetention, deduplication);
    }

    public TopicConfig withDeleteRetention(Duration time) {
        return new TopicConfig(retention, cleanupPolicy, compression, maxMessageSize, time, deduplication);
    }

    public TopicConfig withDeduplication(@Nullable Duration window) {
        return new TopicConfig(retention, cleanupPolicy, compression, maxMessageSize, deleteRetention, window);
    }
}
