package io.clusterdb.events.spi;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The headers of a record, kept as the bytes that Kafka's record format v2 has for them (a count, then name and value
 * each with its length, all lengths zigzag varints) and read on demand. Names may repeat. Immutable.
 */
public final class Headers implements Iterable<Headers.Header> {
    public static final Headers NONE = new Headers(Bytes.of(new byte[] {0}));

    private final Bytes encoded;

    /** @param value null where the header has a name only */
    public record Header(String name, @Nullable Bytes value) {}

    /** @param encoded the format named above; checked when it is read */
    public Headers(Bytes encoded) {
        this.encoded = encoded;
    }

    public Bytes encoded() {
        return encoded;
    }

    public int count() {
        return new ByteReader(encoded).readSignedInt();
    }

    /** The value of the last header of that name, null when there is none. */
    public @Nullable Bytes last(String name) {
        Bytes wanted = Bytes.utf8(name);
        Bytes found = null;
        ByteReader reader = new ByteReader(encoded);
        for (int i = reader.readSignedInt(); i > 0; i--) {
            Bytes each = reader.readBytes(reader.readSignedInt());
            int length = reader.readSignedInt();
            Bytes value = length < 0 ? null : reader.readBytes(length);
            if (each.equals(wanted)) {
                found = value;
            }
        }
        return found;
    }

    /** These headers and more behind them. */
    public Headers and(List<Header> more) {
        Builder builder = new Builder();
        forEach(h -> builder.add(h.name(), h.value()));
        more.forEach(h -> builder.add(h.name(), h.value()));
        return builder.build();
    }

    /** These headers without the first ones. */
    public Headers behind(int first) {
        ByteReader reader = new ByteReader(encoded);
        int count = reader.readSignedInt();
        for (int i = 0; i < first; i++) {
            reader.readBytes(reader.readSignedInt());
            reader.readBytes(Math.max(0, reader.readSignedInt()));
        }
        ByteWriter rest = new ByteWriter(reader.remaining() + Varint.MAX_LONG_BYTES);
        rest.writeSignedVarint(count - first).writeBytes(encoded.array(), reader.position(), reader.remaining());
        return new Headers(new Bytes(rest.array(), 0, rest.size()));
    }

    public List<Header> toList() {
        List<Header> list = new ArrayList<>();
        forEach(list::add);
        return list;
    }

    /** Reads in order. {@code next} throws {@link MalformedBytesException} where the bytes are no headers. */
    @Override
    public Iterator<Header> iterator() {
        ByteReader reader = new ByteReader(encoded);
        int count = reader.readSignedInt();
        return new Iterator<>() {
            private int read;

            @Override
            public boolean hasNext() {
                return read < count;
            }

            @Override
            public Header next() {
                if (read == count) {
                    throw new NoSuchElementException();
                }
                read++;
                String name = reader.readBytes(reader.readSignedInt()).utf8();
                int length = reader.readSignedInt();
                return new Header(name, length < 0 ? null : reader.readBytes(length));
            }
        };
    }

    /** Collects headers. Not thread-safe; {@link #build} may be called once. */
    public static final class Builder {
        /** Counts below this take one byte, which is left free for them. */
        private static final int SMALL = 64;

        private final ByteWriter writer = new ByteWriter(256).writeByte(0);
        private int count;

        public Builder add(String name, @Nullable Bytes value) {
            return add(Bytes.utf8(name), value);
        }

        public Builder add(String name, String value) {
            return add(Bytes.utf8(name), Bytes.utf8(value));
        }

        /** As {@link #add(String, Bytes)}, of a name in UTF-8. */
        public Builder add(Bytes name, @Nullable Bytes value) {
            writer.writeSignedVarint(name.length()).writeBytes(name);
            if (value == null) {
                writer.writeSignedVarint(-1);
            } else {
                writer.writeSignedVarint(value.length()).writeBytes(value);
            }
            count++;
            return this;
        }

        public Headers build() {
            if (count < SMALL) {
                writer.array()[0] = (byte) Varint.zigzag(count);
                return new Headers(new Bytes(writer.array(), 0, writer.size()));
            }
            ByteWriter all = new ByteWriter(writer.size() + Varint.MAX_LONG_BYTES);
            all.writeSignedVarint(count).writeBytes(writer.array(), 1, writer.size() - 1);
            return new Headers(new Bytes(all.array(), 0, all.size()));
        }
    }
}
