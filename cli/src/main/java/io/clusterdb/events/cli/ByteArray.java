package io.clusterdb.events.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes that grow at the end and can be used again. */
final class ByteArray {
    private byte[] bytes = new byte[256];
    private int size;
    private int sign;

    void clear() {
        size = 0;
        sign = 0;
    }

    void add(int b) {
        if (size == bytes.length) {
            bytes = Arrays.copyOf(bytes, size * 2);
        }
        bytes[size++] = (byte) b;
        sign |= b;
    }

    int size() {
        return size;
    }

    byte[] from(int start) {
        return Arrays.copyOfRange(bytes, start, size);
    }

    /** @throws CharacterCodingException when they are no text of that encoding */
    String text(Charset encoding) throws CharacterCodingException {
        if ((sign & 0x80) == 0) {
            return new String(bytes, 0, size, StandardCharsets.ISO_8859_1);
        }
        return encoding.newDecoder().decode(ByteBuffer.wrap(bytes, 0, size)).toString();
    }
}
