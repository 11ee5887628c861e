package io.clusterdb.events.log;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.MalformedBytesException;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.TopicPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * One partition of an embedded log. Readers see its {@link State}, which changes as a whole; the committer alone
 * changes it, through a {@link Draft} that becomes the state when its commit is stored and is forgotten when not.
 */
final class PartitionLog {
    private static final long MINUTE_MILLIS = 60_000;

    private final int id;
    private final TopicPartition partition;
    private final Storage storage;
    private final CopyOnWriteArrayList<Runnable> watchers = new CopyOnWriteArrayList<>();
    private final ConcurrentSkipListMap<Long, Aborted> aborted = new ConcurrentSkipListMap<>();
    private final Map<Long, ProducerSequence> producers = new HashMap<>();
    private volatile State state;
    private volatile long cut;
    private @Nullable Draft draft;

    /**
     * What is true of the partition.
     *
     * @param start of the first record that is kept
     * @param compacted the records below it have gone through compaction
     * @param end the offset of the next record
     * @param timestamp append time of the last batch, which the next one's is never below
     * @param open first offset of each open transaction, by producer
     * @param deleted with its topic
     */
    record State(long start, long compacted, long end, long timestamp, Map<Long, Long> open, boolean deleted) {
        /** See {@link io.clusterdb.events.spi.Bounds#stableEnd}. */
        long stableEnd() {
            long stable = end;
            for (long first : open.values()) {
                stable = Math.min(stable, first);
            }
            return stable;
        }
    }

    /** A transaction of which no committed reader sees anything. */
    record Aborted(long producer, long first) {}

    PartitionLog(int id, TopicPartition partition, Storage storage) {
        this.id = id;
        this.partition = partition;
        this.storage = storage;
        this.state = load();
    }

    private State load() {
        byte[] bounds = storage.get(Tables.BOUNDS, Tables.key(id));
        long start = bounds == null ? 0 : Tables.longAt(bounds, 0);
        long end = bounds == null ? 0 : Tables.longAt(bounds, 8);
        long compacted = bounds == null ? 0 : Tables.longAt(bounds, 16);
        long timestamp = bounds == null ? 0 : Tables.longAt(bounds, 24);
        Storage.Extent extent = storage.extent(id);
        if (extent.last() >= 0) {
            try (Storage.Entries entries = storage.entries(id, extent.last())) {
                entries.next();
                Batch last = batch(entries);
                end = last.nextOffset();
                timestamp = last.timestamp();
            }
        }
        try (Storage.Cursor rows = storage.scan(Tables.ABORTED, Tables.key(id, 0), Tables.key(id, Long.MAX_VALUE))) {
            while (rows.next()) {
                aborted.put(
                        Tables.longAt(rows.key(), 4),
                        new Aborted(Tables.longAt(rows.value(), 0), Tables.longAt(rows.value(), 8)));
            }
        }
        return new State(start, compacted, end, timestamp, Map.of(), false);
    }

    int id() {
        return id;
    }

    TopicPartition partition() {
        return partition;
    }

    State state() {
        return state;
    }

    /** Below it entries may be gone already, though {@link #state} does not say so yet: the current group cuts them off. */
    long cut() {
        return cut;
    }

    /** @param watcher called after each change, by the committer; it must not wait */
    void watch(Runnable watcher) {
        watchers.add(watcher);
    }

    void unwatch(Runnable watcher) {
        watchers.remove(watcher);
    }

    /** The entry under the cursor, checked. */
    Batch batch(Storage.Entries entries) {
        try {
            return new Batch(entries.bytes());
        } catch (MalformedBytesException e) {
            throw damaged(entries.offset(), e);
        }
    }

    /** The record under a cursor over {@link Tables#COMPACTED}, checked. */
    Batch compacted(Storage.Cursor rows) {
        try {
            return new Batch(Bytes.of(rows.value()));
        } catch (MalformedBytesException e) {
            throw damaged(Tables.longAt(rows.key(), 4), e);
        }
    }

