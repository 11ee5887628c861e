package io.clusterdb.events.spi;

/**
 * Reads forward through a slice of bytes. Every read is checked against the slice's end.
 *
 * <p>Not thread-safe. All methods throw {@link MalformedBytesException} where the bytes end too early or say nonsense.
 */
public final class ByteReader {
    private final byte[] array;
    private final int end;
    private int position;

    public ByteReader(Bytes bytes) {
        this.array = bytes.array();
        this.position = bytes.offset();
        this.end = bytes.offset() + bytes.length();
    }

    public int remaining() {
        return end - position;
    }

    /** The index in the backing array. */
    public int position() {
        return position;
    }

    public byte readByte() {
        need(1);
        return array[position++];
    }

    /** An unsigned variable-length integer. */
    public long readVarint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte b = readByte();
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new MalformedBytesException("a variable-length integer of more than ten bytes");
    }

    public long readSignedVarint() {
        return Varint.unzigzag(readVarint());
    }

    /** A signed variable-length integer that must fit 32 bits. */
    public int readSignedInt() {
        long value = readSignedVarint();
        if (value != (int) value) {
            throw new MalformedBytesException("a number beyond 32 bits: " + value);
        }
        return (int) value;
    }

    /** An unsigned variable-length integer that must fit 31 bits. */
    public int readInt() {
        long value = readVarint();
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw new MalformedBytesException("a number beyond 31 bits: " + value);
        }
        return (int) value;
    }

    public long readLong() {
        need(Long.BYTES);
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value = value << 8 | (array[position++] & 0xFF);
        }
        return value;
    }

    public Bytes readBytes(int length) {
        need(length);
        Bytes slice = new Bytes(array, position, length);
        position += length;
        return slice;
    }

    /** A length as an unsigned variable-length integer, then so many bytes. */
    public Bytes readSized() {
        return readBytes(readInt());
    }

    private void need(int bytes) {
        if (bytes < 0 || bytes > end - position) {
            throw new MalformedBytesException(bytes + " bytes wanted, " + (end - position) + " left");
        }
    }
}
