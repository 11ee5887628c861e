package io.clusterdb.events.spi;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes forward into an array that grows. Not thread-safe; made to be reused after {@link #clear}. */
public final class ByteWriter {
    private byte[] array;
    private int position;

    public ByteWriter(int capacity) {
        this.array = new byte[capacity];
    }

    public int size() {
        return position;
    }

    public ByteWriter clear() {
        position = 0;
        return this;
    }

    /** The backing array; its first {@link #size} bytes are what was written. */
    public byte[] array() {
        return array;
    }

    /** What was written, as an array of its own. */
    public byte[] toArray() {
        return Arrays.copyOf(array, position);
    }

    public ByteWriter writeByte(int value) {
        ensure(1);
        array[position++] = (byte) value;
        return this;
    }

    public ByteWriter writeInt(int value) {
        ensure(Integer.BYTES);
        for (int shift = 24; shift >= 0; shift -= 8) {
            array[position++] = (byte) (value >>> shift);
        }
        return this;
    }

    public ByteWriter writeLong(long value) {
        ensure(Long.BYTES);
        for (int shift = 56; shift >= 0; shift -= 8) {
            array[position++] = (byte) (value >>> shift);
        }
        return this;
    }

    public ByteWriter writeVarint(long value) {
        ensure(Varint.MAX_LONG_BYTES);
        position = Varint.write(array, position, value);
        return this;
    }

    public ByteWriter writeSignedVarint(long value) {
        return writeVarint(Varint.zigzag(value));
    }

    public ByteWriter writeBytes(byte[] from, int offset, int length) {
        ensure(length);
        System.arraycopy(from, offset, array, position, length);
        position += length;
        return this;
    }

    public ByteWriter writeBytes(Bytes bytes) {
        return writeBytes(bytes.array(), bytes.offset(), bytes.length());
    }

    /** A length as an unsigned variable-length integer, then the bytes. */
    public ByteWriter writeSized(Bytes bytes) {
        return writeVarint(bytes.length()).writeBytes(bytes);
    }

    /** As {@link #writeSized(Bytes)}, of the text's UTF-8. */
    public ByteWriter writeSized(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return writeVarint(utf8.length).writeBytes(utf8, 0, utf8.length);
    }

    private void ensure(int more) {
        if (array.length - position < more) {
            array = Arrays.copyOf(array, Math.max(array.length * 2, position + more));
        }
    }
}
