package io.clusterdb.events.log;

import io.clusterdb.events.Compression;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.Storage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the latest record of each key of compacted topics. When enough has gathered in a log, all of it but the newest
 * part is moved, slice by slice, into a table by offset; a record that is superseded leaves the table when the newer one
 * comes. So each record is handled once, and a log of few keys stays small however much is written to it.
 *
 * <p>Offsets stay what they were. A tombstone stays for the topic's {@code deleteRetention}.
 */
final class Compactor implements Duty {
    private static final Logger LOG = LoggerFactory.getLogger(Compactor.class);
    private static final long INTERVAL_NANOS = Duration.ofSeconds(5).toNanos();
    private static final long SLICE_BYTES = 2 << 20;

    private final Catalog catalog;
    private final Storage storage;
    private final Committer committer;
    private final Environment environment;
    private final long dirtyBytes;
    private final Environment.Task task;
    private volatile boolean busy;
    private volatile long nextNanos;

    /** @param dirtyBytes compacting begins when a log holds so many that are not; a quarter of them is the newest part */
    Compactor(Catalog catalog, Storage storage, Committer committer, Environment environment, long dirtyBytes) {
        this.catalog = catalog;
        this.storage = storage;
        this.committer = committer;
        this.environment = environment;
        this.dirtyBytes = dirtyBytes;
        this.nextNanos = environment.nanos() + INTERVAL_NANOS;
        this.task = environment.start("events-compactor", this);
    }

    @Override
    public long run() {
        long now = environment.nanos();
        if (busy || now < nextNanos) {
            return busy ? WHEN_WOKEN : nextNanos - now;
        }
        for (TopicLogs topic : catalog.all().values()) {
            if (topic.topic().config().cleanupPolicy().compacts()) {
                for (int p = 0; p < topic.partitions(); p++) {
                    if (begin(topic.topic(), topic.log(p))) {
                        return WHEN_WOKEN;
                    }
                }
            }
        }
        nextNanos = now + INTERVAL_NANOS;
        return INTERVAL_NANOS;
    }

    private boolean begin(Topic topic, PartitionLog log) {
        try {
            Slice slice = slice(topic, log);
            if (slice.commit.isEmpty()) {
                return false;
            }
            busy = true;
            committer.offer(slice);
            slice.done().whenComplete((done, failure) -> {
                busy = false;
                if (failure != null) {
                    LOG.warn("{} could not be compacted; it is tried again", log.partition(), failure);
                    nextNanos = environment.nanos() + INTERVAL_NANOS;
                }
                task.wake();
            });
            return true;
        } catch (EventsException e) {
            LOG.error("{} can't be compacted", log.partition(), e);
            return false;
        }
    }

    private Slice slice(Topic topic, PartitionLog log) {
        PartitionLog.State state = log.state();
        Slice slice = new Slice(log, state.compacted());
        // First, so that a key that comes back in this slice stays: the later change of a row wins.
        dropTombstones(
                slice, environment.millis() - topic.config().deleteRetention().toMillis());
        if (storage.extent(log.id()).bytes() >= dirtyBytes) {
            collect(slice, state);
        }
        return slice;
    }

    private void collect(Slice slice, PartitionLog.State state) {
        PartitionLog log = slice.log;
        Map<Bytes, LogRecord> latest = new LinkedHashMap<>();
        List<LogRecord> keyless = new ArrayList<>();
        long from = Math.max(state.compacted(), state.start());
        long end = Math.min(newestPart(log), state.stableEnd());
        long bytes = 0;
        try (LogCursor batches = new LogCursor(log, storage, from)) {
            while (bytes < SLICE_BYTES && batches.next() < end) {
                Batch batch = batches.advance(end);
                if (batch == null) {
                    break;
                }
                bytes += batch.size();
                boolean visible = !batch.isControl() && !(batch.isTransactional() && log.isAborted(batch));
                for (LogRecord record : visible ? batch.records(log.partition(), from) : List.<LogRecord>of()) {
                    if (record.key() == null) {
                        keyless.add(record);
                    } else {
                        latest.put(record.key(), record);
                    }
                }
            }
            slice.upTo = batches.next();
        }
        keyless.forEach(record -> keep(slice, record));
        latest.forEach((key, record) -> supersede(slice, key, record));
    }

    /** Where the newest part begins, which is never compacted. */
    private long newestPart(PartitionLog log) {
        long rest = storage.extent(log.id()).bytes() - dirtyBytes / 4;
        try (Storage.Entries entries = storage.entries(log.id(), 0)) {
            while (entries.next()) {
                if (rest <= 0) {
                    return entries.offset();
                }
                rest -= entries.length();
            }
        }
        return log.state().stableEnd();
    }

    private static void keep(Slice slice, LogRecord record) {
        BatchBuilder builder = new BatchBuilder(Batch.HEADER + 256);
        builder.add(record.key(), record.value(), record.headers());
        Bytes batch = builder.close(Compression.NONE, 0);
        new BatchBuilder.Stamp(record.offset(), record.timestamp(), Batch.NO_PRODUCER, (short) -1, -1).on(batch, 0);
        slice.commit.put(Tables.COMPACTED, Tables.key(slice.log.id(), record.offset()), batch.toArray());
    }

    private void supersede(Slice slice, Bytes key, LogRecord record) {
        int id = slice.log.id();
        byte[] latestKey = Tables.key(id, key);
        byte[] before = storage.get(Tables.LATEST, latestKey);
        if (before != null) {
            slice.commit.delete(Tables.COMPACTED, Tables.key(id, Tables.longAt(before, 0)));
            if (Tables.longAt(before, 8) >= 0) {
                slice.commit.delete(
                        Tables.TOMBSTONES, Tables.key(id, Tables.longAt(before, 8), Tables.longAt(before, 0)));
            }
        }
        keep(slice, record);
        long tombstoneTime = -1;
        if (record.value() == null) {
            tombstoneTime = record.timestamp();
            slice.commit.put(Tables.TOMBSTONES, Tables.key(id, tombstoneTime, record.offset()), key.toArray());
        }
        slice.commit.put(Tables.LATEST, latestKey, Tables.longs(record.offset(), tombstoneTime));
    }

    private void dropTombstones(Slice slice, long before) {
        int id = slice.log.id();
        try (Storage.Cursor old =
                storage.scan(Tables.TOMBSTONES, Tables.key(id, 0, 0), Tables.key(id, Math.max(0, before), 0))) {
            while (old.next()) {
                long offset = Tables.longAt(old.key(), 12);
                slice.commit.delete(Tables.TOMBSTONES, old.key());
                slice.commit.delete(Tables.COMPACTED, Tables.key(id, offset));
                slice.commit.delete(Tables.LATEST, Tables.key(id, Bytes.of(old.value())));
            }
        }
    }

    void close() {
        task.close();
    }

    /** What one round changes. */
    private static final class Slice extends AdminWrite {
        private final PartitionLog log;
        private final long from;
        private final Commit commit = new Commit();
        private long upTo;

        Slice(PartitionLog log, long from) {
            this.log = log;
            this.from = from;
            this.upTo = from;
        }

        @Override
        public void prepare(Commit to, List<PartitionLog> touched) {
            PartitionLog.Draft draft = log.draft(touched);
            if (draft.isDeleted()) {
                return;
            }
            to.addAll(commit);
            if (upTo > from) {
                draft.compacted(to, upTo);
            }
        }
    }
}
