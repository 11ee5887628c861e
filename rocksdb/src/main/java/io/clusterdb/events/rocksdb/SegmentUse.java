package io.clusterdb.events.rocksdb;

import io.clusterdb.events.spi.ByteReader;
import io.clusterdb.events.spi.ByteWriter;
import io.clusterdb.events.spi.Bytes;
import java.util.HashMap;
import java.util.Map;

/** Which logs have entries in a segment: how far they reach, and how many bytes they are. */
final class SegmentUse {
    private final Map<Integer, Part> parts = new HashMap<>();

    /**
     * The entries of one log.
     *
     * @param last the highest of their offsets
     */
    record Part(long last, long bytes) {}

    void add(int log, long offset, int length) {
        parts.merge(
                log, new Part(offset, length), (a, b) -> new Part(Math.max(a.last(), b.last()), a.bytes() + b.bytes()));
    }

    Map<Integer, Part> parts() {
        return parts;
    }

    byte[] encode() {
        ByteWriter writer = new ByteWriter(8 + parts.size() * 8).writeVarint(parts.size());
        parts.forEach(
                (log, part) -> writer.writeVarint(log).writeVarint(part.last()).writeVarint(part.bytes()));
        return writer.toArray();
    }

    static SegmentUse decode(byte[] bytes) {
        ByteReader reader = new ByteReader(Bytes.of(bytes));
        SegmentUse use = new SegmentUse();
        for (int i = reader.readInt(); i > 0; i--) {
            use.parts.put(reader.readInt(), new Part(reader.readVarint(), reader.readVarint()));
        }
        return use;
    }
}
