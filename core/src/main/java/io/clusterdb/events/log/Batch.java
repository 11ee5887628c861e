package io.clusterdb.events.log;

import io.clusterdb.events.Compression;
import io.clusterdb.events.spi.ByteReader;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.MalformedBytesException;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.TopicPartition;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A record batch of Kafka's format v2, as docs/formats/batch.md has it: a header of 61 bytes, then the records, maybe
 * compressed. A view of the bytes; not a copy.
 *
 * <p>The CRC-32C covers everything behind itself: base offset and leader epoch can be set without touching it.
 */
final class Batch {
    static final int BASE_OFFSET = 0;
    static final int LENGTH = 8;
    static final int LEADER_EPOCH = 12;
    static final int MAGIC = 16;
    static final int CRC = 17;
    static final int ATTRIBUTES = 21;
    static final int LAST_OFFSET_DELTA = 23;
    static final int BASE_TIMESTAMP = 27;
    static final int MAX_TIMESTAMP = 35;
    static final int PRODUCER_ID = 43;
    static final int PRODUCER_EPOCH = 51;
    static final int BASE_SEQUENCE = 53;
    static final int COUNT = 57;
    static final int HEADER = 61;

    static final byte VERSION = 2;
    static final int CODEC_MASK = 0x07;
    static final int APPEND_TIME = 1 << 3;
    static final int TRANSACTIONAL = 1 << 4;
    static final int CONTROL = 1 << 5;
    static final long NO_PRODUCER = -1;

    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

    private final byte[] array;
    private final int start;
    private final int size;

    /**
     * A batch that a {@link Storage} keeps. What its checksum tells, the storage has seen to: it never returns other bytes
     * than were written, and they need not be summed up twice.
     *
     * @throws MalformedBytesException when the bytes are too few, or of another version
     */
    Batch(Bytes bytes) {
        this.array = bytes.array();
        this.start = bytes.offset();
        this.size = bytes.length();
        check();
    }

    private void check() {
        if (size < HEADER || intAt(LENGTH) != size - MAGIC + 4) {
            throw new MalformedBytesException("a record batch of " + size + " bytes with another length inside");
        }
        if (array[start + MAGIC] != VERSION) {
            throw new MalformedBytesException(
                    "a record batch of version " + array[start + MAGIC] + ", expected version " + VERSION);
        }
    }

    static int crc(byte[] array, int start, int size) {
        CRC32C crc = new CRC32C();
        crc.update(array, start + ATTRIBUTES, size - ATTRIBUTES);
        return (int) crc.getValue();
    }

    private int intAt(int field) {
        return (int) INT.get(array, start + field);
    }

    private long longAt(int field) {
        return (long) LONG.get(array, start + field);
    }

    private short shortAt(int field) {
        return (short) SHORT.get(array, start + field);
    }

    int size() {
        return size;
    }

    long baseOffset() {
        return longAt(BASE_OFFSET);
    }

    /** The offset behind its last one. */
    long nextOffset() {
        return baseOffset() + intAt(LAST_OFFSET_DELTA) + 1;
    }

    /** Append time of all its records, in milliseconds. */
    long timestamp() {
        return longAt(MAX_TIMESTAMP);
    }

    long producerId() {
        return longAt(PRODUCER_ID);
    }

    short producerEpoch() {
        return shortAt(PRODUCER_EPOCH);
    }

    int baseSequence() {
        return intAt(BASE_SEQUENCE);
    }

    int count() {
        return intAt(COUNT);
    }

    boolean isTransactional() {
        return (shortAt(ATTRIBUTES) & TRANSACTIONAL) != 0;
    }

    /** Whether it ends a transaction instead of carrying records. */
    boolean isControl() {
        return (shortAt(ATTRIBUTES) & CONTROL) != 0;
    }

    Compression compression() {
        return Codec.byId(shortAt(ATTRIBUTES) & CODEC_MASK);
    }

    /**
     * Its records from an offset on.
     *
     * @throws MalformedBytesException when the records don't follow the format
     */
    List<LogRecord> records(TopicPartition partition, long from) {
        ByteReader reader =
                new ByteReader(Codec.decompress(compression(), new Bytes(array, start + HEADER, size - HEADER)));
        long base = baseOffset();
        long timestamp = timestamp();
        int count = count();
        if (count < 0 || count > reader.remaining()) {
            throw new MalformedBytesException(
                    "a record batch of " + count + " records in " + reader.remaining() + " bytes");
        }
        List<LogRecord> records = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            LogRecord record = record(reader, partition, base, timestamp);
            if (record.offset() >= from) {
                records.add(record);
            }
        }
        return records;
    }

    private static LogRecord record(ByteReader reader, TopicPartition partition, long base, long timestamp) {
        int length = reader.readSignedInt();
        if (length < 0 || length > reader.remaining()) {
            throw new MalformedBytesException("a record of " + length + " bytes");
        }
        int end = reader.position() + length;
        reader.readByte();
        reader.readSignedVarint();
        long offset = base + reader.readSignedInt();
        Bytes key = sized(reader);
        Bytes value = sized(reader);
        Headers headers = new Headers(reader.readBytes(end - reader.position()));
        return new LogRecord(partition, offset, timestamp, key, value, headers);
    }

    private static @Nullable Bytes sized(ByteReader reader) {
        int length = reader.readSignedInt();
        return length < 0 ? null : reader.readBytes(length);
    }
}
