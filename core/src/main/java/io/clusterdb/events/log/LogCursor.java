package io.clusterdb.events.log;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.spi.Storage;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Reads the batches of a partition in order: first the compacted part, then the log. A hole between two batches of the
 * log is damage. Not thread-safe.
 */
final class LogCursor implements AutoCloseable {
    /** Between two looks at a log that is being cut: as long as a commit takes. */
    private static final long PAUSE_NANOS = 1_000_000;

    private final PartitionLog log;
    private final Storage storage;
    private long next;
    private Storage.@Nullable Entries entries;
    private Storage.@Nullable Cursor compacted;
    private long compactedEnd;

    LogCursor(PartitionLog log, Storage storage, long offset) {
        this.log = log;
        this.storage = storage;
        this.next = offset;
    }

    PartitionLog log() {
        return log;
    }

    /** The offset behind the last batch that was read. */
    long next() {
        return next;
    }

    /**
     * The next batch that begins below {@code limit}, null when there is none now. Its first records may lie before the
     * offset that was asked for.
     *
     * @throws RejectedException when the position is out of the log's range
     */
    @Nullable
    Batch advance(long limit) {
        while (true) {
            PartitionLog.State state = log.state();
            check(state);
            if (next >= Math.min(limit, state.end())) {
                return null;
            }
            Batch batch = next < state.compacted() ? fromCompacted(Math.min(limit, state.compacted())) : fromLog();
            if (batch != null) {
                next = batch.nextOffset();
                return next <= limit || batch.baseOffset() < limit ? batch : null;
            }
        }
    }

    private void check(PartitionLog.State state) {
        if (state.deleted()) {
            throw NotFoundException.topic(log.partition().topic(), List.of());
        }
        if (next < state.start() || next > state.end()) {
            throw RejectedException.outOfRange(log.partition().toString(), next, state.start(), state.end());
        }
    }

    /**
     * Null when nothing is left there; the position is behind it then.
     *
     * @param end where a new scan ends: one that is open ends where that part did when it was opened
     */
    private @Nullable Batch fromCompacted(long end) {
        if (compacted == null) {
            compacted = storage.scan(Tables.COMPACTED, Tables.key(log.id(), next), Tables.key(log.id(), end));
            compactedEnd = end;
        }
        if (compacted.next()) {
            return log.compacted(compacted);
        }
        closeCompacted();
        next = compactedEnd;
        return null;
    }

    private void closeCompacted() {
        if (compacted != null) {
            compacted.close();
            compacted = null;
        }
    }

    /** Null when the log was cut in front of the position meanwhile; the state tells then, or will soon. */
    private @Nullable Batch fromLog() {
        closeCompacted(); // what is compacted behind it meanwhile is another part
        if (entries == null) {
            entries = storage.entries(log.id(), next);
        }
        while (entries.next()) {
            Batch batch = log.batch(entries);
            if (batch.nextOffset() > next) {
                if (batch.baseOffset() <= next) {
                    return batch;
                }
                return hole(batch.baseOffset());
            }
        }
        return hole(-1);
    }

    private @Nullable Batch hole(long found) {
        closeEntries();
        boolean isBeingCut = next < log.cut(); // asked first: it ends when the state tells
        PartitionLog.State state = log.state();
        if (isBeingCut) {
            LockSupport.parkNanos(PAUSE_NANOS);
            return null;
        }
        if (next < state.start() || next < state.compacted() || state.deleted()) {
            return null;
        }
        throw CorruptionException.found(
                "batch " + log.partition() + "@" + next + " in " + storage.place(),
                "it is not there" + (found < 0 ? "" : "; the next one begins at " + found),
                null);
    }

    private void closeEntries() {
        if (entries != null) {
            entries.close();
            entries = null;
        }
    }

    @Override
    public void close() {
        closeEntries();
        closeCompacted();
    }
}
