package io.clusterdb.events.broker;

import static java.util.Objects.requireNonNull;

import io.clusterdb.events.AutoOffsetReset;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ConsumerConfig;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** The definitions of groups, kept in a compacted topic by name. Thread-safe. */
final class GroupRegistry {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final TopicPartition HOME = new TopicPartition(InternalTopics.GROUPS.name(), 0);

    private final LogEngine engine;
    private final Environment environment;
    private final Scan scan;
    private final LogWriter writer;
    private final Map<String, Stored> known = new TreeMap<>();
    private long read;

    /**
     * The form in which a group is stored.
     *
     * @param topics with the number of partitions each had when the group got it; 0 when it did not exist
     */
    record Stored(
            String name,
            Map<String, Integer> topics,
            @Nullable String reset,
            int maxPollRecords,
            Duration sessionTimeout,
            Duration heartbeatInterval,
            boolean autoCommit,
            IsolationLevel isolationLevel) {
        static Stored of(ConsumerGroup group, Map<String, Integer> topics) {
            ConsumerConfig config = group.config();
            return new Stored(
                    group.name(),
                    topics,
                    text(config.autoOffsetReset()),
                    config.maxPollRecords(),
                    config.sessionTimeout(),
                    config.heartbeatInterval(),
                    config.autoCommit(),
                    config.isolationLevel());
        }

        ConsumerGroup group() {
            return new ConsumerGroup(
                    name,
                    topics.keySet(),
                    new ConsumerConfig(
                            reset(reset),
                            maxPollRecords,
                            sessionTimeout,
                            heartbeatInterval,
                            autoCommit,
                            isolationLevel));
        }

        private static @Nullable String text(@Nullable AutoOffsetReset reset) {
            return switch (reset) {
                case null -> null;
                case AutoOffsetReset.Earliest earliest -> "earliest";
                case AutoOffsetReset.Latest latest -> "latest";
                case AutoOffsetReset.None none -> "none";
                case AutoOffsetReset.At at -> "at " + at.instant();
                case AutoOffsetReset.Back back -> "back " + back.duration();
            };
        }

        private static @Nullable AutoOffsetReset reset(@Nullable String text) {
            if (text == null) {
                return null;
            }
            if (text.startsWith("at ")) {
                return AutoOffsetReset.at(Instant.parse(text.substring(3)));
            }
            if (text.startsWith("back ")) {
                return AutoOffsetReset.back(Duration.parse(text.substring(5)));
            }
            return switch (text) {
                case "latest" -> AutoOffsetReset.LATEST;
                case "none" -> AutoOffsetReset.NONE;
                default -> AutoOffsetReset.EARLIEST;
            };
        }
    }

    GroupRegistry(LogEngine engine, Environment environment, Scan scan) {
        this.engine = engine;
        this.environment = environment;
        this.scan = scan;
        this.writer = engine.writer(Producer.defaults());
    }

    /** Creates a group unless it is there; the answer is the one there is. */
    synchronized ConsumerGroup create(ConsumerGroup group) {
        refresh();
        Stored there = known.get(group.name());
        if (there != null) {
            if (!there.group().equals(group)) {
                throw ConflictException.groupExists(there.group(), group);
            }
            return there.group();
        }
        if (group.name().length() > InternalTopics.LONGEST_GROUP) {
            throw RejectedException.invalid(
                    "consumer group " + group.name(),
                    "name",
                    group.name().length() + " characters",
                    "1 to " + InternalTopics.LONGEST_GROUP + " characters");
        }
        write(group, Map.of());
        return group;
    }

    /** Gives a group other settings or topics; the topics that it keeps are no older to it than before. */
    synchronized void alter(String name, UnaryOperator<ConsumerGroup> change) {
        ConsumerGroup group = change.apply(get(name));
        if (!group.name().equals(name)) {
            throw RejectedException.invalid("consumer group " + name, "name", group.name(), "the name it has");
        }
        write(group, requireNonNull(known.get(name)).topics());
    }

    private void write(ConsumerGroup group, Map<String, Integer> partitionsBefore) {
        Map<String, Integer> topics = new TreeMap<>();
        for (String topic : group.topics()) {
            int now = engine.topic(topic).map(Topic::partitions).orElse(0);
            topics.put(topic, partitionsBefore.getOrDefault(topic, now));
        }
        write(group.name(), Bytes.of(JSON.writeValueAsBytes(Stored.of(group, topics))));
    }

    synchronized ConsumerGroup get(String name) {
        refresh();
        Stored stored = known.get(name);
        if (stored == null) {
            throw NotFoundException.group(name, known.keySet());
        }
        return stored.group();
    }

    synchronized List<ConsumerGroup> list() {
        refresh();
        List<ConsumerGroup> all = new ArrayList<>();
        known.values().forEach(s -> all.add(s.group()));
        return all;
    }

    /** Has a topic that is not there be new to a group: one of that name will be younger than the group. */
    synchronized void beginAnew(String name, String topic) {
        refresh();
        Stored stored = known.get(name);
        if (stored != null && stored.topics().getOrDefault(topic, 0) > 0) {
            Map<String, Integer> others = new TreeMap<>(stored.topics());
            others.remove(topic);
            write(stored.group(), others);
        }
    }

    synchronized void delete(String name) {
        get(name);
        write(name, null);
    }

    /** Whether a partition came to its topic after the group. */
    synchronized boolean isLater(String group, TopicPartition partition) {
        Stored stored = known.get(group);
        return stored != null && partition.partition() >= stored.topics().getOrDefault(partition.topic(), 0);
    }

    private void write(String name, @Nullable Bytes value) {
        NewRecord record = new NewRecord(HOME.topic(), HOME.partition(), Bytes.utf8(name), value, Headers.NONE);
        environment.await(writer.append(record));
        refresh();
    }

    private void refresh() {
        read = scan.read(HOME, read, record -> {
            apply(record);
            return true;
        });
    }

    private void apply(LogRecord record) {
        Bytes key = record.key();
        Bytes value = record.value();
        if (key == null) {
            return;
        }
        if (value == null) {
            known.remove(key.utf8());
            return;
        }
        try {
            known.put(key.utf8(), JSON.readValue(value.toArray(), Stored.class));
        } catch (JacksonException e) {
            throw CorruptionException.found("group record " + record.place(), e.getOriginalMessage(), e);
        }
    }

    void close() {
        writer.close();
    }
}
