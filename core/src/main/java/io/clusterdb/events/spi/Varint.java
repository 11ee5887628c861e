package io.clusterdb.events.spi;

/**
 * Variable-length integers as in Protocol Buffers: seven bits a byte, least significant first, the high bit set on all
 * but the last. The zigzag forms map small negative numbers to small unsigned ones, as Kafka's record format does.
 */
public final class Varint {
    public static final int MAX_LONG_BYTES = 10;

    private Varint() {}

    public static long zigzag(long value) {
        return (value << 1) ^ (value >> 63);
    }

    public static long unzigzag(long value) {
        return (value >>> 1) ^ -(value & 1);
    }

    /** Bytes that {@link #write} uses for an unsigned value. */
    public static int size(long value) {
        return (70 - Long.numberOfLeadingZeros(value | 1)) / 7;
    }

    /** Bytes of the zigzag form of a signed value. */
    public static int signedSize(long value) {
        return size(zigzag(value));
    }

    /** Writes an unsigned value and returns the position behind it. */
    public static int write(byte[] to, int at, long value) {
        int position = at;
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            to[position++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        to[position++] = (byte) rest;
        return position;
    }

    public static int writeSigned(byte[] to, int at, long value) {
        return write(to, at, zigzag(value));
    }
}
