package io.clusterdb.events.rocksdb;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Commit.Change;
import io.clusterdb.events.spi.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Storage in a folder. A commit is one frame of the {@link Journal}, which holds the entries of all logs once; the tables
 * and the index of the entries are {@link Rows} in RocksDB, which can always be made again from the journal since the
 * last checkpoint.
 *
 * <p>A checkpoint syncs the journal, puts the index of what came since the last one among the rows, notes the position
 * up to which they are complete, and has RocksDB flush. Opening replays from there. A segment goes when nothing in it is
 * needed: no entry, no change that the rows on disk lack. One of which less than half is, is written again at the end.
 */
final class RocksDbStorage implements Storage {
    private static final Logger LOG = LoggerFactory.getLogger(RocksDbStorage.class);

    /** By how many times the usual distance a checkpoint may be put off. */
    private static final int LATEST_CHECKPOINT = 4;

    private final Folder folder;
    private final Rows rows;
    private final Journal journal;
    private final long checkpointBytes;
    private final long checkpointRowBytes;
    private final Map<Integer, LogIndex> logs = new ConcurrentHashMap<>();
    private final Reclaim reclaim;
    private final Set<LogIndex> touched = new LinkedHashSet<>();
    private final WriteBatch batch = new WriteBatch();
    private long bytesSinceCheckpoint;
    private long rowBytesSinceCheckpoint;
    private boolean closed;

    /** @param isNew whether the folder is empty */
    RocksDbStorage(Folder folder, RocksDb settings, Rows rows, boolean isNew) throws IOException {
        this.folder = folder;
        this.rows = rows;
        this.checkpointBytes = settings.segmentSize().bytes();
        this.checkpointRowBytes = Math.min(64L << 20, checkpointBytes);
        this.reclaim = new Reclaim(rows, this::index);
        if (isNew) {
            this.journal = Journal.create(folder, (int) checkpointBytes);
            checkpointNow();
        } else {
            this.journal = Journal.open(folder, (int) checkpointBytes, replayFrom(), this::replay);
            journal.require(reclaim.used());
            reclaim.deleteOrphans(journal, Position.segment(replayFrom().position()));
        }
    }

    Rows rows() {
        return rows;
    }

    // --- opening

    private Journal.End replayFrom() {
        byte[] from = rows.get(Keys.REPLAY_FROM);
        if (from == null) {
            throw CorruptionException.found("the index in " + folder.index(), "it does not say where to go on", null);
        }
        return Keys.replayFrom(from);
    }

    private void replay(Segment segment, ByteBuffer view, int at, Frame.Found frame) {
        rows.unchecked(() -> {
            Frame.visit(view, at, frame.length(), new Replayed(Position.of(segment.number(), at)));
            writeRows();
        });
        bytesSinceCheckpoint += frame.length();
    }

    /** Applies what a frame of the journal says, as {@link #apply} does for a new commit. */
    private final class Replayed implements Frame.Visitor {
        private final long frame;

        Replayed(long frame) {
            this.frame = frame;
        }

        @Override
        public void append(int log, long offset, int at, int length) {
            appended(log, offset, frame + at, length);
        }

        @Override
        public void move(int log, long offset, int at, int length) {
            rows.unchecked(() -> moved(log, List.of(new LogIndex.Place(offset, frame + at, length))));
        }

        @Override
        public void trim(int log, long before) {
            rows.unchecked(() -> trimmed(log, before));
        }

        @Override
        public void put(Table table, byte[] key, byte[] value) {
            rows.unchecked(() -> batch.put(Keys.table(table, key), value));
        }

        @Override
        public void delete(Table table, byte[] key) {
            rows.unchecked(() -> batch.delete(Keys.table(table, key)));
        }

        @Override
        public void deleteRange(Table table, byte[] from, byte[] to) {
            rows.unchecked(() -> deleted(table, from, to));
        }
    }

    // --- writing

    @Override
    public void commit(Commit commit) {
        commit.requireOrder(log -> index(log).extent().last());
        boolean trims = commit.changes().stream().anyMatch(c -> c instanceof Change.Trim);
        long frame = journal.append(commit, false);
        try {
            apply(commit, frame);
            bytesSinceCheckpoint += Frame.maxSize(commit);
            if (trims && journal.space().isShortNow() && hasRoomToFlush()) {
                makeRoom();
                if (moveFromSparse() && hasRoomToFlush()) {
                    makeRoom(); // the next checkpoint may never come, as nobody else can write
                }
            } else if (isCheckpointDue()) {
                checkpoint();
            }
        } catch (IOException | RocksDBException | RuntimeException | Error e) {
            IOException failure = e instanceof IOException io ? io : new IOException(e);
            journal.fail(failure); // it has the commit, which is known by half here
            throw OutcomeUnknownException.write("The last commit in " + folder.path(), failure);
        }
    }

    /** A checkpoint waits for the disk: better when little is left to be written, as long as that can be put off. */
    private boolean isCheckpointDue() {
        return rowBytesSinceCheckpoint >= checkpointRowBytes
                || bytesSinceCheckpoint >= LATEST_CHECKPOINT * checkpointBytes
                || (bytesSinceCheckpoint >= checkpointBytes && journal.unsynced() <= checkpointBytes / 8);
    }

    private void apply(Commit commit, long frame) throws RocksDBException, IOException {
        int at = Frame.HEADER;
        for (Change change : commit.changes()) {
            switch (change) {
                case Change.Append append ->
                    appended(
                            append.log(),
                            append.offset(),
                            frame + at,
                            append.entry().length());
                case Change.Trim trim -> trimmed(trim.log(), trim.before());
                case Change.Put put -> batch.put(Keys.table(put.table(), put.key()), put.value());
                case Change.Delete delete -> batch.delete(Keys.table(delete.table(), delete.key()));
                case Change.DeleteRange range -> deleted(range.table(), range.from(), range.to());
            }
            at += Frame.size(change);
        }
        writeRows();
    }