    CorruptionException damaged(long offset, MalformedBytesException e) {
        return CorruptionException.found(
                "batch " + partition + "@" + offset + " in " + storage.place(), String.valueOf(e.getMessage()), e);
    }

    /** Whether a transactional batch belongs to an aborted transaction. */
    boolean isAborted(Batch batch) {
        for (Aborted transaction : aborted.tailMap(batch.baseOffset()).values()) {
            if (transaction.producer() == batch.producerId() && transaction.first() <= batch.baseOffset()) {
                return true;
            }
        }
        return false;
    }

    /** The changes of the current group, begun when there are none yet. Committer only; so with the next two. */
    Draft draft(List<PartitionLog> touched) {
        Draft current = draft;
        if (current == null) {
            current = new Draft(state);
            draft = current;
            touched.add(this);
        }
        return current;
    }

    void publish() {
        Draft done = draft;
        if (done == null) {
            return;
        }
        draft = null;
        producers.putAll(done.producers);
        producers.keySet().removeAll(done.ended);
        aborted.putAll(done.aborted);
        aborted.headMap(done.start).clear();
        state = done.freeze();
        cut = 0;
        watchers.forEach(Runnable::run);
    }

    /** Forgets the draft of a commit that failed. To be followed by {@link #reload}. */
    void forget() {
        draft = null;
    }

    /** Should part of a commit that failed be stored all the same, it is taken over from there: the storage has the last word. */
    void reload() {
        State before = state;
        try {
            State found = load();
            Map<Long, Long> open = new HashMap<>(before.open());
            try (Storage.Entries entries = storage.entries(id, before.end())) {
                while (entries.next()) {
                    if (entries.offset() >= before.end()) {
                        replay(batch(entries), open);
                    }
                }
            }
            state = new State(
                    before.start(),
                    before.compacted(),
                    found.end(),
                    found.timestamp(),
                    Map.copyOf(open),
                    before.deleted());
        } finally {
            boolean wasCut = cut > 0;
            cut = 0;
            boolean isOther = state.end() != before.end();
            if (wasCut || isOther) { // who is woken for nothing and writes again would do so without a pause
                watchers.forEach(Runnable::run);
            }
        }
    }

    private void replay(Batch batch, Map<Long, Long> open) {
        long producer = batch.producerId();
        if (batch.isControl()) {
            open.remove(producer);
            return;
        }
        if (batch.isTransactional()) {
            open.putIfAbsent(producer, batch.baseOffset());
        }
        ProducerSequence known = producers.getOrDefault(producer, ProducerSequence.first(batch.producerEpoch()));
        producers.put(producer, known.appendedAndKept(batch.count(), batch.baseOffset()));
    }

    /** The state as the current group will leave it. */
    final class Draft {
        private final Map<Long, ProducerSequence> producers = new HashMap<>(2);
        private final Map<Long, Aborted> aborted = new HashMap<>(0);
        private final List<Long> ended = new ArrayList<>(0);
        private Map<Long, Long> open;
        private long start;
        private long compacted;
        private long end;
        private long timestamp;
        private boolean deleted;

        private Draft(State from) {
            start = from.start();
            compacted = from.compacted();
            end = from.end();
            timestamp = from.timestamp();
            open = from.open();
            deleted = from.deleted();
        }

        private State freeze() {
            return new State(start, compacted, end, timestamp, open, deleted);
        }

        long start() {
            return start;
        }

        long end() {
            return end;
        }

        boolean isDeleted() {
            return deleted;
        }

        void delete() {
            deleted = true;
            cut = Long.MAX_VALUE;
        }

        ProducerSequence sequence(long producer, short epoch) {
            ProducerSequence known = producers.get(producer);
            if (known == null) {
                known = PartitionLog.this.producers.get(producer);
            }
            return known == null || known.epoch() < epoch ? ProducerSequence.first(epoch) : known;
        }

