package io.clusterdb.events.rocksdb;

import io.clusterdb.events.spi.Storage.Extent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * Where the entries of one log are: its older ones in blocks among the rows, what came since the last checkpoint in
 * memory. Changed by the thread that commits, read by any.
 */
final class LogIndex {
    /** A block is read as a whole for any one of its entries, and written for any one that is moved. */
    private static final int ENTRIES_OF_A_BLOCK = 256;

    private final int log;
    private final Rows rows;
    private volatile Block tail;
    private volatile Extent extent;
    private long bytesBeforeFirst;

    private LogIndex(int log, Rows rows, Block tail, Extent extent, long bytesBeforeFirst) {
        this.log = log;
        this.rows = rows;
        this.tail = tail;
        this.extent = extent;
        this.bytesBeforeFirst = bytesBeforeFirst;
    }

    static LogIndex load(int log, Rows rows) {
        Block first = next(log, rows, 0);
        Block last = floorBlock(log, rows, Long.MAX_VALUE);
        if (first == null || last == null) {
            return new LogIndex(log, rows, new Block(0), Extent.EMPTY, 0);
        }
        long end = last.before() + last.bytes();
        Extent extent = new Extent(first.firstOffset(), last.lastOffset(), end - first.before());
        return new LogIndex(log, rows, new Block(end), extent, first.before());
    }

    private static @Nullable Block next(int log, Rows rows, long offset) {
        Rows.Row row = rows.ceiling(Keys.block(log, offset), Keys.behindBlocks(log));
        return row == null ? null : Block.decode(row.value(), log);
    }

    private static @Nullable Block floorBlock(int log, Rows rows, long offset) {
        if (offset < 0) {
            return null; // in a key it would be above all others
        }
        Rows.Row row = rows.floor(Keys.block(log, offset), Keys.block(log, 0));
        return row == null ? null : Block.decode(row.value(), log);
    }

    int log() {
        return log;
    }

    Extent extent() {
        return extent;
    }

    /** Entries since the last checkpoint. */
    Block tail() {
        return tail;
    }

    // --- changing

    void append(long offset, long position, int length) {
        Extent now = extent;
        if (now.last() >= offset) {
            throw new IllegalStateException("entry " + offset + " of log " + log + " comes after " + now.last());
        }
        tail.add(offset, position, length);
        extent = new Extent(now.first() < 0 ? offset : now.first(), offset, now.bytes() + length);
    }

    void trim(long before, WriteBatch batch) throws RocksDBException {
        Extent now = extent;
        if (now.first() < 0 || now.first() >= before) {
            return;
        }
        for (Block block = next(log, rows, 0); block != null; block = next(log, rows, block.lastOffset() + 1)) {
            if (block.firstOffset() >= before) {
                break;
            }
            batch.delete(Keys.block(log, block.firstOffset()));
            if (block.lastOffset() >= before) {
                Block rest = block.from(block.floor(before - 1) + 1);
                put(rest, batch);
                setFirst(rest);
                return;
            }
        }
        Block old = tail;
        int kept = old.floor(before - 1) + 1;
        if (kept > 0) {
            tail = old.from(kept);
        }
        if (before > now.last()) {
            bytesBeforeFirst = tail.before();
            extent = Extent.EMPTY;
        } else {
            setFirst(firstAtOrAbove(before));
        }
    }

    private Block firstAtOrAbove(long offset) {
        Block block = next(log, rows, offset);
        return block == null ? tail : block;
    }

    private void setFirst(Block block) {
        Extent now = extent;
        long dropped = block.before() - bytesBeforeFirst;
        bytesBeforeFirst = block.before();
        extent = new Extent(block.firstOffset(), now.last(), now.bytes() - dropped);
    }

    /** Puts the tail among the rows. {@link #checkpointed} is to be called when they are there. */
    void checkpoint(WriteBatch batch) throws RocksDBException {
        for (Block part : tail.split(ENTRIES_OF_A_BLOCK)) {
            put(part, batch);
        }
    }

    /** What that takes, about. */
    long checkpointBytes() {
        return 64 + 12L * tail.size();
    }

    private void put(Block block, WriteBatch batch) throws RocksDBException {
        batch.put(Keys.block(log, block.firstOffset()), block.encode());
    }

    void checkpointed() {
        Block done = tail;
        if (!done.isEmpty()) {
            tail = new Block(done.before() + done.bytes());
        }
    }

    /**
     * Entries are at other positions now. They may have been deleted meanwhile.
     *
     * @param moved in the order of their offsets
     */
    void move(List<Place> moved, WriteBatch batch) throws RocksDBException {
        int next = 0;
        while (next < moved.size()) {
            Block block = floorBlock(log, rows, moved.get(next).offset());
            int end = next + 1;
            while (block != null && end < moved.size() && moved.get(end).offset() <= block.lastOffset()) {
                end++;
            }
            if (block != null && block.move(moved.subList(next, end))) {
                put(block, batch);
            }
            next = end;
        }
    }

    // --- reading

    /*
     * A checkpoint puts the tail among the rows and begins a new one. Whoever found nothing among the rows, and only then
     * looks at the tail, may have missed it in both places: so the tail is taken first, and all is done again when it is
     * not the tail any more.
     */

    /** The block that holds the last entry at or below an offset, or else the first entry; null when there is none. */
    @Nullable
    Block holding(long offset) {
        while (true) {
            Block recent = tail;
            if (!recent.isEmpty() && recent.firstOffset() <= offset) {
                return recent;
            }
            Block block = floorBlock(log, rows, offset);
            if (block == null) {
                block = next(log, rows, 0);
            }
            if (block != null) {
                return block;
            }
            if (recent == tail) {
                return recent.isEmpty() ? null : recent;
            }
        }
    }

    /** The block that holds the first entry above an offset; null when there is none. */
    @Nullable
    Block following(long offset) {
        while (true) {
            Block recent = tail;
            if (!recent.isEmpty() && recent.firstOffset() <= offset) {
                return recent.lastOffset() > offset ? recent : null;
            }
            Block floor = floorBlock(log, rows, offset);
            if (floor != null && floor.lastOffset() > offset) {
                return floor;
            }
            Block block = next(log, rows, offset + 1);
            if (block != null) {
                return block;
            }
            if (recent == tail) {
                return recent.isEmpty() ? null : recent;
            }
        }
    }

    /** Where an entry is. */
    record Place(long offset, long position, int length) {}

    /** The entries that are in a segment of the journal and among the rows, in order. */
    List<Place> inSegment(long segment, long lastOffset) {
        List<Place> found = new ArrayList<>();
        Block block = next(log, rows, 0);
        while (block != null && block.firstOffset() <= lastOffset) {
            for (int i = 0; i < block.size(); i++) {
                if (Position.segment(block.position(i)) == segment) {
                    found.add(new Place(block.offset(i), block.position(i), block.length(i)));
                }
            }
            block = next(log, rows, block.lastOffset() + 1);
        }
        return found;
    }
}
