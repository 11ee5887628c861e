package io.clusterdb.events.kafka;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.Compression;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.ReplicationConfig;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Topic;
import io.clusterdb.events.TopicConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.jspecify.annotations.Nullable;

/**
 * A topic's settings in Kafka's words, and back. Whatever somebody changes with Kafka's own tools is seen; what Kafka
 * has no words for comes from a {@link TopicNotes.Note}.
 *
 * <p>Segments are made small enough that Kafka can delete some before there is an eighth too much, since it deletes by
 * segments. The largest batch is larger than the largest message: it holds headers, and data that does not compress
 * grows a little. A topic's compression is applied by Kafka too, to batches that a producer has packed otherwise.
 */
final class TopicSettings {
    private static final long UNLIMITED = -1;
    private static final long SEGMENT_BYTES_MIN = 1 << 20;
    private static final long SEGMENT_BYTES_MAX = 1 << 30;
    private static final long SEGMENT_MILLIS_MIN = Duration.ofMinutes(1).toMillis();
    private static final long SEGMENT_MILLIS_MAX = Duration.ofDays(7).toMillis();
    private static final int SEGMENTS = 8;
    private static final long BATCH_BYTES_MIN = 1_048_588;

    private static final String CLEANUP = "cleanup.policy";
    private static final String COMPRESSION = "compression.type";
    private static final String BATCH = "max.message.bytes";
    private static final String RETENTION_TIME = "retention.ms";
    private static final String RETENTION_SIZE = "retention.bytes";
    private static final String TOMBSTONES = "delete.retention.ms";
    private static final String SEGMENT_SIZE = "segment.bytes";
    private static final String SEGMENT_TIME = "segment.ms";

    private final ReplicationConfig replication;

    TopicSettings(ReplicationConfig replication) {
        this.replication = replication;
    }

    short copies(Topic topic) {
        Integer asked = topic.replicationFactor();
        return (short) Math.min(Short.MAX_VALUE, asked == null ? replication.factor() : asked);
    }

    /** What Kafka is told of a topic. */
    Map<String, String> of(Topic topic) {
        TopicConfig config = topic.config();
        Map<String, String> settings = new HashMap<>();
        settings.put("message.timestamp.type", "LogAppendTime");
        settings.put("min.insync.replicas", Integer.toString(insync(copies(topic))));
        settings.put(CLEANUP, cleanup(config.cleanupPolicy()));
        settings.put(COMPRESSION, compression(config.compression()));
        settings.put(BATCH, Long.toString(batchBytes(config.maxMessageSize())));
        settings.put(TOMBSTONES, Long.toString(config.deleteRetention().toMillis()));
        Duration time = config.retention().time();
        ByteSize size = config.retention().size();
        settings.put(RETENTION_TIME, Long.toString(time == null ? UNLIMITED : time.toMillis()));
        settings.put(RETENTION_SIZE, Long.toString(size == null ? UNLIMITED : size.bytes()));
        settings.put(
                SEGMENT_TIME,
                Long.toString(
                        time == null
                                ? SEGMENT_MILLIS_MAX
                                : Math.clamp(time.toMillis() / SEGMENTS, SEGMENT_MILLIS_MIN, SEGMENT_MILLIS_MAX)));
        settings.put(
                SEGMENT_SIZE,
                Long.toString(
                        size == null
                                ? SEGMENT_BYTES_MAX
                                : Math.clamp(size.bytes() / SEGMENTS, SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX)));
        return settings;
    }

    private int insync(int copies) {
        return switch (replication.sync()) {
            case LEADER -> 1;
            case QUORUM -> copies / 2 + 1;
            case ALL -> copies;
        };
    }

    private static String cleanup(CleanupPolicy policy) {
        return switch (policy) {
            case DELETE -> "delete";
            case COMPACT -> "compact";
            case COMPACT_DELETE -> "compact,delete";
        };
    }

    private static String compression(Compression compression) {
        return compression == Compression.NONE ? "producer" : compression.name().toLowerCase(Locale.ROOT);
    }

    private static long batchBytes(ByteSize message) {
        return Math.max(BATCH_BYTES_MIN, message.bytes() + message.bytes() / 64 + 1024);
    }

    /** The topic as Kafka has it. */
    static Topic read(TopicDescription description, Config config, @Nullable Topic noted) {
        Integer copies = description.partitions().get(0).replicas().size();
        Topic found = new Topic(
                description.name(),
                description.partitions().size(),
                noted == null ? copies : noted.replicationFactor(),
                new TopicConfig(
                        new RetentionPolicy(time(config), size(config)),
                        cleanup(value(config, CLEANUP)),
                        compression(value(config, COMPRESSION)),
                        message(Long.parseLong(value(config, BATCH)), noted),
                        Duration.ofMillis(Long.parseLong(value(config, TOMBSTONES))),
                        null),
                noted == null ? null : noted.owner(),
                Map.of(),
                noted == null ? List.of() : noted.routes());
        return found;
    }

    private static String value(Config config, String name) {
        ConfigEntry entry = config.get(name);
        String value = entry == null ? null : entry.value();
        if (value == null) {
            throw RejectedException.engine(
                    "The settings of a topic can't be read",
                    "the cluster does not tell " + name,
                    "Allow the client to describe the settings of topics");
        }
        return value;
    }

    private static @Nullable Duration time(Config config) {
        long millis = Long.parseLong(value(config, RETENTION_TIME));
        return millis < 0 ? null : Duration.ofMillis(Math.max(1, millis));
    }

    private static @Nullable ByteSize size(Config config) {
        long bytes = Long.parseLong(value(config, RETENTION_SIZE));
        return bytes < 0 ? null : ByteSize.bytes(bytes);
    }

    private static CleanupPolicy cleanup(String value) {
        boolean compacts = value.contains("compact");
        boolean deletes = value.contains("delete");
        return compacts && deletes
                ? CleanupPolicy.COMPACT_DELETE
                : compacts ? CleanupPolicy.COMPACT : CleanupPolicy.DELETE;
    }

    private static Compression compression(String value) {
        return switch (value) {
            case "gzip" -> Compression.GZIP;
            case "snappy" -> Compression.SNAPPY;
            case "lz4" -> Compression.LZ4;
            case "zstd" -> Compression.ZSTD;
            default -> Compression.NONE;
        };
    }

    /** What was asked for, as long as Kafka still has what was made of it; else the most that surely fits. */
    private static ByteSize message(long batchBytes, @Nullable Topic noted) {
        if (noted != null && batchBytes(noted.config().maxMessageSize()) == batchBytes) {
            return noted.config().maxMessageSize();
        }
        return ByteSize.bytes(Math.max(0, batchBytes - batchBytes / 64 - 1024));
    }
}