    private void appended(int log, long offset, long position, int length) {
        LogIndex index = index(log);
        index.append(offset, position, length);
        if (index.tail().size() == 1) {
            touched.add(index);
        }
    }

    /** A trim looks at rows, so those of the changes before it are to be there, and its own before the next. */
    private void trimmed(int log, long before) throws RocksDBException, IOException {
        writeRows();
        index(log).trim(before, batch);
        writeRows();
    }

    /** RocksDB refuses a range that ends before it begins, and with it the whole batch. */
    private void deleted(Table table, byte[] from, byte[] to) throws RocksDBException {
        if (Arrays.compareUnsigned(from, to) < 0) {
            batch.deleteRange(Keys.table(table, from), Keys.table(table, to));
        }
    }

    private void moved(int log, List<LogIndex.Place> entries) throws RocksDBException, IOException {
        index(log).move(entries, batch);
        writeRows();
        entries.forEach(e -> reclaim.use(Position.segment(e.position()), log, e.offset(), e.length()));
    }

    private void writeRows() throws IOException {
        if (batch.count() > 0) {
            rowBytesSinceCheckpoint += batch.getDataSize();
            rows.write(batch);
            batch.clear();
        }
    }

    private void checkpoint() throws IOException {
        writeCheckpoint();
        rows.flush();
        moveFromSparse();
    }

    /** And waits for RocksDB, so that it deletes what it can. */
    private void checkpointNow() throws IOException {
        writeCheckpoint();
        rows.flushNow();
        reclaim.deleteDead(journal);
    }

    private boolean hasRoomToFlush() {
        long blocks = touched.stream().mapToLong(LogIndex::checkpointBytes).sum();
        return journal.space().hasRoomToFlush(rowBytesSinceCheckpoint + blocks);
    }

    private void makeRoom() throws IOException {
        checkpointNow();
        System.gc(); // a deleted file keeps its space until its mapping is collected
    }

    /** See the class. Rows are never ahead of what the journal has durably. */
    private void writeCheckpoint() throws IOException {
        journal.sync();
        Journal.End end = journal.end();
        try {
            for (LogIndex index : touched) {
                reclaim.use(index);
                index.checkpoint(batch);
            }
            reclaim.checkpoint(journal, Position.segment(end.position()), batch);
            batch.put(Keys.REPLAY_FROM, Keys.replayFrom(end));
        } catch (RocksDBException e) {
            throw new IOException(e);
        }
        writeRows();
        touched.forEach(LogIndex::checkpointed);
        touched.clear();
        bytesSinceCheckpoint = 0;
        rowBytesSinceCheckpoint = 0;
    }

    /**
     * Empties segments of which little is needed, the emptiest first, until half of one is moved: so what is on disk stays
     * below three times what is needed. What can't be moved, for it is damaged or there is no space, stays where it is: no
     * commit fails for that. Whether any was emptied: their files go after the next checkpoint.
     */
    private boolean moveFromSparse() throws IOException {
        long moved = 0;
        boolean emptied = false;
        for (long segment : reclaim.sparse(journal)) {
            if (moved >= checkpointBytes / 2) {
                break;
            }
            try {
                moved += reclaim.empty(segment, journal, this::move);
                emptied = true;
            } catch (CorruptionException e) {
                LOG.error("{} can't be emptied", Segment.fileName(segment), e);
                batch.clear(); // what it moves to is not counted as used
                reclaim.unmovable(segment);
            } catch (UnavailableException e) {
                if (!journal.isWritable()) {
                    throw e;
                }
                LOG.info("{} can't be emptied now: {}", Segment.fileName(segment), e.getMessage());
                batch.clear();
                break;
            }
        }
        return emptied;
    }

    private void move(Commit entries) throws IOException {
        Map<Integer, List<LogIndex.Place>> places = Frame.places(entries, journal.append(entries, true));
        try {
            for (Map.Entry<Integer, List<LogIndex.Place>> ofLog : places.entrySet()) {
                moved(ofLog.getKey(), ofLog.getValue());
            }
        } catch (RocksDBException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void sync() {
        journal.sync();
    }

    // --- reading

    private LogIndex index(int log) {
        LogIndex known = logs.get(log);
        return known != null ? known : logs.computeIfAbsent(log, l -> LogIndex.load(l, rows));
    }

    @Override
    public byte @Nullable [] get(Table table, byte[] key) {
        return rows.get(Keys.table(table, key));
    }

    @Override
    public Cursor scan(Table table, byte[] from, byte @Nullable [] to) {
        return rows.scan(Keys.table(table, from), to == null ? Keys.behind(table) : Keys.table(table, to), 1);
    }

    @Override
    public Entries entries(int log, long offset) {
        return new LogEntries(index(log), journal, offset);
    }

    @Override
    public Extent extent(int log) {
        return index(log).extent();
    }

    @Override
    public String place() {
        return folder.path().toString();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (journal.isWritable()) {
                checkpointNow();
                moveFromSparse();
                journal.sync();
            }
        } catch (IOException | EventsException e) {
            // The journal has everything: it is replayed when the folder is opened again.
            LOG.warn("No checkpoint at the end of {}", place(), e);
        } finally {
            batch.close();
            rows.close();
            closeFiles();
        }
    }

    private void closeFiles() {
        try {
            journal.close();
            folder.close();
        } catch (IOException e) {
            throw OutcomeUnknownException.write("The end of " + place(), e);
        }
    }
}
