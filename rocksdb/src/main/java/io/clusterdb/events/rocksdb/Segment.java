package io.clusterdb.events.rocksdb;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.spi.Bytes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * One file of the journal. Its length is set when it is made, so that a sync of a small append need not write the file's
 * size; what has not been written reads as zeros. It is written through the channel and read through a mapping, which
 * the operating system keeps coherent: what was just written is read from memory.
 */
final class Segment implements AutoCloseable {
    static final int HEADER = 32;
    private static final int MAGIC = 0x45764A53; // "EvJS"
    private static final int VERSION = 1;
    private static final int PIECE = 1 << 20;

    private final long number;
    private final Path path;
    private final RandomAccessFile file;
    private final FileChannel channel;
    private final MappedByteBuffer bytes;
    private volatile long firstSequence;

    private Segment(long number, Path path, RandomAccessFile file, long firstSequence) throws IOException {
        this.number = number;
        this.path = path;
        this.file = file;
        this.channel = file.getChannel();
        this.firstSequence = firstSequence;
        this.bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
    }

    static String fileName(long number) {
        return "%016d.journal".formatted(number);
    }

    /** Whether a file has anything where the first frame would be. */
    static boolean isUsed(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer first = ByteBuffer.allocate(Frame.HEADER);
            channel.read(first, HEADER);
            return !first.flip().equals(ByteBuffer.allocate(first.remaining()));
        }
    }

    /** Makes an empty one, durably. It is none of the journal's until it is {@link #begin begun}. */
    static Segment create(Path folder, long number, int size) throws IOException {
        Path path = folder.resolve(fileName(number));
        Files.createFile(path);
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
        try {
            file.setLength(size);
            file.getChannel().force(true);
            Folder.syncDirectory(folder);
            return new Segment(number, path, file, 0);
        } catch (IOException e) {
            file.close();
            Files.deleteIfExists(path);
            throw e;
        }
    }

    /** Writes its header. Durable with the next {@link #sync}. */
    void begin(long first) throws IOException {
        firstSequence = first;
        write(
                ByteBuffer.allocate(HEADER)
                        .putInt(MAGIC)
                        .putInt(VERSION)
                        .putLong(number)
                        .putLong(first)
                        .putInt(Checksum.of(number, first))
                        .rewind(),
                0);
    }

    /** @throws CorruptionException when the file is none of the journal's, or of another number */
    static Segment open(Path path, long number) throws IOException {
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
        try {
            return new Segment(number, path, file, firstSequence(path, number, file.getChannel()));
        } catch (IOException | CorruptionException e) {
            file.close();
            throw e;
        }
    }

    private static long firstSequence(Path path, long number, FileChannel channel) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(HEADER);
        channel.read(header, 0);
        header.flip();
        if (header.remaining() < HEADER || header.getInt(0) != MAGIC) {
            throw CorruptionException.found("journal file " + path, "its header is not that of a journal", null);
        }
        if (header.getInt(4) != VERSION) {
            throw CorruptionException.unknownFormat(
                    "Journal file " + path, "version " + header.getInt(4), "version " + VERSION);
        }
        long firstSequence = header.getLong(16);
        if (header.getLong(8) != number || header.getInt(24) != Checksum.of(number, firstSequence)) {
            throw CorruptionException.found("journal file " + path, "its header is damaged", null);
        }
        return firstSequence;
    }

    long number() {
        return number;
    }

    Path path() {
        return path;
    }

    /** The sequence number of its first frame. */
    long firstSequence() {
        return firstSequence;
    }

    int size() {
        return bytes.capacity();
    }

    void write(ByteBuffer frame, int at) throws IOException {
        int position = at;
        while (frame.hasRemaining()) {
            position += channel.write(frame, position);
        }
    }

    /** Writes a part as it is once more. */
    void rewrite(int from, int to) throws IOException {
        byte[] piece = new byte[Math.clamp(to - from, 0, PIECE)];
        for (int at = from; at < to; at += piece.length) {
            int length = Math.min(piece.length, to - at);
            bytes.get(at, piece, 0, length);
            write(ByteBuffer.wrap(piece, 0, length), at);
        }
    }

    void sync() throws IOException {
        channel.force(false);
    }

    /** Everything behind becomes zeros, durably. It needs no space, so that it can be done when there is none. */
    void cut(int at) throws IOException {
        int size = size();
        file.setLength(at);
        file.setLength(size);
        channel.force(true);
    }

    /** Its content, in big-endian order. A view of its own. */
    ByteBuffer view() {
        return bytes.duplicate().order(ByteOrder.BIG_ENDIAN);
    }

    /**
     * The bytes of an entry.
     *
     * @param at where its header is
     * @throws CorruptionException when they are not what was written
     */
    Bytes entry(int log, long offset, int at, int length) {
        ByteBuffer view = view();
        byte[] entry = new byte[length];
        try {
            boolean right = at + Frame.ENTRY_HEADER + length <= size()
                    && view.getInt(at + 1) == log
                    && view.getLong(at + 5) == offset
                    && view.getInt(at + 13) == length;
            if (right) {
                bytes.get(at + Frame.ENTRY_HEADER, entry);
                right = view.getInt(at + 17) == Checksum.of(entry, 0, length);
            }
            if (right) {
                return Bytes.of(entry);
            }
        } catch (InternalError e) { // so a mapping tells that the disk can't read it
            throw damaged(log, offset, at, e);
        }
        throw damaged(log, offset, at, null);
    }

    private CorruptionException damaged(int log, long offset, int at, @Nullable Throwable unreadable) {
        return CorruptionException.found(
                "entry " + offset + " of log " + log + " in " + path + " at " + at,
                unreadable == null ? "its checksum or header is not what was written" : "the disk can't read it",
                unreadable);
    }

    byte at(int position) {
        return bytes.get(position);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
