package io.clusterdb.events.rocksdb;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.spi.ByteReader;
import io.clusterdb.events.spi.ByteWriter;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.MalformedBytesException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where consecutive entries of a log are in the journal. Filled by one thread; read by others up to the size they have
 * seen.
 *
 * <p>Stored as: bytes of the log before it, number of entries, then for each the difference of its offset and position
 * to the one before, and its length, as variable-length integers.
 */
final class Block {
    private final long before;
    private long[] offsets;
    private long[] positions;
    private int[] lengths;
    private volatile int size;

    /** @param before bytes of all entries that the log had before these, deleted ones included */
    Block(long before) {
        this(before, 4);
    }

    private Block(long before, int capacity) {
        this.before = before;
        this.offsets = new long[capacity];
        this.positions = new long[capacity];
        this.lengths = new int[capacity];
    }

    void add(long offset, long position, int length) {
        int at = size;
        if (at == offsets.length) {
            offsets = Arrays.copyOf(offsets, at * 2);
            positions = Arrays.copyOf(positions, at * 2);
            lengths = Arrays.copyOf(lengths, at * 2);
        }
        offsets[at] = offset;
        positions[at] = position;
        lengths[at] = length;
        size = at + 1;
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    long before() {
        return before;
    }

    long bytes() {
        long bytes = 0;
        for (int i = 0; i < size; i++) {
            bytes += lengths[i];
        }
        return bytes;
    }

    long offset(int index) {
        return offsets[index];
    }

    long position(int index) {
        return positions[index];
    }

    int length(int index) {
        return lengths[index];
    }

    long firstOffset() {
        return offsets[0];
    }

    long lastOffset() {
        int count = size; // before the array, as in floor
        return offsets[count - 1];
    }

    /**
     * Entries are at other positions now.
     *
     * @return whether it has any of them
     */
    boolean move(List<LogIndex.Place> moved) {
        boolean found = false;
        for (LogIndex.Place place : moved) {
            int index = floor(place.offset());
            if (index >= 0 && offsets[index] == place.offset()) {
                positions[index] = place.position();
                found = true;
            }
        }
        return found;
    }

    /** The index of the last entry at or below an offset, −1 when there is none. */
    int floor(long offset) {
        int count = size; // before the array: it may be replaced by a longer one meanwhile
        int found = Arrays.binarySearch(offsets, 0, count, offset);
        return found >= 0 ? found : -found - 2;
    }

    /** The entries from an index on. */
    Block from(int index) {
        long skipped = 0;
        for (int i = 0; i < index; i++) {
            skipped += lengths[i];
        }
        return part(index, size, before + skipped);
    }

    /** The same entries in several blocks. */
    List<Block> split(int most) {
        List<Block> parts = new ArrayList<>();
        long bytesBefore = before;
        for (int from = 0; from < size; from += most) {
            Block part = part(from, Math.min(size, from + most), bytesBefore);
            parts.add(part);
            bytesBefore += part.bytes();
        }
        return parts;
    }

    private Block part(int from, int to, long bytesBefore) {
        Block part = new Block(bytesBefore, Math.max(4, to - from));
        for (int i = from; i < to; i++) {
            part.add(offsets[i], positions[i], lengths[i]);
        }
        return part;
    }

    byte[] encode() {
        ByteWriter writer = new ByteWriter(16 + size * 6);
        writer.writeVarint(before).writeVarint(size);
        long offset = 0;
        long position = 0;
        for (int i = 0; i < size; i++) {
            writer.writeVarint(offsets[i] - offset)
                    .writeSignedVarint(positions[i] - position)
                    .writeVarint(lengths[i]);
            offset = offsets[i];
            position = positions[i];
        }
        return writer.toArray();
    }

    static Block decode(byte[] bytes, int log) {
        try {
            ByteReader reader = new ByteReader(Bytes.of(bytes));
            long before = reader.readVarint();
            int size = reader.readInt();
            Block block = new Block(before, Math.max(4, size));
            long offset = 0;
            long position = 0;
            for (int i = 0; i < size; i++) {
                offset += reader.readVarint();
                position += reader.readSignedVarint();
                block.add(offset, position, reader.readInt());
            }
            return block;
        } catch (MalformedBytesException e) {
            throw CorruptionException.found("the index of log " + log, String.valueOf(e.getMessage()), e);
        }
    }
}
