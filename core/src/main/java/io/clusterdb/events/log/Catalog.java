package io.clusterdb.events.log;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.TopicPartition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The topics of an embedded log and the numbers of their logs. Read by any thread; changed by the committer alone,
 * which calls {@code create}, {@code alter} and {@code delete} for what to store and then {@link #put} or {@link #drop}.
 */
final class Catalog {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final byte[] NEXT_LOG = "next log".getBytes(StandardCharsets.UTF_8);
    private static final byte[] NEXT_PRODUCER = "next producer".getBytes(StandardCharsets.UTF_8);

    private final Storage storage;
    private volatile Map<String, TopicLogs> topics;
    private int nextLog;
    private long nextProducer;

    Catalog(Storage storage) {
        this.storage = storage;
        this.nextLog = (int) counter(NEXT_LOG);
        this.nextProducer = counter(NEXT_PRODUCER);
        this.topics = load();
    }

    private long counter(byte[] name) {
        byte[] value = storage.get(Tables.COUNTERS, name);
        return value == null ? 1 : Tables.longAt(value, 0);
    }

    private Map<String, TopicLogs> load() {
        Map<String, TopicLogs> all = new HashMap<>();
        try (Storage.Cursor rows = storage.scan(Tables.TOPICS, new byte[0], null)) {
            while (rows.next()) {
                TopicLogs.Stored stored = JSON.readValue(rows.value(), TopicLogs.Stored.class);
                all.put(stored.topic().name(), new TopicLogs(stored, storage));
            }
        } catch (JacksonException e) {
            throw CorruptionException.found("the list of topics in " + storage.place(), e.getOriginalMessage(), e);
        }
        return all;
    }

    @Nullable
    TopicLogs find(String name) {
        return topics.get(name);
    }

    /** All topics by name; a snapshot. */
    SortedMap<String, TopicLogs> all() {
        return new TreeMap<>(topics);
    }

    TopicLogs topic(String name) {
        TopicLogs topic = topics.get(name);
        if (topic == null) {
            throw NotFoundException.topic(name, all().keySet());
        }
        return topic;
    }

    PartitionLog log(TopicPartition partition) {
        return topic(partition.topic()).log(partition.partition());
    }

    /** The open logs by number. */
    Map<Integer, PartitionLog> byNumber() {
        Map<Integer, PartitionLog> logs = new HashMap<>();
        for (TopicLogs topic : topics.values()) {
            for (int p = 0; p < topic.partitions(); p++) {
                logs.put(topic.logNumber(p), topic.log(p));
            }
        }
        return logs;
    }

    /** A producer number never used before. */
    long newProducer(Commit commit) {
        commit.put(Tables.COUNTERS, NEXT_PRODUCER, Tables.longs(nextProducer + 1));
        return nextProducer++;
    }

    /** The topic to {@link #put}, or null when it is there already. */
    @Nullable
    TopicLogs create(Commit commit, Topic topic) {
        TopicLogs known = topics.get(topic.name());
        if (known != null) {
            if (!known.topic().equals(topic)) {
                throw ConflictException.topicExists(known.topic(), topic);
            }
            return null;
        }
        return store(commit, new TopicLogs.Stored(topic, List.of(newLogs(commit, topic.partitions()))), null);
    }

    TopicLogs alter(Commit commit, Topic topic) {
        TopicLogs known = topic(topic.name());
        int more = topic.partitions() - known.partitions();
        if (more < 0) {
            throw RejectedException.invalid(
                    "topic " + topic.name(),
                    "partitions",
                    topic.partitions(),
                    "the " + known.partitions() + " it has, or more: a topic can't shrink");
        }
        TopicLogs.Stored stored = more == 0
                ? new TopicLogs.Stored(topic, known.stored().ranges())
                : known.stored().grown(topic, newLogs(commit, more));
        return store(commit, stored, known);
    }

    private TopicLogs store(Commit commit, TopicLogs.Stored stored, @Nullable TopicLogs known) {
        commit.put(
                Tables.TOPICS, stored.topic().name().getBytes(StandardCharsets.UTF_8), JSON.writeValueAsBytes(stored));
        return known == null ? new TopicLogs(stored, storage) : known.changed(stored);
    }

    private TopicLogs.Range newLogs(Commit commit, int count) {
        TopicLogs.Range range = new TopicLogs.Range(nextLog, count);
        nextLog += count;
        commit.put(Tables.COUNTERS, NEXT_LOG, Tables.longs(nextLog));
        return range;
    }

    void delete(Commit commit, String name) {
        TopicLogs topic = topic(name);
        commit.delete(Tables.TOPICS, name.getBytes(StandardCharsets.UTF_8));
        commit.delete(Tables.KEYED, Tables.key(topic.stored().firstLog()));
        for (TopicLogs.Range range : topic.stored().ranges()) {
            byte[] from = Tables.key(range.first());
            byte[] to = Tables.key(range.first() + range.count());
            for (Storage.Table table : List.of(
                    Tables.BOUNDS, Tables.TIMES, Tables.ABORTED, Tables.COMPACTED, Tables.LATEST, Tables.TOMBSTONES)) {
                commit.deleteRange(table, from, to);
            }
            for (int log = range.first(); log < range.first() + range.count(); log++) {
                commit.trim(log, Long.MAX_VALUE);
            }
        }
    }

    void put(TopicLogs topic) {
        Map<String, TopicLogs> all = new HashMap<>(topics);
        all.put(topic.topic().name(), topic);
        topics = all;
    }

    void drop(String name) {
        Map<String, TopicLogs> all = new HashMap<>(topics);
        all.remove(name);
        topics = all;
    }

    List<Topic> list() {
        List<Topic> list = new ArrayList<>();
        all().values().forEach(t -> list.add(t.topic()));
        return list;
    }
}
