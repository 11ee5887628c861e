package io.clusterdb.events.schema;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.SchemaException;
import java.io.OutputStream;
import java.util.Arrays;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** Bytes that Avro's encoder writes and that can be taken back. Not thread-safe. */
final class AvroOutput extends OutputStream {
    private static final int MOST_ATTEMPTS = 1_000;

    private final BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(this, null);
    private byte[] array = new byte[256];
    private int size;
    private int attempts;

    /** Writes without a buffer of its own. */
    BinaryEncoder encoder() {
        return encoder;
    }

    int size() {
        return size;
    }

    /**
     * Takes back what was written after a size, as the branches of unions are tried.
     *
     * @throws SchemaException when that happened too often: in nested unions the ways to try multiply
     */
    void backTo(int earlier) {
        size = earlier;
        if (++attempts > MOST_ATTEMPTS) {
            throw new SchemaException("", "a branch within " + MOST_ATTEMPTS + " attempts", "data that none fits");
        }
    }

    Bytes bytes() {
        return new Bytes(array, 0, size);
    }

    @Override
    public void write(int b) {
        reserve(1);
        array[size++] = (byte) b;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        reserve(length);
        System.arraycopy(bytes, offset, array, size, length);
        size += length;
    }

    private void reserve(int more) {
        if (array.length - size < more) {
            array = Arrays.copyOf(array, Math.max(Math.addExact(size, more), (int) Math.min(2L * size, 1 << 30)));
        }
    }
}
