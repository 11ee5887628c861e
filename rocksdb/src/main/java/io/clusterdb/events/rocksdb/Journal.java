package io.clusterdb.events.rocksdb;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.MalformedBytesException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sequence of all commits, in segments. {@link #append} is called by one thread, {@link #sync} by any, reads by any.
 *
 * <p>Segments become durable in their order, and the {@link DurableMark} says up to where they are. A fault below it is
 * damage; at a fault above it ends what a loss of power has left, whatever follows in this segment or in later ones.
 */
final class Journal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
    private static final int FIRST_STAGING = 1 << 20;
    private static final int ZEROS = 1 << 14;

    private final Folder folder;
    private final int segmentSize;
    private final DurableMark mark;
    private final ConcurrentSkipListMap<Long, Segment> segments = new ConcurrentSkipListMap<>();
    private final Space space;
    private final Object preparing = new Object();
    private @Nullable Segment prepared;
    private final AtomicLong appended = new AtomicLong();
    private volatile long synced;
    private ByteBuffer staging = ByteBuffer.allocateDirect(FIRST_STAGING);
    private volatile Segment active;
    private volatile End end;
    private volatile @Nullable IOException failure;

    /**
     * A place between two frames.
     *
     * @param position of the next one
     * @param sequence of the one before
     */
    record End(long position, long sequence) {}

    private Journal(Folder folder, int segmentSize, DurableMark mark, Segment active, End end) throws IOException {
        this.folder = folder;
        this.segmentSize = segmentSize;
        this.mark = mark;
        this.active = active;
        this.end = end;
        this.space = new Space(folder.path());
    }

    static Journal create(Folder folder, int segmentSize) throws IOException {
        Segment first = Segment.create(folder.journal(), 1, segmentSize);
        first.begin(1);
        first.sync();
        DurableMark mark = DurableMark.create(folder.path());
        Journal journal = new Journal(folder, segmentSize, mark, first, new End(Position.of(1, Segment.HEADER), 0));
        journal.segments.put(1L, first);
        return journal;
    }

    /**
     * Opens what is there and replays it.
     *
     * @param from before the first frame to replay
     * @param replay told of each frame from there on
     * @throws CorruptionException when something durable is damaged or missing
     */
    static Journal open(Folder folder, int segmentSize, End from, Replay replay) throws IOException {
        DurableMark mark = DurableMark.open(folder.path());
        ConcurrentSkipListMap<Long, Segment> found = new ConcurrentSkipListMap<>();
        for (Path file : Folder.files(folder.journal())) {
            String name = file.getFileName().toString();
            if (name.matches("\\d{16}\\.journal")) {
                long number = Long.parseLong(name.substring(0, 16));
                if (!isUnfinished(file, number, mark)) {
                    found.put(number, Segment.open(file, number));
                }
            }
        }
        if (found.isEmpty()) {
            throw CorruptionException.found("the journal in " + folder.path(), "there is no file of it", null);
        }
        Journal journal =
                new Journal(folder, segmentSize, mark, found.lastEntry().getValue(), from);
        journal.segments.putAll(found);
        journal.recover(from, replay);
        return journal;
    }

    /** A file that a crash left while it was being made: nothing of it was ever used. */
    private static boolean isUnfinished(Path file, long number, DurableMark mark) throws IOException {
        boolean empty = Files.size(file) < Segment.HEADER || isZero(file);
        if (empty && number > Position.segment(mark.position())) {
            Files.delete(file);
            return true;
        }
        return false;
    }

    private static boolean isZero(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            for (byte b : in.readNBytes(Segment.HEADER)) {
                if (b != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    /** What is told of the frames that are replayed. */
    interface Replay {
        /**
         * @param view the whole segment
         * @param at where the frame begins in it
         */
        void frame(Segment segment, ByteBuffer view, int at, Frame.Found frame);
    }

    // --- recovery

    private void recover(End from, Replay replay) throws IOException {
        long expected = Position.segment(from.position());
        long sequence = from.sequence();
        int at = Position.at(from.position());
        if (!segments.containsKey(expected)) {
            throw missing(expected);
        }
        for (Segment segment : segments.tailMap(expected).values()) {
            if (segment.number() > Position.segment(from.position())) {
                if (segment.number() != expected || segment.firstSequence() != sequence + 1) {
                    dropFrom(segment.number(), sequence);
                    break;
                }
                at = Segment.HEADER;
            }
            expected++;
            active = segment;
            ByteBuffer view = segment.view();
            for (Frame.Found frame = Frame.find(view, at); frame != null; frame = Frame.find(view, at)) {
                if (frame.sequence() != sequence + 1) {
                    break;
                }
                replay(segment, view, at, frame, replay);
                sequence++;
                at += frame.length();
            }
            end = new End(Position.of(segment.number(), at), sequence);
        }
        checkTail();
    }

    /** A segment does not go on where the one before ends: that one had not become durable, or it is damaged. */
    private void dropFrom(long number, long sequence) throws IOException {
        if (end.position() < mark.position()) {
            if (number != active.number() + 1) {
                throw missing(active.number() + 1);
            }
            throw damaged(
                    end.position(),
                    "a frame is missing there: the next file goes on with number "
                            + segment(Position.of(number, 0)).firstSequence() + ", expected " + (sequence + 1));
        }
        SortedMap<Long, Segment> behind = new TreeMap<>(segments.tailMap(number));
        LOG.warn(
                "The journal ends at {}, before its files {}, as a loss of power leaves it; these are dropped",
                Position.text(end.position()),
                behind.keySet());
        segments.keySet().removeAll(behind.keySet());
        for (Segment segment : behind.values()) {
            segment.close();
            Files.delete(segment.path());
        }
        // Durably: or one of them could be the next file again, when power is lost once more.
        Folder.syncDirectory(folder.journal());
    }

    private void replay(Segment segment, ByteBuffer view, int at, Frame.Found frame, Replay replay) {
        try {
            replay.frame(segment, view, at, frame);
        } catch (MalformedBytesException
                | IndexOutOfBoundsException
                | BufferUnderflowException
                | IllegalStateException e) {
            throw CorruptionException.found(
                    "the journal at " + Position.text(Position.of(segment.number(), at)),
                    "a frame with a right checksum has wrong contents: " + e.getMessage(),
                    e);
        }
    }

    private void checkTail() throws IOException {
        if (end.position() < mark.position()) {
            throw damaged(
                    end.position(),
                    "no whole frame begins there, but the journal is known to be durable up to "
                            + Position.text(mark.position()));
        }
        int at = Position.at(end.position());
        if (!isZero(active.view(), at)) {
            LOG.warn(
                    "The journal ends with a torn frame at {}, as a crash leaves it; it is cut",
                    Position.text(end.position()));
            active.cut(at);
        }
        writeAgain();
    }

    /**
     * Writes what is not known to be durable once more. Where a sync has failed, Linux takes the bytes for written and has
     * them in memory only: the next sync would say that all is well
     * (<a href="https://wiki.postgresql.org/wiki/Fsync_Errors">fsync errors</a>).
     */
    private void writeAgain() throws IOException {
        long from = mark.position();
        for (Segment segment : segments.subMap(Position.segment(from), true, active.number(), true)
                .values()) {
            int begin = segment.number() == Position.segment(from) ? Position.at(from) : 0;
            segment.rewrite(begin, segment.equals(active) ? Position.at(end.position()) : segment.size());
        }
    }

    /** Compares piece by piece, which the JVM does in wide steps: a new file has all of its size to be looked at. */
    private static boolean isZero(ByteBuffer view, int from) {
        ByteBuffer zeros = ByteBuffer.allocate(ZEROS);
        int length;
        for (int at = from; at < view.capacity(); at += length) {
            length = Math.min(ZEROS, view.capacity() - at);
            if (view.slice(at, length).mismatch(zeros.slice(0, length)) >= 0) {
                return false;
            }
        }
        return true;
    }

    private CorruptionException damaged(long position, String why) {
        return CorruptionException.found(
                "the journal in " + folder.journal() + " at " + Position.text(position), why, null);
    }

    CorruptionException missing(long number) {
        return CorruptionException.found(
                "the file " + folder.journal().resolve(Segment.fileName(number)), "it is missing", null);
    }

    /** @throws CorruptionException when one of these is missing */
    void require(Iterable<Long> numbers) {
        for (long number : numbers) {
            if (!segments.containsKey(number)) {
                throw missing(number);
            }
        }
    }

    // --- writing

    /**
     * Appends a commit.
     *
     * @param moves see {@link Frame#write}
     * @return the position of its frame
     */
    long append(Commit commit, boolean moves) {
        checkWritable();
        long size = Frame.maxSize(commit);
        if (size > Integer.MAX_VALUE - Segment.HEADER) {
            throw new IllegalArgumentException("a commit of " + size + " bytes");
        }
        if (moves) {
            space.claimToMove(size);
        } else if (!commit.makesRoom()) {
            space.claim(size);
        }
        ByteBuffer frame = staging((int) size);
        Frame.write(commit, end.sequence() + 1, moves, frame);
        try {
            return append(frame);
        } catch (IOException e) {
            throw notWritten(e);
        }
    }

    private long append(ByteBuffer frame) throws IOException {
        int length = frame.limit();
        if (length > active.size() - Position.at(end.position())) {
            roll(length);
        }
        long position = end.position();
        active.write(frame, Position.at(position));
        end = new End(position + length, end.sequence() + 1);
        appended.addAndGet(length);
        return position;
    }

    private ByteBuffer staging(int size) {
        if (staging.capacity() < size) {
            staging = ByteBuffer.allocateDirect((int) Math.min(Integer.MAX_VALUE, Integer.highestOneBit(size) * 2L));
        }
        return staging.clear().order(ByteOrder.BIG_ENDIAN);
    }

    private void roll(int length) throws IOException {
        int size = Math.max(segmentSize, Segment.HEADER + length);
        synchronized (preparing) {
            if (prepared != null && prepared.size() < size) {
                discardPrepared();
            }
            Segment next = prepared == null ? Segment.create(folder.journal(), active.number() + 1, size) : prepared;
            prepared = next;
            next.begin(end.sequence() + 1);
            prepared = null;
            segments.put(next.number(), next);
            active = next;
        }
        end = new End(Position.of(active.number(), Segment.HEADER), end.sequence());
    }

    /**
     * Makes the next file when it will soon be needed: it takes two syncs, for which no writer is to wait. Where it can't be
     * made, that is said when it is needed: what was to be synced is synced.
     */
    private void prepare() {
        synchronized (preparing) {
            boolean soon = Position.at(end.position()) > active.size() / 2;
            if (!soon || prepared != null || space.isShort()) {
                return;
            }
            try {
                prepared = Segment.create(folder.journal(), active.number() + 1, segmentSize);
            } catch (IOException e) {
                LOG.warn("The next file of the journal in {} can't be made in advance", folder.path(), e);
            }
        }
    }

    private void discardPrepared() throws IOException {
        Segment unused = prepared;
        prepared = null;
        if (unused != null) {
            unused.close();
            Files.deleteIfExists(unused.path());
        }
    }

    /** What was written of a frame that did not find room is taken back; after any other fault nothing is written. */
    private RuntimeException notWritten(IOException e) {
        if (space.isFull(e)) {
            try {
                active.cut(Position.at(end.position()));
                return UnavailableException.diskFull(folder.path().toString(), String.valueOf(e.getMessage()), e);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
        }
        failure = e;
        return OutcomeUnknownException.write("The last commit in " + folder.path(), e);
    }

    private void checkWritable() {
        IOException failed = failure;
        if (failed != null) {
            throw UnavailableException.storageFailed(folder.path().toString(), failed);
        }
    }

    /**
     * Makes everything appended before the call durable. One sync at a time: the operating system tells one caller alone
     * that a write failed, and another, at the same time, that all is well.
     */
    void sync() {
        long bytes = appended.get();
        End now = end;
        synchronized (mark) {
            checkWritable();
            if (now.position() <= mark.position()) {
                return;
            }
            try {
                long from = Position.segment(mark.position());
                for (Segment segment : segments.subMap(from, true, Position.segment(now.position()), true)
                        .values()) {
                    sync(segment);
                }
                mark.set(now.position(), now.sequence());
                synced = bytes;
                prepare();
            } catch (IOException e) {
                failure = e;
                throw UnavailableException.storageFailed(folder.path().toString(), e);
            }
        }
    }

    private void sync(Segment segment) throws IOException {
        try {
            segment.sync();
        } catch (ClosedChannelException e) {
            if (segments.containsKey(segment.number())) {
                throw e;
            } // else it was deleted meanwhile, and so was durable before
        }
    }

    /** How many bytes are not known to be durable. */
    long unsynced() {
        return appended.get() - synced;
    }

    boolean isWritable() {
        return failure == null;
    }

    Space space() {
        return space;
    }

    /** Nothing is written any more: something that belongs to a commit could not be done. */
    void fail(IOException why) {
        failure = why;
    }

    // --- reading

    /** Behind the last frame. */
    End end() {
        return end;
    }

    /** @return null when the segment is gone */
    @Nullable
    Segment find(long position) {
        return segments.get(Position.segment(position));
    }

    private Segment segment(long position) {
        Segment segment = find(position);
        if (segment == null) {
            throw missing(Position.segment(position));
        }
        return segment;
    }

    /** Numbers of the segments in front of the one that is written. */
    List<Long> sealed() {
        return List.copyOf(segments.headMap(active.number()).keySet());
    }

    int sizeOf(long number) {
        Segment segment = segments.get(number);
        return segment == null ? 0 : segment.size();
    }

    /** Deletes a segment that nobody needs. Who is reading in it may go on. */
    void delete(long number) {
        Segment segment = segments.remove(number);
        if (segment != null) {
            try {
                segment.close();
                Files.deleteIfExists(segment.path());
            } catch (IOException e) {
                LOG.warn("{} could not be deleted; it is tried again when the folder is opened", segment.path(), e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (preparing) {
            discardPrepared();
        }
        for (Segment segment : segments.values()) {
            segment.close();
        }
        mark.close();
    }
}
