package io.clusterdb.events.rocksdb;

import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Storage.Cursor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntFunction;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** Which segments of the journal are still needed, and what to do about those of which little is. */
final class Reclaim {
    private static final long MOVE_BYTES = 4 << 20;

    private final Rows rows;
    private final IntFunction<LogIndex> logs;
    private final TreeMap<Long, SegmentUse> uses = new TreeMap<>();
    private final Set<Long> changed = new TreeSet<>();
    private final Set<Long> dead = new TreeSet<>();
    private final Set<Long> unmovable = new HashSet<>();
    private long replayFrom;

    Reclaim(Rows rows, IntFunction<LogIndex> logs) {
        this.rows = rows;
        this.logs = logs;
        try (Cursor stored = rows.scan(Keys.firstSegment(), Keys.behindSegments(), 0)) {
            while (stored.next()) {
                uses.put(Keys.segmentOf(stored.key()), SegmentUse.decode(stored.value()));
            }
        }
    }

    /** The segments in which something is needed. */
    Set<Long> used() {
        return uses.keySet();
    }

    /** Deletes files that a crash has left: whatever is in front of the replay and not used. */
    void deleteOrphans(Journal journal, long replaySegment) {
        for (long number : journal.sealed()) {
            if (number < replaySegment && !uses.containsKey(number)) {
                journal.delete(number);
            }
        }
    }

    /** Counts in what came to a log since the last checkpoint. */
    void use(LogIndex index) {
        Block tail = index.tail();
        for (int i = 0; i < tail.size(); i++) {
            use(Position.segment(tail.position(i)), index.log(), tail.offset(i), tail.length(i));
        }
    }

    void use(long segment, int log, long offset, int length) {
        uses.computeIfAbsent(segment, s -> new SegmentUse()).add(log, offset, Frame.ENTRY_HEADER + length);
        changed.add(segment);
    }

    /**
     * Writes down what has changed. Segments in front of the replay that nothing needs are dead from now on.
     *
     * @param replaySegment the segment from which the next opening replays
     */
    void checkpoint(Journal journal, long replaySegment, WriteBatch batch) throws RocksDBException {
        if (!dead.isEmpty() && rows.isFlushed()) {
            deleteDead(journal);
        }
        replayFrom = replaySegment;
        for (long number : journal.sealed()) {
            if (number < replaySegment && neededBytes(number) == 0) {
                uses.remove(number);
                changed.remove(number);
                batch.delete(Keys.segment(number));
                dead.add(number);
            }
        }
        for (long number : changed) {
            SegmentUse use = uses.get(number);
            if (use != null) {
                batch.put(Keys.segment(number), use.encode());
            }
        }
        changed.clear();
    }

    /** To be called when the rows that say so are on disk. */
    void deleteDead(Journal journal) {
        dead.forEach(journal::delete);
        dead.clear();
    }

    /** An upper bound: of a log that is cut in the middle of the segment all is counted. */
    long neededBytes(long number) {
        SegmentUse use = uses.get(number);
        long bytes = 0;
        if (use != null) {
            for (Map.Entry<Integer, SegmentUse.Part> part : use.parts().entrySet()) {
                if (isNeeded(part.getKey(), part.getValue())) {
                    bytes += part.getValue().bytes();
                }
            }
        }
        return bytes;
    }

    private boolean isNeeded(int log, SegmentUse.Part part) {
        long first = logs.apply(log).extent().first();
        return first >= 0 && first <= part.last();
    }

    /** The segments that are less than half needed, those of which the least is needed first. */
    List<Long> sparse(Journal journal) {
        Map<Long, Long> needed = new HashMap<>();
        for (long number : uses.keySet()) {
            boolean movable = number < replayFrom && !unmovable.contains(number);
            long bytes = movable ? neededBytes(number) : Long.MAX_VALUE;
            if (bytes < journal.sizeOf(number) / 2) {
                needed.put(number, bytes);
            }
        }
        List<Long> sparse = new ArrayList<>(needed.keySet());
        sparse.sort(Comparator.comparing(needed::get));
        return sparse;
    }

    /** Writes entries again, and notes where they are then. */
    interface Mover {
        void move(Commit appends) throws IOException;
    }

    /** How much {@link #empty} writes, at most. */
    private long bytesToMove(long number) {
        SegmentUse use = uses.get(number);
        long bytes = 0;
        if (use != null) {
            for (Map.Entry<Integer, SegmentUse.Part> part : use.parts().entrySet()) {
                LogIndex log = logs.apply(part.getKey());
                for (LogIndex.Place entry :
                        log.inSegment(number, part.getValue().last())) {
                    bytes += Frame.MAX_CHANGE_HEADER + entry.length();
                }
            }
        }
        return bytes + (bytes / MOVE_BYTES + 1) * Frame.HEADER;
    }

    /**
     * Has everything that is needed of a segment moved elsewhere.
     *
     * @return how many bytes that were
     * @throws UnavailableException when there is no room for all of it: what is moved in part gives none back
     */
    long empty(long number, Journal journal, Mover mover) throws IOException {
        if (!journal.space().hasRoomToMove(2 * neededBytes(number))) { // is quickly told, and more than enough
            journal.space().claimToMove(bytesToMove(number));
        }
        Segment segment = journal.find(Position.of(number, 0));
        SegmentUse use = uses.get(number);
        long moved = segment == null || use == null ? 0 : move(segment, use, mover);
        uses.put(number, new SegmentUse());
        changed.add(number);
        return moved;
    }

    private long move(Segment segment, SegmentUse use, Mover mover) throws IOException {
        long moved = 0;
        Commit commit = new Commit();
        for (Map.Entry<Integer, SegmentUse.Part> part : use.parts().entrySet()) {
            LogIndex log = logs.apply(part.getKey());
            for (LogIndex.Place entry :
                    log.inSegment(segment.number(), part.getValue().last())) {
                commit.append(
                        log.log(),
                        entry.offset(),
                        segment.entry(log.log(), entry.offset(), Position.at(entry.position()), entry.length()));
                if (commit.bytes() > MOVE_BYTES) {
                    mover.move(commit);
                    moved += commit.bytes();
                    commit = new Commit();
                }
            }
        }
        if (!commit.isEmpty()) {
            mover.move(commit);
        }
        return moved + commit.bytes();
    }

    /** Something in it is damaged: it stays as it is, until nothing in it is needed. */
    void unmovable(long segment) {
        unmovable.add(segment);
    }
}
