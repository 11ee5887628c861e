package io.clusterdb.events.spi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A slice of a byte array. Not a copy: whoever holds it must not change the array. Equal when the bytes are equal.
 * Thread-safe as long as nobody does.
 *
 * @param array holds the slice
 * @param offset of its first byte
 * @param length in bytes
 */
public record Bytes(byte[] array, int offset, int length) {
    public static final Bytes EMPTY = new Bytes(new byte[0], 0, 0);

    public Bytes {
        if (offset < 0 || length < 0 || offset > array.length - length) {
            throw new IndexOutOfBoundsException(offset + "+" + length + " of " + array.length);
        }
    }

    public static Bytes of(byte[] array) {
        return new Bytes(array, 0, array.length);
    }

    public static Bytes utf8(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Whether UTF-8 can hold a text: no half of a surrogate pair stands alone in it, which would become a '?'. */
    public static boolean isUtf8(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                i++;
                if (Character.isLowSurrogate(c) || i == text.length() || !Character.isLowSurrogate(text.charAt(i))) {
                    return false;
                }
            }
        }
        return true;
    }

    /** The slice as an array of its own; the backing array itself when the slice covers it. */
    public byte[] toArray() {
        return offset == 0 && length == array.length ? array : copy();
    }

    /** The slice in a new array. */
    public byte[] copy() {
        return Arrays.copyOfRange(array, offset, offset + length);
    }

    public String utf8() {
        return new String(array, offset, length, StandardCharsets.UTF_8);
    }

    public ByteBuffer buffer() {
        return ByteBuffer.wrap(array, offset, length);
    }

    public byte at(int index) {
        return array[offset + index];
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Bytes b
                && length == b.length
                && Arrays.equals(array, offset, offset + length, b.array, b.offset, b.offset + b.length);
    }

    @Override
    public int hashCode() {
        int hash = 1;
        for (int i = offset; i < offset + length; i++) {
            hash = 31 * hash + array[i];
        }
        return hash;
    }

    @Override
    public String toString() {
        return length + " bytes";
    }
}
