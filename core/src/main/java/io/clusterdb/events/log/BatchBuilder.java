package io.clusterdb.events.log;

import io.clusterdb.events.Compression;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.Varint;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes a record batch. Records go in by {@link #add}; {@link #close} compresses them; {@link Stamp} sets, as often as
 * needed, what is known only when the batch is stored. Not thread-safe.
 */
final class BatchBuilder {
    private byte[] array;
    private int size = Batch.HEADER;
    private int count;

    /** @param expectedSize of the whole batch in bytes; it may become larger */
    BatchBuilder(int expectedSize) {
        array = new byte[Math.max(Batch.HEADER, expectedSize)];
    }

    int count() {
        return count;
    }

    /** Bytes of the batch so far, uncompressed. */
    int size() {
        return size;
    }

    /** Bytes that a record takes at most in a batch. */
    static int sizeOf(@Nullable Bytes key, @Nullable Bytes value, Headers headers) {
        return (key == null ? 0 : key.length())
                + (value == null ? 0 : value.length())
                + headers.encoded().length()
                + 1
                + 5 * Varint.size(Integer.MAX_VALUE);
    }

    /** Adds a record at the offset after the last one. */
    void add(@Nullable Bytes key, @Nullable Bytes value, Headers headers) {
        add(count, key, value, headers);
    }

    /** @param offsetDelta to the batch's base offset; above that of the record before */
    void add(int offsetDelta, @Nullable Bytes key, @Nullable Bytes value, Headers headers) {
        Bytes encodedHeaders = headers.encoded();
        int body = 2 // attributes and a timestamp delta of zero
                + Varint.signedSize(offsetDelta)
                + sizedLength(key)
                + sizedLength(value)
                + encodedHeaders.length();
        ensure(body + Varint.signedSize(body));
        int at = Varint.writeSigned(array, size, body);
        array[at++] = 0;
        array[at++] = 0;
        at = Varint.writeSigned(array, at, offsetDelta);
        at = writeSized(at, key);
        at = writeSized(at, value);
        size = copy(encodedHeaders, at);
        count++;
    }

    private static int sizedLength(@Nullable Bytes bytes) {
        return bytes == null ? 1 : Varint.signedSize(bytes.length()) + bytes.length();
    }

    private int writeSized(int at, @Nullable Bytes bytes) {
        return bytes == null
                ? Varint.writeSigned(array, at, -1)
                : copy(bytes, Varint.writeSigned(array, at, bytes.length()));
    }

    private int copy(Bytes bytes, int at) {
        System.arraycopy(bytes.array(), bytes.offset(), array, at, bytes.length());
        return at + bytes.length();
    }

    private void ensure(int more) {
        if (array.length - size < more) {
            array = Arrays.copyOf(array, Math.max(array.length * 2, size + more));
        }
    }

    /**
     * Ends the batch.
     *
     * @param lastOffsetDelta at least that of the last record
     */
    Bytes close(Compression compression, int lastOffsetDelta) {
        if (compression != Compression.NONE) {
            byte[] packed =
                    Codec.compress(compression, new Bytes(array, Batch.HEADER, size - Batch.HEADER), Batch.HEADER);
            array = packed;
            size = packed.length;
        }
        Batch.INT.set(array, Batch.LENGTH, size - Batch.MAGIC + 4);
        Batch.INT.set(array, Batch.LEADER_EPOCH, 0);
        array[Batch.MAGIC] = Batch.VERSION;
        Batch.SHORT.set(array, Batch.ATTRIBUTES, (short) (Codec.id(compression) | Batch.APPEND_TIME));
        Batch.INT.set(array, Batch.LAST_OFFSET_DELTA, lastOffsetDelta);
        Batch.INT.set(array, Batch.COUNT, count);
        return new Bytes(array, 0, size);
    }

    /** What a batch is given when it is stored. */
    record Stamp(long baseOffset, long timestamp, long producerId, short producerEpoch, int baseSequence) {
        /** @param flags {@link Batch#TRANSACTIONAL} and {@link Batch#CONTROL}, or none */
        void on(Bytes batch, int flags) {
            byte[] array = batch.array();
            int start = batch.offset();
            short attributes = (short) Batch.SHORT.get(array, start + Batch.ATTRIBUTES);
            Batch.LONG.set(array, start + Batch.BASE_OFFSET, baseOffset);
            Batch.SHORT.set(array, start + Batch.ATTRIBUTES, (short) (attributes | flags));
            Batch.LONG.set(array, start + Batch.BASE_TIMESTAMP, timestamp);
            Batch.LONG.set(array, start + Batch.MAX_TIMESTAMP, timestamp);
            Batch.LONG.set(array, start + Batch.PRODUCER_ID, producerId);
            Batch.SHORT.set(array, start + Batch.PRODUCER_EPOCH, producerEpoch);
            Batch.INT.set(array, start + Batch.BASE_SEQUENCE, baseSequence);
            Batch.INT.set(array, start + Batch.CRC, Batch.crc(array, start, batch.length()));
        }
    }
}
