package io.clusterdb.events.log;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which records are due to go, by append time and by size, whole batches from the front; and where in a partition a time
 * is.
 */
final class Retention {
    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
    private static final long PAUSE_NANOS = 1_000_000;
    private static final long MINUTE_MILLIS = 60_000;

    private final Catalog catalog;
    private final Storage storage;
    private final RetentionPolicy defaults;
    private final RetentionClock clock;

    Retention(Catalog catalog, Storage storage, RetentionPolicy defaults, Environment environment) {
        this.catalog = catalog;
        this.storage = storage;
        this.defaults = defaults;
        this.clock = new RetentionClock(environment);
    }

    /** The partitions whose start should move, and where to. */
    synchronized Map<TopicPartition, Long> expiring() {
        long now = clock.millis();
        Map<TopicPartition, Long> starts = new TreeMap<>();
        for (TopicLogs topic : catalog.all().values()) {
            if (isDeleting(topic)) {
                for (int p = 0; p < topic.partitions(); p++) {
                    PartitionLog log = topic.log(p);
                    long start = byPolicy(log, topic.topic().config().retention(), now);
                    if (start > log.state().start()) {
                        starts.put(log.partition(), start);
                    }
                }
            }
        }
        if (defaults.size() != null) {
            capAll(starts, defaults.size());
        }
        return starts;
    }

    /** Nothing that a store holds ever goes. */
    private static boolean isDeleting(TopicLogs topic) {
        return topic.topic().config().cleanupPolicy().deletes()
                && !topic.topic().isStore();
    }

    private long byPolicy(PartitionLog log, RetentionPolicy policy, long now) {
        Duration time = policy.time() == null ? defaults.time() : policy.time();
        long oldest = time == null ? Long.MIN_VALUE : now - time.toMillis();
        PartitionLog.State state = log.state(); // before the extent: what is compacted meanwhile is no surplus
        long surplus = policy.size() == null
                ? 0
                : storage.extent(log.id()).bytes() - policy.size().bytes();
        long kept = firstKept(log, state, oldest, surplus);
        boolean isBeingCut = log.cut() > state.start(); // asked first: it ends when the state tells
        boolean isOther = log.state().compacted() != state.compacted();
        return isBeingCut || isOther ? state.start() : kept; // what was not seen may be compacted by now, and young
    }

    /**
     * The base offset of the first batch that is young enough and behind the surplus bytes; only settled ones go. The
     * surplus is one of what is not compacted: that alone fills the size, so all that is compacted is too much.
     */
    private long firstKept(PartitionLog log, PartitionLog.State state, long oldestMillis, long surplusBytes) {
        long surplus = surplusBytes;
        if (surplus <= 0 && oldestMillis == Long.MIN_VALUE) {
            return state.start();
        }
        if (surplus <= 0 && state.start() < state.compacted()) {
            long kept = firstCompacted(log, state, oldestMillis);
            if (kept < state.compacted()) {
                return kept;
            }
        }
        long from = Math.max(state.start(), state.compacted());
        try (Storage.Entries entries = storage.entries(log.id(), from)) {
            while (entries.next() && entries.offset() < state.stableEnd()) {
                boolean tooMuch = surplus > 0 && surplus >= entries.length();
                if (!tooMuch && log.batch(entries).timestamp() >= oldestMillis) {
                    return Math.max(entries.offset(), state.start());
                }
                surplus -= entries.length();
            }
        }
        return state.stableEnd();
    }

    /** The first record of the compacted part that is young enough; where that part ends when none is. */
    private long firstCompacted(PartitionLog log, PartitionLog.State state, long oldestMillis) {
        try (Storage.Cursor rows = storage.scan(
                Tables.COMPACTED, Tables.key(log.id(), state.start()), Tables.key(log.id(), state.compacted()))) {
            while (rows.next()) {
                Batch batch = log.compacted(rows);
                if (batch.timestamp() >= oldestMillis) {
                    return batch.baseOffset();
                }
            }
        }
        return state.compacted();
    }