        void sequenced(long producer, ProducerSequence sequence) {
            producers.put(producer, sequence);
        }

        /** The append time of the next batch: the clock's, but never before that of the one before it. */
        long stampTime(long now) {
            return Math.max(now, timestamp);
        }

        /** Adds a stamped batch at {@link #end}. */
        void append(Commit commit, Bytes batch, int offsets, long appendTime) {
            long minute = appendTime / MINUTE_MILLIS;
            if (end == 0 || minute != timestamp / MINUTE_MILLIS) {
                commit.put(Tables.TIMES, Tables.key(id, minute), Tables.longs(end));
            }
            commit.append(id, end, batch);
            end += offsets;
            timestamp = appendTime;
        }

        boolean isOpen(long producer) {
            return open.containsKey(producer);
        }

        /** Begins a producer's transaction here, at the next offset. */
        void open(Commit commit, long producer) {
            if (!open.containsKey(producer)) {
                open = new HashMap<>(open);
                open.put(producer, end);
                commit.put(Tables.OPEN, Tables.producerKey(producer, id), Tables.longs(end));
            }
        }

        /** Takes over a transaction that was begun before the log was opened. */
        void adopt(long producer, long first) {
            open = new HashMap<>(open);
            open.put(producer, first);
        }

        /** Ends a producer's transaction here; the marker is at {@code markerOffset}. */
        void close(Commit commit, long producer, long markerOffset, boolean committed) {
            Long first = open.get(producer);
            if (first == null) {
                return;
            }
            open = new HashMap<>(open);
            open.remove(producer);
            ended.add(producer);
            commit.delete(Tables.OPEN, Tables.producerKey(producer, id));
            if (!committed) {
                aborted.put(markerOffset, new Aborted(producer, first));
                commit.put(Tables.ABORTED, Tables.key(id, markerOffset), Tables.longs(producer, first));
            }
        }

        /** Moves the start, deleting what is below it. */
        void trim(Commit commit, long before) {
            long entry = entryHolding(before);
            long minute = minuteHolding(before);
            start = before;
            compacted = Math.max(compacted, before);
            cutOff(commit, entry);
            commit.deleteRange(Tables.TIMES, Tables.key(id, 0), Tables.key(id, minute));
            commit.deleteRange(Tables.ABORTED, Tables.key(id, 0), Tables.key(id, before));
            commit.deleteRange(Tables.COMPACTED, Tables.key(id, 0), Tables.key(id, before));
            putBounds(commit);
        }

        /** Notes that what is below has been compacted, and takes it out of the log. */
        void compacted(Commit commit, long before) {
            long entry = entryHolding(before);
            compacted = before;
            cutOff(commit, entry);
            putBounds(commit);
        }

        private void cutOff(Commit commit, long entry) {
            cut = Math.max(cut, entry);
            commit.trim(id, entry);
        }

        /** The last minute that began at or below an offset. */
        private long minuteHolding(long offset) {
            long minute = 0;
            try (Storage.Cursor minutes =
                    storage.scan(Tables.TIMES, Tables.key(id, 0), Tables.key(id, Long.MAX_VALUE))) {
                while (minutes.next() && Tables.longAt(minutes.value(), 0) <= offset) {
                    minute = Tables.longAt(minutes.key(), 4);
                }
            }
            return minute;
        }

        /** Where to cut so that the entry with that offset stays whole. */
        private long entryHolding(long offset) {
            if (offset >= end) {
                return end;
            }
            try (Storage.Entries entries = storage.entries(id, offset)) {
                return entries.next() ? Math.min(entries.offset(), offset) : offset;
            }
        }

        private void putBounds(Commit commit) {
            commit.put(Tables.BOUNDS, Tables.key(id), Tables.longs(start, end, compacted, timestamp));
        }
    }
}
