package io.clusterdb.events.log;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Storage.Table;
import java.nio.ByteBuffer;

/** The tables of an embedded log. Keys are big-endian, so that their order is that of the numbers. */
final class Tables {
    /** Name of a counter → its next value. */
    static final Table COUNTERS = new Table(1, "counters");
    /** Topic name → {@link Catalog}'s JSON. */
    static final Table TOPICS = new Table(2, "topics");
    /** Log → start, end and where compaction stands, written when the start moves. */
    static final Table BOUNDS = new Table(3, "bounds");
    /** Log, minute since the epoch → offset of the first batch appended in it. */
    static final Table TIMES = new Table(4, "times");
    /** Producer, log → first offset of its open transaction there. */
    static final Table OPEN = new Table(5, "open transactions");
    /** Log, offset of the marker → producer and first offset of the aborted transaction. */
    static final Table ABORTED = new Table(6, "aborted transactions");
    /** Log, offset → batch of the one record, of the compacted part of a log. */
    static final Table COMPACTED = new Table(7, "compacted records");
    /** Log, record key → offset of its latest record in the compacted part. */
    static final Table LATEST = new Table(8, "latest by key");
    /** Log, append time, offset of a tombstone in the compacted part → its key. */
    static final Table TOMBSTONES = new Table(9, "tombstones");
    /** First log of a topic → empty: it has had an event with a key. */
    static final Table KEYED = new Table(10, "keyed topics");

    /** Log of a store, aggregate id → {@link StreamIndex.Head}. */
    static final Table STREAMS = new Table(11, "streams");
    /** Log of a store, stream, version → position of the event. */
    static final Table STREAM_EVENTS = new Table(12, "events of streams");
    /** Log of a store, stream, event id → version, of events that were appended without one. */
    static final Table STREAM_IDS = new Table(13, "event ids of streams");
    /** Log of a store, collection, NUL, key → document. */
    static final Table DOCUMENTS = new Table(14, "documents");

    private Tables() {}

    static byte[] key(int log) {
        return ByteBuffer.allocate(4).putInt(log).array();
    }

    static byte[] key(int log, long number) {
        return ByteBuffer.allocate(12).putInt(log).putLong(number).array();
    }

    static byte[] key(int log, long time, long offset) {
        return ByteBuffer.allocate(20).putInt(log).putLong(time).putLong(offset).array();
    }

    static byte[] key(int log, Bytes key) {
        return ByteBuffer.allocate(4 + key.length())
                .putInt(log)
                .put(key.array(), key.offset(), key.length())
                .array();
    }

    static byte[] key(int log, long stream, Bytes key) {
        return ByteBuffer.allocate(12 + key.length())
                .putInt(log)
                .putLong(stream)
                .put(key.array(), key.offset(), key.length())
                .array();
    }

    static byte[] producerKey(long producer, int log) {
        return ByteBuffer.allocate(12).putLong(producer).putInt(log).array();
    }

    static byte[] longs(long... values) {
        ByteBuffer buffer = ByteBuffer.allocate(8 * values.length);
        for (long value : values) {
            buffer.putLong(value);
        }
        return buffer.array();
    }

    static long longAt(byte[] bytes, int position) {
        return ByteBuffer.wrap(bytes).getLong(position);
    }

    static int intAt(byte[] bytes, int position) {
        return ByteBuffer.wrap(bytes).getInt(position);
    }
}
