package io.clusterdb.events.rocksdb;

import io.clusterdb.events.spi.Storage.Table;
import java.nio.ByteBuffer;

/** The keys of rows. The first byte tells what a row is: below 0x80 the number of a table, above see here. */
final class Keys {
    /** Log, offset of the first entry → {@link Block}. */
    private static final byte INDEX = (byte) 0x80;
    /** Segment → {@link SegmentUse}. */
    private static final byte SEGMENT = (byte) 0x81;
    /** The position up to which the journal is in the rows. */
    static final byte[] REPLAY_FROM = {(byte) 0x82};

    private Keys() {}

    static byte[] replayFrom(Journal.End end) {
        return ByteBuffer.allocate(16)
                .putLong(end.position())
                .putLong(end.sequence())
                .array();
    }

    static Journal.End replayFrom(byte[] value) {
        ByteBuffer bytes = ByteBuffer.wrap(value);
        return new Journal.End(bytes.getLong(), bytes.getLong());
    }

    static byte[] table(Table table, byte[] key) {
        byte[] full = new byte[key.length + 1];
        full[0] = (byte) table.id();
        System.arraycopy(key, 0, full, 1, key.length);
        return full;
    }

    /** The first key behind those of a table. */
    static byte[] behind(Table table) {
        return new byte[] {(byte) (table.id() + 1)};
    }

    static byte[] block(int log, long firstOffset) {
        return ByteBuffer.allocate(13)
                .put(INDEX)
                .putInt(log)
                .putLong(firstOffset)
                .array();
    }

    /** The first key behind the blocks of a log. */
    static byte[] behindBlocks(int log) {
        return ByteBuffer.allocate(5).put(INDEX).putInt(log + 1).array();
    }

    static byte[] segment(long number) {
        return ByteBuffer.allocate(9).put(SEGMENT).putLong(number).array();
    }

    static byte[] firstSegment() {
        return new byte[] {SEGMENT};
    }

    static byte[] behindSegments() {
        return new byte[] {(byte) (SEGMENT + 1)};
    }

    static long segmentOf(byte[] key) {
        return ByteBuffer.wrap(key).getLong(1);
    }
}
