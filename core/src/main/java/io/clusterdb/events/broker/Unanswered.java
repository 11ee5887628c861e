package io.clusterdb.events.broker;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Entries by offset, in chunks of neighbours: a chunk is what is written down together. */
final class Unanswered {
    /** Offsets that a chunk spans. */
    static final int SPAN = 512;

    private final TreeMap<Long, Chunk> chunks = new TreeMap<>();
    private int count;

    private static final class Chunk {
        final @Nullable Entry[] slots = new Entry[SPAN];
        int count;
    }

    /** The number of the chunk that an offset belongs to. */
    static long chunkOf(long offset) {
        return offset / SPAN;
    }

    private static int slot(long offset) {
        return (int) (offset % SPAN);
    }

    void put(Entry entry) {
        Chunk chunk = chunks.computeIfAbsent(chunkOf(entry.offset), n -> new Chunk());
        chunk.slots[slot(entry.offset)] = entry;
        chunk.count++;
        count++;
    }

    @Nullable
    Entry find(long offset) {
        Chunk chunk = chunks.get(chunkOf(offset));
        return chunk == null ? null : chunk.slots[slot(offset)];
    }

    void remove(Entry entry) {
        long number = chunkOf(entry.offset);
        Chunk chunk = chunks.get(number);
        if (chunk == null || chunk.slots[slot(entry.offset)] != entry) {
            return;
        }
        chunk.slots[slot(entry.offset)] = null;
        count--;
        if (--chunk.count == 0) {
            chunks.remove(number);
        }
    }

    int count() {
        return count;
    }

    /** The lowest offset, or {@code none} when there is no entry. */
    long first(long none) {
        Map.Entry<Long, Chunk> first = chunks.firstEntry();
        if (first != null) {
            for (Entry entry : first.getValue().slots) {
                if (entry != null) {
                    return entry.offset;
                }
            }
        }
        return none;
    }

    /** The entries from an offset to below another, in order. A copy. */
    List<Entry> between(long from, long to) {
        List<Entry> found = new ArrayList<>();
        if (from < to) {
            for (Chunk chunk :
                    chunks.subMap(chunkOf(from), true, chunkOf(to - 1), true).values()) {
                for (Entry entry : chunk.slots) {
                    if (entry != null && entry.offset >= from && entry.offset < to) {
                        found.add(entry);
                    }
                }
            }
        }
        return found;
    }
}
