package io.clusterdb.events.control;

import io.clusterdb.events.RejectedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** A socket on which each side writes JSON documents, one a line. One thread may read while others write. */
final class LineChannel implements AutoCloseable {
    private final SocketChannel channel;
    private final int maxLine;
    private final ByteBuffer in = ByteBuffer.allocate(1 << 16).limit(0);
    private final Object writing = new Object();

    /** @param maxLine the most bytes of a line that is read */
    LineChannel(SocketChannel channel, int maxLine) {
        this.channel = channel;
        this.maxLine = maxLine;
    }

    SocketChannel channel() {
        return channel;
    }

    /**
     * Waits for the next document; null when the other side has closed.
     *
     * @throws RejectedException when a line is too long or no JSON; what follows it can't be read
     */
    @Nullable
    JsonNode read() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(256);
        while (true) {
            int end = indexOfNewline();
            int length = (end < 0 ? in.limit() : end) - in.position();
            line.write(in.array(), in.position(), length);
            if (line.size() > maxLine) {
                throw RejectedException.tooLarge(
                        "a line of the owner socket", line.size(), maxLine, "the limit of a request");
            }
            if (end >= 0) {
                in.position(end + 1);
                return parse(line.toByteArray());
            }
            in.clear();
            int count = channel.read(in);
            in.flip();
            if (count < 0) {
                in.position(0).limit(0);
                return null;
            }
        }
    }

    private int indexOfNewline() {
        for (int i = in.position(); i < in.limit(); i++) {
            if (in.get(i) == '\n') {
                return i;
            }
        }
        return -1;
    }

    private static JsonNode parse(byte[] line) {
        try {
            return Wire.JSON.readTree(line);
        } catch (JacksonException e) {
            throw RejectedException.invalid(
                    "the owner socket", "line", String.valueOf(e.getOriginalMessage()), "a JSON document a line");
        }
    }

    /** Waits as long as the other side does not take it. */
    void write(JsonNode document) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(512);
        Wire.JSON.writeValue(line, document);
        line.write('\n');
        ByteBuffer bytes = ByteBuffer.wrap(line.toByteArray());
        synchronized (writing) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // It is of no use any more either way.
        }
    }
}
