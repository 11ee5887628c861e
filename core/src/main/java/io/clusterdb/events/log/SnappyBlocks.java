package io.clusterdb.events.log;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.MalformedBytesException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyCodec;

/**
 * The stream of blocks that snappy-java writes. Unlike that library's own reader, this one looks at each length before it
 * takes memory for it: a few damaged bytes must not ask for gigabytes.
 */
final class SnappyBlocks {
    private static final int HEADER = 16;

    /** More than a block can become of a byte: two bytes stand for at most 64. */
    private static final int MAX_RATIO = 64;

    private SnappyBlocks() {}

    /** @throws MalformedBytesException when it can't be unpacked, or is more than {@code max} bytes then */
    static Bytes unpack(Bytes packed, int max) {
        ByteBuffer in = packed.buffer();
        if (in.remaining() < HEADER || !startsWithMagic(in)) {
            throw new MalformedBytesException("SNAPPY data without its header");
        }
        in.position(in.position() + HEADER);
        ByteArrayOutputStream plain = new ByteArrayOutputStream(4 * packed.length());
        while (in.hasRemaining()) {
            int length = in.remaining() < Integer.BYTES ? -1 : in.getInt();
            if (length < 0 || length > in.remaining()) {
                throw new MalformedBytesException(
                        "a SNAPPY block of " + length + " bytes, " + in.remaining() + " left");
            }
            plain.writeBytes(block(in, length, max - plain.size()));
            in.position(in.position() + length);
        }
        return Bytes.of(plain.toByteArray());
    }

    private static boolean startsWithMagic(ByteBuffer in) {
        ByteBuffer magic = ByteBuffer.wrap(SnappyCodec.getMagicHeader());
        return in.slice(in.position(), magic.remaining()).equals(magic);
    }

    private static byte[] block(ByteBuffer in, int length, int max) {
        int at = in.arrayOffset() + in.position();
        try {
            int size = Snappy.uncompressedLength(in.array(), at, length);
            if (size < 0 || size > max || size > (long) MAX_RATIO * length) {
                throw new MalformedBytesException("a SNAPPY block of " + length + " bytes that unpacks to " + size);
            }
            byte[] block = new byte[size];
            Snappy.uncompress(in.array(), at, length, block, 0);
            return block;
        } catch (IOException e) {
            throw new MalformedBytesException("SNAPPY data that can't be unpacked: " + e.getMessage());
        }
    }
}
