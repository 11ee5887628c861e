package io.clusterdb.events.cli;

import io.clusterdb.events.cli.Failures.FailedException;
import java.io.BufferedInputStream;
import java.io.FileInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A file; or standard input or another pipe, which is copied to a file when it has to be read twice. */
final class Input implements AutoCloseable {
    private static final int PEEK = 1 << 16;
    private static final String DELIMITERS = ",;\t|";

    private final InputStream pipe;
    private final String name;
    private @Nullable Path file;
    private @Nullable Path copy;
    private long bytesRead;

    /** @param name of a file; {@code -} is standard input */
    Input(String name, InputStream standard) throws IOException {
        this.name = name;
        Path path = Path.of(name);
        boolean isStandard = name.equals("-");
        boolean isPipe = !isStandard && Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path);
        this.pipe = new BufferedInputStream(isPipe ? new FileInputStream(name) : standard, PEEK);
        this.file = isStandard || isPipe ? null : path;
    }

    /** In bytes; −1 when that is not known. */
    long size() throws IOException {
        return file == null ? -1 : Files.size(file);
    }

    /** How much of it is read by now. */
    long bytesRead() {
        return bytesRead;
    }

    /** Has it on disk, to be read more than once. */
    void keep() throws IOException {
        if (file == null) {
            copy = Files.createTempFile("events", ".input");
            Files.copy(pipe, copy, StandardCopyOption.REPLACE_EXISTING);
            file = copy;
        }
    }

    /** Its content from the start, without a byte order mark; that of a pipe only once. */
    InputStream open() throws IOException {
        bytesRead = 0;
        InputStream in = new BufferedInputStream(new Counting(file == null ? pipe : Files.newInputStream(file)), PEEK);
        skipMark(in);
        return in;
    }

    private void skipMark(InputStream in) throws IOException {
        in.mark(3);
        int first = in.read();
        int second = in.read();
        int third = in.read();
        in.reset();
        if ((first == 0xfe && second == 0xff) || (first == 0xff && second == 0xfe)) {
            throw new FailedException(
                    name + " can't be read",
                    "it begins with the mark of UTF-16",
                    "Convert it to UTF-8, for example with iconv -f UTF-16 -t UTF-8");
        }
        if (first == 0xef && second == 0xbb && third == 0xbf) {
            in.skipNBytes(3);
        }
    }

    /** Its first bytes, without taking them away. */
    private byte[] peek() throws IOException {
        if (file != null) {
            try (InputStream in = open()) {
                return in.readNBytes(PEEK - 3);
            }
        }
        pipe.mark(PEEK);
        byte[] first = pipe.readNBytes(PEEK);
        pipe.reset();
        return first;
    }

    /** Whether it holds JSON documents: by its name, or else by its first character. */
    boolean isJson() throws IOException {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.endsWith(".csv") || lower.endsWith(".tsv")) {
            return false;
        }
        if (lower.endsWith(".json") || lower.endsWith(".jsonl") || lower.endsWith(".ndjson")) {
            return true;
        }
        String start = new String(peek(), StandardCharsets.ISO_8859_1).replace("\u00ef\u00bb\u00bf", "");
        return start.stripLeading().startsWith("{");
    }

    /** What most likely separates the fields of its first line. */
    char delimiter() throws IOException {
        int[] counts = new int[DELIMITERS.length()];
        boolean quoted = false;
        for (byte b : peek()) {
            quoted ^= b == '"';
            if (!quoted && (b == '\n' || b == '\r')) {
                break;
            }
            int which = DELIMITERS.indexOf(b);
            if (!quoted && which >= 0) {
                counts[which]++;
            }
        }
        int best = 0;
        for (int i = 1; i < counts.length; i++) {
            best = counts[i] > counts[best] ? i : best;
        }
        return DELIMITERS.charAt(best);
    }

    @Override
    public void close() throws IOException {
        if (!name.equals("-")) {
            pipe.close();
        }
        if (copy != null) {
            Files.deleteIfExists(copy);
        }
    }

    private final class Counting extends FilterInputStream {
        Counting(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int b = super.read();
            bytesRead += b < 0 ? 0 : 1;
            return b;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            bytesRead += Math.max(0, count);
            return count;
        }
    }
}
