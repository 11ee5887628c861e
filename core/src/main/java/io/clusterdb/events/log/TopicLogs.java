package io.clusterdb.events.log;

import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** A topic with its logs, which are opened when first used. Thread-safe; a changed topic is a new object. */
final class TopicLogs {
    private final Stored stored;
    private final Storage storage;
    private final AtomicReferenceArray<PartitionLog> logs;
    private final AtomicBoolean keyed;

    /**
     * The form in which a topic is stored.
     *
     * @param ranges of log numbers, in the order of the partitions; one for each time the topic has grown
     */
    record Stored(Topic topic, List<Range> ranges) {
        int firstLog() {
            return ranges.get(0).first();
        }

        Stored grown(Topic wider, Range more) {
            List<Range> all = new ArrayList<>(ranges);
            all.add(more);
            return new Stored(wider, all);
        }
    }

    /** Consecutive log numbers. */
    record Range(int first, int count) {}

    TopicLogs(Stored stored, Storage storage) {
        this.stored = stored;
        this.storage = storage;
        this.logs = new AtomicReferenceArray<>(stored.topic().partitions());
        this.keyed = new AtomicBoolean(storage.get(Tables.KEYED, Tables.key(stored.firstLog())) != null);
    }

    private TopicLogs(Stored stored, TopicLogs before, AtomicReferenceArray<PartitionLog> logs) {
        this.stored = stored;
        this.storage = before.storage;
        this.logs = logs;
        this.keyed = before.keyed;
    }

    /**
     * The same logs with other settings, or more of them. Somebody may go on with this object for a while: what either
     * learns of a log, both know, and there are never two objects for one log.
     */
    TopicLogs changed(Stored changed) {
        int count = changed.topic().partitions();
        if (count == logs.length()) {
            return new TopicLogs(changed, this, logs);
        }
        AtomicReferenceArray<PartitionLog> more = new AtomicReferenceArray<>(count);
        for (int i = 0; i < logs.length(); i++) {
            more.set(i, log(i));
        }
        return new TopicLogs(changed, this, more);
    }

    Stored stored() {
        return stored;
    }

    Topic topic() {
        return stored.topic();
    }

    int partitions() {
        return logs.length();
    }

    /** Whether it has had an event with a key. */
    boolean isKeyed() {
        return keyed.get();
    }

    void keyed() {
        keyed.set(true);
    }

    PartitionLog log(int partition) {
        if (partition < 0 || partition >= logs.length()) {
            throw NotFoundException.partition(topic().name(), partition, logs.length());
        }
        PartitionLog log = logs.get(partition);
        if (log == null) {
            PartitionLog opened =
                    new PartitionLog(logNumber(partition), new TopicPartition(topic().name(), partition), storage);
            log = logs.compareAndExchange(partition, null, opened);
            log = log == null ? opened : log;
        }
        return log;
    }

    int logNumber(int partition) {
        int rest = partition;
        for (Range range : stored.ranges()) {
            if (rest < range.count()) {
                return range.first() + rest;
            }
            rest -= range.count();
        }
        throw new IllegalStateException("no log for partition " + partition + " of " + stored);
    }
}