    /** Lets the oldest batches of all topics go, whichever they are of, until the rest fits. */
    private void capAll(Map<TopicPartition, Long> starts, ByteSize cap) {
        List<PartitionLog> logs = new ArrayList<>();
        long total = 0;
        for (TopicLogs topic : catalog.all().values()) {
            for (int p = 0; p < topic.partitions(); p++) {
                PartitionLog log = topic.log(p);
                total += storage.extent(log.id()).bytes();
                if (isDeleting(topic)) {
                    logs.add(log);
                }
            }
        }
        if (total <= cap.bytes()) {
            return;
        }
        LOG.warn("All topics together hold {} bytes, above the cap of {} bytes: the oldest go", total, cap.bytes());
        new Oldest(logs).give(total - cap.bytes(), starts);
    }

    /** Walks all partitions in the order of append time. */
    private final class Oldest {
        private final List<PartitionLog> logs;

        Oldest(List<PartitionLog> logs) {
            this.logs = logs;
        }

        void give(long bytes, Map<TopicPartition, Long> starts) {
            record Front(PartitionLog log, Storage.Entries entries, long timestamp) {}
            PriorityQueue<Front> fronts = new PriorityQueue<>(Comparator.comparingLong(Front::timestamp));
            try {
                for (PartitionLog log : logs) {
                    Storage.Entries entries =
                            storage.entries(log.id(), log.state().start());
                    Long timestamp = advance(log, entries);
                    if (timestamp == null) {
                        entries.close();
                    } else {
                        fronts.add(new Front(log, entries, timestamp));
                    }
                }
                long rest = bytes;
                while (rest > 0 && !fronts.isEmpty()) {
                    Front oldest = fronts.remove();
                    rest -= oldest.entries().length();
                    Long timestamp = advance(oldest.log(), oldest.entries());
                    long start = timestamp == null
                            ? oldest.log().state().stableEnd()
                            : oldest.entries().offset();
                    starts.merge(oldest.log().partition(), start, Math::max);
                    if (timestamp == null) {
                        oldest.entries().close();
                    } else {
                        fronts.add(new Front(oldest.log(), oldest.entries(), timestamp));
                    }
                }
            } finally {
                fronts.forEach(f -> f.entries().close());
            }
        }

        private @Nullable Long advance(PartitionLog log, Storage.Entries entries) {
            return entries.next() && entries.offset() < log.state().stableEnd()
                    ? log.batch(entries).timestamp()
                    : null;
        }
    }

    /** See {@link io.clusterdb.events.spi.LogEngine#offsetAt}. */
    long offsetAt(PartitionLog log, long millis) {
        while (true) {
            try {
                return firstSince(log, millis);
            } catch (RejectedException e) {
                if (e.code() != ErrorCode.OFFSET_OUT_OF_RANGE) {
                    throw e;
                }
                LOG.debug("{} was cut while a time was looked for in it; it is done again", log.partition(), e);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private long firstSince(PartitionLog log, long millis) {
        PartitionLog.State state = log.state();
        long from = state.start();
        try (Storage.Cursor minutes = storage.scan(
                Tables.TIMES,
                Tables.key(log.id(), Math.max(0, millis) / MINUTE_MILLIS),
                Tables.key(log.id(), Long.MAX_VALUE))) {
            if (!minutes.next()) {
                return state.end();
            }
            from = Math.max(from, Tables.longAt(minutes.value(), 0));
        }
        try (LogCursor batches = new LogCursor(log, storage, from)) {
            for (Batch batch = batches.advance(state.end()); batch != null; batch = batches.advance(state.end())) {
                if (batch.timestamp() >= millis) {
                    return Math.max(batch.baseOffset(), state.start());
                }
            }
        }
        return state.end();
    }
}
