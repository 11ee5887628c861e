package io.clusterdb.events.cli;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** JSON documents, one a line. Numbers keep every digit; an object with a name twice is refused, as one would be lost. */
final class JsonRows implements Rows {
    private static final int MAX_BYTES = 16 << 20;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .build();

    private final InputStream in;
    private final byte[] buffer = new byte[1 << 16];
    private final ByteArray text = new ByteArray();
    private int at;
    private int limit;
    private long line;

    /** @param in without a byte order mark */
    JsonRows(InputStream in) {
        this.in = in;
    }

    @Override
    public @Nullable Row next() throws IOException {
        while (readLine()) {
            byte[] bytes = text.from(0);
            if (bytes.length > MAX_BYTES) {
                return new Row.Bad(line, "it is longer than " + MAX_BYTES + " bytes");
            }
            if (!isBlank(bytes)) {
                return row(bytes);
            }
        }
        return null;
    }

    private Row row(byte[] bytes) {
        try {
            return new Row.Good(line, JSON.readTree(bytes), bytes.length);
        } catch (JacksonException e) {
            int column = e.getLocation() == null ? 0 : e.getLocation().getColumnNr();
            String why =
                    String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
            return new Row.Bad(
                    line, "it is no JSON document" + (column > 0 ? " (column " + column + ")" : "") + ": " + why);
        }
    }

    private static boolean isBlank(byte[] bytes) {
        for (byte b : bytes) {
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }

    /** The next line without its end. Of one that is too long, only so much is kept that this can be seen. */
    private boolean readLine() throws IOException {
        text.clear();
        int c = read();
        if (c < 0) {
            return false;
        }
        line++;
        while (c >= 0 && c != '\n') {
            if (text.size() <= MAX_BYTES) {
                text.add(c);
            }
            c = read();
        }
        return true;
    }

    private int read() throws IOException {
        if (at == limit) {
            limit = in.read(buffer);
            at = 0;
            if (limit <= 0) {
                limit = 0;
                return -1;
            }
        }
        return buffer[at++] & 0xff;
    }
}
