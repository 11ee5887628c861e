package io.clusterdb.events.rocksdb;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Commit.Change;
import io.clusterdb.events.spi.MalformedBytesException;
import io.clusterdb.events.spi.Storage.Table;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A commit as the journal has it: a header with length, CRC-32C and sequence number, then its changes one after the
 * other. The layout is in docs/formats/journal.md. All numbers are big-endian and of fixed width.
 */
final class Frame {
    static final int MAGIC = 0x45764A46; // "EvJF"
    static final int HEADER = 20;
    private static final int LENGTH = 4;
    private static final int CRC = 8;
    private static final int SEQUENCE = 12;

    /** Kind, log, offset, length and CRC of an entry, before its bytes. */
    static final int ENTRY_HEADER = 1 + 4 + 8 + 4 + 4;

    private static final byte APPEND = 1;
    private static final byte TRIM = 2;
    private static final byte PUT = 3;
    private static final byte DELETE = 4;
    private static final byte DELETE_RANGE = 5;
    private static final byte MOVE = 6;
    static final int MAX_CHANGE_HEADER = 32;

    private Frame() {}

    /** What a frame tells of its changes, in order. */
    interface Visitor {
        /** @param at where the entry's header begins, relative to the frame */
        void append(int log, long offset, int at, int length);

        /** An entry that has been here before is now there as well. */
        void move(int log, long offset, int at, int length);

        void trim(int log, long before);

        void put(Table table, byte[] key, byte[] value);

        void delete(Table table, byte[] key);

        void deleteRange(Table table, byte[] from, byte[] to);
    }

    /** Bytes that a commit takes at most. */
    static long maxSize(Commit commit) {
        return HEADER + commit.bytes() + (long) commit.changes().size() * MAX_CHANGE_HEADER;
    }

    /**
     * Writes a commit.
     *
     * @param to cleared, big-endian, with room for {@link #maxSize}; ready to be read when this returns
     * @param moves whether the entries are such as {@link Visitor#move} tells of
     */
    static void write(Commit commit, long sequence, boolean moves, ByteBuffer to) {
        to.position(HEADER);
        for (Change change : commit.changes()) {
            switch (change) {
                case Change.Append append -> writeEntry(append, moves ? MOVE : APPEND, to);
                case Change.Trim trim -> to.put(TRIM).putInt(trim.log()).putLong(trim.before());
                case Change.Put put -> writePair(PUT, put.table(), put.key(), put.value(), to);
                case Change.Delete delete -> {
                    to.put(DELETE).put((byte) delete.table().id()).putInt(delete.key().length);
                    to.put(delete.key());
                }
                case Change.DeleteRange range -> writePair(DELETE_RANGE, range.table(), range.from(), range.to(), to);
            }
        }
        to.flip();
        to.putInt(0, MAGIC).putInt(LENGTH, to.limit() - HEADER).putLong(SEQUENCE, sequence);
        to.putInt(CRC, Checksum.of(to.duplicate().position(SEQUENCE)));
    }

    /** Bytes that a change takes in a frame. */
    static int size(Change change) {
        return switch (change) {
            case Change.Append append -> ENTRY_HEADER + append.entry().length();
            case Change.Trim trim -> 1 + 4 + 8;
            case Change.Put put -> 1 + 1 + 4 + 4 + put.key().length + put.value().length;
            case Change.Delete delete -> 1 + 1 + 4 + delete.key().length;
            case Change.DeleteRange range -> 1 + 1 + 4 + 4 + range.from().length + range.to().length;
        };
    }

    /** Where the entries of a commit are that was written as a frame at a position: those of each log in their order. */
    static Map<Integer, List<LogIndex.Place>> places(Commit commit, long frame) {
        Map<Integer, List<LogIndex.Place>> places = new LinkedHashMap<>();
        int at = HEADER;
        for (Change change : commit.changes()) {
            if (change instanceof Change.Append entry) {
                int length = entry.entry().length();
                places.computeIfAbsent(entry.log(), log -> new ArrayList<>())
                        .add(new LogIndex.Place(entry.offset(), frame + at, length));
            }
            at += size(change);
        }
        return places;
    }

    private static void writeEntry(Change.Append append, byte kind, ByteBuffer to) {
        Bytes entry = append.entry();
        to.put(kind).putInt(append.log()).putLong(append.offset()).putInt(entry.length());
        to.putInt(Checksum.of(entry.array(), entry.offset(), entry.length()));
        to.put(entry.array(), entry.offset(), entry.length());
    }

    private static void writePair(byte kind, Table table, byte[] first, byte[] second, ByteBuffer to) {
        to.put(kind).put((byte) table.id()).putInt(first.length).putInt(second.length);
        to.put(first).put(second);
    }

    /** A frame that was found where one was looked for. */
    record Found(int length, long sequence) {}

    /**
     * Looks for a whole and undamaged frame.
     *
     * @return null when there is none
     */
    static @Nullable Found find(ByteBuffer segment, int at) {
        if (segment.capacity() - at < HEADER || segment.getInt(at) != MAGIC) {
            return null;
        }
        int length = segment.getInt(at + LENGTH);
        if (length < 0 || length > segment.capacity() - at - HEADER) {
            return null;
        }
        ByteBuffer covered = segment.duplicate();
        covered.limit(at + HEADER + length).position(at + SEQUENCE);
        if (Checksum.of(covered) != segment.getInt(at + CRC)) {
            return null;
        }
        return new Found(HEADER + length, segment.getLong(at + SEQUENCE));
    }

    /** @throws MalformedBytesException when the changes don't follow the format */
    static void visit(ByteBuffer segment, int at, int length, Visitor visitor) {
        ByteBuffer frame = segment.slice(at, length).order(ByteOrder.BIG_ENDIAN);
        frame.position(HEADER);
        while (frame.hasRemaining()) {
            int start = frame.position();
            byte kind = frame.get();
            switch (kind) {
                case APPEND, MOVE -> {
                    int log = frame.getInt();
                    long offset = frame.getLong();
                    int size = frame.getInt();
                    frame.position(start + ENTRY_HEADER + size);
                    if (kind == APPEND) {
                        visitor.append(log, offset, start, size);
                    } else {
                        visitor.move(log, offset, start, size);
                    }
                }
                case TRIM -> visitor.trim(frame.getInt(), frame.getLong());
                case PUT, DELETE_RANGE -> visitPair(kind, frame, visitor);
                case DELETE -> {
                    Table table = table(frame.get());
                    visitor.delete(table, bytes(frame, frame.getInt()));
                }
                default -> throw new MalformedBytesException("a change of kind " + kind);
            }
        }
    }

    private static void visitPair(byte kind, ByteBuffer frame, Visitor visitor) {
        Table table = table(frame.get());
        int first = frame.getInt();
        int second = frame.getInt();
        byte[] a = bytes(frame, first);
        byte[] b = bytes(frame, second);
        if (kind == PUT) {
            visitor.put(table, a, b);
        } else {
            visitor.deleteRange(table, a, b);
        }
    }

    private static Table table(byte id) {
        return new Table(id, "table " + id);
    }

    private static byte[] bytes(ByteBuffer frame, int length) {
        byte[] bytes = new byte[length];
        frame.get(bytes);
        return bytes;
    }
}
