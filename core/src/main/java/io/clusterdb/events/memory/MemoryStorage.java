package io.clusterdb.events.memory;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Commit.Change;
import io.clusterdb.events.spi.Storage;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Storage in memory. It survives {@link #close}: the same object can be opened again. {@link #losePower} undoes the
 * commits that were not synced, as a power cut may.
 */
public final class MemoryStorage implements Storage {
    private static final Comparator<byte[]> BY_BYTES = Arrays::compareUnsigned;

    private final Map<Integer, NavigableMap<byte[], byte[]>> tables = new ConcurrentHashMap<>();
    private final Map<Integer, Log> logs = new ConcurrentHashMap<>();
    private final Deque<Deque<Runnable>> unsynced = new ArrayDeque<>();
    private final boolean keepsUndo;
    private long committed;

    private static final class Log {
        private final ConcurrentSkipListMap<Long, Bytes> entries = new ConcurrentSkipListMap<>();
        private final AtomicLong bytes = new AtomicLong();
    }

    /** A storage that can lose power. */
    public static MemoryStorage withPowerLoss() {
        return new MemoryStorage(true);
    }

    /** A storage that keeps nothing for {@link #losePower}. */
    public MemoryStorage() {
        this(false);
    }

    private MemoryStorage(boolean keepsUndo) {
        this.keepsUndo = keepsUndo;
    }

    /**
     * Undoes the latest commits that were not synced.
     *
     * @param kept how many of the {@link #unsynced} ones survive, from the oldest on
     */
    public synchronized void losePower(int kept) {
        int count = unsynced.size();
        while (unsynced.size() > kept) {
            Deque<Runnable> undo = unsynced.removeLast();
            undo.descendingIterator().forEachRemaining(Runnable::run);
        }
        committed -= count - unsynced.size();
        unsynced.clear();
    }

    /** How many commits a loss of power may undo. */
    public synchronized int unsynced() {
        return unsynced.size();
    }

    /** How many commits there are. */
    public synchronized long committed() {
        return committed;
    }

    @Override
    public synchronized void commit(Commit commit) {
        commit.requireOrder(log -> extent(log).last());
        committed++;
        Deque<Runnable> undo = new ArrayDeque<>();
        for (Change change : commit.changes()) {
            switch (change) {
                case Change.Append append -> append(append, undo);
                case Change.Trim trim -> trim(trim, undo);
                case Change.Put put ->
                    set(table(put.table()), put.key().clone(), put.value().clone(), undo);
                case Change.Delete delete -> set(table(delete.table()), delete.key(), null, undo);
                case Change.DeleteRange range -> {
                    NavigableMap<byte[], byte[]> table = table(range.table());
                    if (BY_BYTES.compare(range.from(), range.to()) < 0) {
                        table.subMap(range.from(), range.to()).keySet().forEach(key -> set(table, key, null, undo));
                    }
                }
            }
        }
        if (keepsUndo) {
            unsynced.add(undo);
        }
    }

    private void append(Change.Append append, Deque<Runnable> undo) {
        Log log = log(append.log());
        Bytes copy = Bytes.of(append.entry().copy());
        log.bytes.addAndGet(copy.length());
        log.entries.put(append.offset(), copy);
        undo.add(() -> {
            log.entries.remove(append.offset());
            log.bytes.addAndGet(-copy.length());
        });
    }

    private void trim(Change.Trim trim, Deque<Runnable> undo) {
        Log log = log(trim.log());
        Iterator<Map.Entry<Long, Bytes>> old =
                log.entries.headMap(trim.before()).entrySet().iterator();
        while (old.hasNext()) {
            Map.Entry<Long, Bytes> entry = old.next();
            long offset = entry.getKey();
            Bytes bytes = entry.getValue();
            old.remove();
            log.bytes.addAndGet(-bytes.length());
            undo.add(() -> {
                log.entries.put(offset, bytes);
                log.bytes.addAndGet(bytes.length());
            });
        }
    }

    private static void set(
            NavigableMap<byte[], byte[]> table, byte[] key, byte @Nullable [] value, Deque<Runnable> undo) {
        byte[] before = value == null ? table.remove(key) : table.put(key, value);
        undo.add(() -> {
            if (before == null) {
                table.remove(key);
            } else {
                table.put(key, before);
            }
        });
    }

    private NavigableMap<byte[], byte[]> table(Table table) {
        return tables.computeIfAbsent(table.id(), id -> new ConcurrentSkipListMap<>(BY_BYTES));
    }

    private Log log(int number) {
        return logs.computeIfAbsent(number, n -> new Log());
    }

    @Override
    public synchronized void sync() {
        unsynced.clear();
    }

    @Override
    public byte @Nullable [] get(Table table, byte[] key) {
        return table(table).get(key);
    }

    @Override
    public Cursor scan(Table table, byte[] from, byte @Nullable [] to) {
        NavigableMap<byte[], byte[]> rows = table(table);
        if (to != null && BY_BYTES.compare(from, to) > 0) {
            return new Rows(Map.<byte[], byte[]>of().entrySet().iterator());
        }
        NavigableMap<byte[], byte[]> part = to == null ? rows.tailMap(from, true) : rows.subMap(from, true, to, false);
        return new Rows(part.entrySet().iterator());
    }

    @Override
    public Entries entries(int log, long offset) {
        return new LogEntries(log(log).entries, offset);
    }

    @Override
    public Extent extent(int number) {
        Log log = log(number);
        Map.Entry<Long, Bytes> first = log.entries.firstEntry();
        Map.Entry<Long, Bytes> last = log.entries.lastEntry();
        return first == null || last == null
                ? Extent.EMPTY
                : new Extent(first.getKey(), last.getKey(), log.bytes.get());
    }

    @Override
    public String place() {
        return "memory";
    }

    @Override
    public void close() {
        sync();
    }

    private static final class Rows implements Cursor {
        private final Iterator<Map.Entry<byte[], byte[]>> rows;
        private Map.@Nullable Entry<byte[], byte[]> row;

        Rows(Iterator<Map.Entry<byte[], byte[]>> rows) {
            this.rows = rows;
        }

        @Override
        public boolean next() {
            row = rows.hasNext() ? rows.next() : null;
            return row != null;
        }

        private Map.Entry<byte[], byte[]> row() {
            if (row == null) {
                throw new IllegalStateException("the cursor stands on no row");
            }
            return row;
        }

        @Override
        public byte[] key() {
            return row().getKey();
        }

        @Override
        public byte[] value() {
            return row().getValue();
        }

        @Override
        public void close() {
            row = null;
        }
    }

    private static final class LogEntries implements Entries {
        private final NavigableMap<Long, Bytes> entries;
        private final long start;
        private Map.@Nullable Entry<Long, Bytes> entry;
        private long last = Long.MIN_VALUE;

        LogEntries(NavigableMap<Long, Bytes> entries, long start) {
            this.entries = entries;
            this.start = start;
        }

        @Override
        public boolean next() {
            Map.Entry<Long, Bytes> found;
            if (last == Long.MIN_VALUE) {
                found = entries.floorEntry(start);
                found = found == null ? entries.ceilingEntry(start) : found;
            } else {
                found = entries.higherEntry(last);
            }
            if (found == null) {
                return false;
            }
            entry = found;
            last = found.getKey();
            return true;
        }

        private Map.Entry<Long, Bytes> entry() {
            if (entry == null) {
                throw new IllegalStateException("the cursor stands on no entry");
            }
            return entry;
        }

        @Override
        public long offset() {
            return entry().getKey();
        }

        @Override
        public int length() {
            return entry().getValue().length();
        }

        @Override
        public Bytes bytes() {
            return Bytes.of(entry().getValue().copy());
        }

        @Override
        public void close() {
            entry = null;
        }
    }
}
