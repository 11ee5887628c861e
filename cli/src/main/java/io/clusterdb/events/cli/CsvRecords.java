package io.clusterdb.events.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records of a CSV file by RFC 4180: fields may be in double quotes, and then hold delimiters, line breaks, and double
 * quotes written twice. Lines end with LF, CR LF or CR; empty lines are no records. A quote within a field that does not
 * begin with one is a character like any other.
 *
 * <p>A record that breaks these rules has a fault, and reading goes on with the line after its first: so a quote that is
 * never closed costs one line, and not the rest of the file.
 */
final class CsvRecords {
    /** What one record may hold, so that a quote that is never closed does not take the whole file into memory. */
    static final int MAX_BYTES = 16 << 20;

    private static final int END = -1;

    private final InputStream in;
    private final int delimiter;
    private final Charset encoding;
    private final byte[] buffer = new byte[1 << 16];
    private final ByteArray field = new ByteArray();
    private final ByteArray raw = new ByteArray();
    private final List<String> fields = new ArrayList<>();
    private byte[] again = new byte[0];
    private int againAt;
    private int at;
    private int limit;
    private long line = 1;
    private long start;
    private int firstLineEnd;
    private @Nullable String fault;

    /** @param in without a byte order mark */
    CsvRecords(InputStream in, char delimiter, Charset encoding) {
        this.in = in;
        this.delimiter = delimiter;
        this.encoding = encoding;
    }

    /** Goes to the next record; false at the end. */
    boolean next() throws IOException {
        do {
            fields.clear();
            raw.clear();
            fault = null;
            firstLineEnd = -1;
            start = line;
            int c = read();
            if (c == END) {
                return false;
            }
            record(c);
        } while (fault == null && fields.isEmpty());
        if (fault != null && firstLineEnd >= 0) {
            unreadAfterFirstLine();
        }
        return true;
    }

    /** The line on which the record begins, from 1. */
    long line() {
        return start;
    }

    /** What is wrong with the record; null when nothing is. */
    @Nullable
    String fault() {
        return fault;
    }

    /** The fields of a record without a fault. Used again for the next one. */
    List<String> fields() {
        return fields;
    }

    /** How many bytes the record has. */
    int bytes() {
        return raw.size();
    }

    private void record(int first) throws IOException {
        int c = first;
        boolean empty = c == '\n' || c == '\r';
        boolean more = true;
        while (more) {
            field.clear();
            if (c == '"') {
                c = quoted();
            } else {
                while (c != delimiter && c != '\n' && c != '\r' && c != END) {
                    field.add(c);
                    c = read();
                }
            }
            addField();
            more = c == delimiter && fault == null;
            c = more ? read() : c;
        }
        if (fault == null) {
            endLine(c);
        } else {
            skipLine(c);
        }
        if (empty) {
            fields.clear();
        }
    }

    /** Reads what is in quotes; the character behind it. */
    private int quoted() throws IOException {
        while (true) {
            int c = read();
            if (c == '"') {
                c = read();
                if (c == delimiter || c == '\n' || c == '\r' || c == END) {
                    return c;
                }
                if (c != '"') {
                    return failed("there is text behind the closing quote of a field", c);
                }
            } else if (c == END) {
                return failed("a quote is opened and never closed", c);
            }
            if (raw.size() > MAX_BYTES) {
                return failed("a quote is opened and not closed within " + MAX_BYTES + " bytes", c);
            }
            field.add(c);
        }
    }

    private int failed(String why, int c) {
        fault = why;
        return c;
    }

    private void addField() {
        try {
            if (fault == null) {
                fields.add(field.text(encoding));
            }
        } catch (CharacterCodingException e) {
            fault = "it is not " + encoding.name() + " text; if the file is in another encoding, say --encoding NAME";
        }
    }

    private void endLine(int c) throws IOException {
        if (c == '\r' && peek() == '\n') {
            read();
        }
    }

    /** To the end of the line of a record with a fault, if that is its first line. */
    private void skipLine(int from) throws IOException {
        int c = from;
        while (firstLineEnd < 0 && c != END) {
            c = read();
        }
    }

    private void unreadAfterFirstLine() {
        byte[] rest = raw.from(firstLineEnd);
        byte[] pending = new byte[rest.length + again.length - againAt];
        System.arraycopy(rest, 0, pending, 0, rest.length);
        System.arraycopy(again, againAt, pending, rest.length, again.length - againAt);
        again = pending;
        againAt = 0;
        line = start + 1;
    }

    private int peek() throws IOException {
        if (againAt < again.length) {
            return again[againAt] & 0xff;
        }
        if (at == limit) {
            limit = Math.max(0, in.read(buffer));
            at = 0;
        }
        return at < limit ? buffer[at] & 0xff : END;
    }

    /** The next byte. The line is counted when its last byte is read. */
    private int read() throws IOException {
        int c = peek();
        if (c == END) {
            return END;
        }
        if (againAt < again.length) {
            againAt++;
        } else {
            at++;
        }
        raw.add(c);
        if (c == '\n' || (c == '\r' && peek() != '\n')) {
            line++;
            firstLineEnd = firstLineEnd < 0 ? raw.size() : firstLineEnd;
        }
        return c;
    }
}
