package io.clusterdb.events.broker;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which schedules are pending: of each the time at which it is due and its place in the log, found by id, and in the
 * order of the times. About a hundred bytes each, whatever their events hold, and no operation takes longer the more
 * there are, but for the logarithm. Not thread-safe.
 *
 * <p>An id stands here as 128 bits of its SHA-256, which no two ids share, as far as anybody knows. They are kept in
 * many small tables, so that growing one is a short pause; the times in sorted blocks.
 */
final class ScheduleIndex {
    private static final int TABLES = 256;

    private final Table[] tables = new Table[TABLES];
    private final List<Block> blocks = new ArrayList<>();
    private int size;

    /**
     * A pending schedule. In order of the time, and of the place in the log where times are equal.
     *
     * @param dueMillis since the epoch
     */
    record Entry(long dueMillis, long offset) implements Comparable<Entry> {
        @Override
        public int compareTo(Entry other) {
            int byTime = Long.compare(dueMillis, other.dueMillis);
            return byTime != 0 ? byTime : Long.compare(offset, other.offset);
        }
    }

    ScheduleIndex() {
        for (int i = 0; i < TABLES; i++) {
            tables[i] = new Table();
        }
    }

    int size() {
        return size;
    }

    /** Null when nothing of that id is pending. */
    @Nullable
    Entry find(String id) {
        Hash hash = Hash.of(id);
        return table(hash).get(hash);
    }

    /** Adds a schedule, in the place of one with the same id. */
    void put(String id, Entry entry) {
        Hash hash = Hash.of(id);
        Entry before = table(hash).put(hash, entry);
        if (before == null) {
            size++;
        } else {
            removeTime(before);
        }
        addTime(entry);
    }

    void remove(String id) {
        Hash hash = Hash.of(id);
        Entry before = table(hash).remove(hash);
        if (before != null) {
            size--;
            removeTime(before);
        }
    }

    /** The next due; null when nothing is pending. */
    @Nullable
    Entry first() {
        return blocks.isEmpty() ? null : blocks.getFirst().get(0);
    }

    /**
     * The next due behind an entry, in order.
     *
     * @param after null = from the first on
     * @param untilMillis only what is due by then
     * @param limit at most so many
     */
    List<Entry> after(@Nullable Entry after, long untilMillis, int limit) {
        List<Entry> found = new ArrayList<>();
        int b = after == null ? 0 : blockOf(after);
        int i = after == null || blocks.isEmpty() ? 0 : blocks.get(b).behind(after);
        while (b < blocks.size() && found.size() < limit) {
            Block block = blocks.get(b);
            while (i < block.count && found.size() < limit) {
                Entry next = block.get(i++);
                if (next.dueMillis() > untilMillis) {
                    return found;
                }
                found.add(next);
            }
            b++;
            i = 0;
        }
        return found;
    }

    private Table table(Hash hash) {
        return tables[(int) (hash.high() >>> 56)];
    }

    // --- by time

    /** The last block that begins at an entry or before; the first when none does. */
    private int blockOf(Entry entry) {
        int low = 0;
        int high = blocks.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (blocks.get(middle).get(0).compareTo(entry) <= 0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    private void addTime(Entry entry) {
        if (blocks.isEmpty()) {
            blocks.add(new Block());
        }
        int b = blockOf(entry);
        Block block = blocks.get(b);
        if (block.count == Block.SIZE) {
            Block rest = block.split(block.behind(entry));
            blocks.add(b + 1, rest);
            if (rest.count == 0 || rest.get(0).compareTo(entry) <= 0) {
                block = rest;
            }
        }
        block.insert(entry);
    }

    private void removeTime(Entry entry) {
        int b = blockOf(entry);
        Block block = blocks.get(b);
        block.delete(block.behind(entry) - 1);
        if (block.count == 0) {
            blocks.remove(b);
        }
    }

    /** Some entries in order. */
    private static final class Block {
        private static final int SIZE = 512;

        private final long[] times = new long[SIZE];
        private final long[] offsets = new long[SIZE];
        private int count;

        Entry get(int index) {
            return new Entry(times[index], offsets[index]);
        }

        /** How many are not behind an entry. */
        int behind(Entry entry) {
            int low = 0;
            int high = count;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (get(middle).compareTo(entry) <= 0) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }

        void insert(Entry entry) {
            int at = behind(entry);
            System.arraycopy(times, at, times, at + 1, count - at);
            System.arraycopy(offsets, at, offsets, at + 1, count - at);
            times[at] = entry.dueMillis();
            offsets[at] = entry.offset();
            count++;
        }

        void delete(int at) {
            System.arraycopy(times, at + 1, times, at, count - at - 1);
            System.arraycopy(offsets, at + 1, offsets, at, count - at - 1);
            count--;
        }

        /** Gives its upper half away; nothing when it is to go on at its end, as where times only grow. */
        Block split(int at) {
            int keep = at == SIZE ? SIZE : SIZE / 2;
            Block rest = new Block();
            rest.count = count - keep;
            System.arraycopy(times, keep, rest.times, 0, rest.count);
            System.arraycopy(offsets, keep, rest.offsets, 0, rest.count);
            count = keep;
            return rest;
        }
    }

    // --- by id

    private record Hash(long high, long low) {
        private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(() -> {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java has SHA-256", e);
            }
        });

        static Hash of(String id) {
            byte[] digest = SHA_256.get().digest(id.getBytes(StandardCharsets.UTF_8));
            return new Hash(eight(digest, 0), eight(digest, 8));
        }

        private static long eight(byte[] from, int at) {
            long value = 0;
            for (int i = at; i < at + 8; i++) {
                value = value << 8 | (from[i] & 0xff);
            }
            return value;
        }
    }

    /** A hash table with open addresses: hash, time and place stand in four longs behind each other. */
    private static final class Table {
        private static final int WIDTH = 4;

        /** Places are kept one higher, as 0 means that there is nothing. */
        private long[] slots = new long[8 * WIDTH];

        private int count;

        private int home(long low) {
            return (int) low & (slots.length / WIDTH - 1);
        }

        private int next(int slot) {
            return slot + 1 & (slots.length / WIDTH - 1);
        }

        private boolean isFree(int slot) {
            return slots[slot * WIDTH + 3] == 0;
        }

        /** Where the hash is, or where it would have to go. */
        private int slot(Hash hash) {
            int slot = home(hash.low());
            while (!isFree(slot) && (slots[slot * WIDTH] != hash.high() || slots[slot * WIDTH + 1] != hash.low())) {
                slot = next(slot);
            }
            return slot;
        }

        private @Nullable Entry at(int slot) {
            return isFree(slot) ? null : new Entry(slots[slot * WIDTH + 2], slots[slot * WIDTH + 3] - 1);
        }

        @Nullable
        Entry get(Hash hash) {
            return at(slot(hash));
        }

        @Nullable
        Entry put(Hash hash, Entry entry) {
            int slot = slot(hash);
            Entry before = at(slot);
            set(slot, hash, entry);
            if (before == null && ++count * 4 > slots.length / WIDTH * 3) {
                grow();
            }
            return before;
        }

        private void set(int slot, Hash hash, Entry entry) {
            slots[slot * WIDTH] = hash.high();
            slots[slot * WIDTH + 1] = hash.low();
            slots[slot * WIDTH + 2] = entry.dueMillis();
            slots[slot * WIDTH + 3] = entry.offset() + 1;
        }

        private void grow() {
            long[] old = slots;
            slots = new long[old.length * 2];
            for (int from = 0; from < old.length; from += WIDTH) {
                if (old[from + 3] != 0) {
                    System.arraycopy(old, from, slots, slot(new Hash(old[from], old[from + 1])) * WIDTH, WIDTH);
                }
            }
        }

        @Nullable
        Entry remove(Hash hash) {
            int free = slot(hash);
            Entry before = at(free);
            if (before == null) {
                return null;
            }
            count--;
            for (int slot = next(free); !isFree(slot); slot = next(slot)) {
                if (mayMove(slot, free)) {
                    System.arraycopy(slots, slot * WIDTH, slots, free * WIDTH, WIDTH);
                    free = slot;
                }
            }
            slots[free * WIDTH + 3] = 0;
            return before;
        }

        /** Whether what is in a slot is still found when it stands in a free one before it. */
        private boolean mayMove(int slot, int free) {
            int mask = slots.length / WIDTH - 1;
            int home = home(slots[slot * WIDTH + 1]);
            return (slot - home & mask) >= (slot - free & mask);
        }
    }
}
