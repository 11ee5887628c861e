package io.clusterdb.events.log;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.StreamStatus;
import io.clusterdb.events.spi.ByteReader;
import io.clusterdb.events.spi.ByteWriter;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.MalformedBytesException;
import io.clusterdb.events.spi.Storage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the events of each aggregate are, by their versions. Read by any thread; changed by the committer, which knows
 * the heads of the aggregates used last.
 */
final class StreamIndex {
    private static final int CACHED_HEADS = 100_000;

    private final Storage storage;
    private final int log;
    private final Heads cache = new Heads();
    private final Map<String, Head> drafts = new HashMap<>();
    private PartitionLog.@Nullable Draft group;

    /**
     * Where an aggregate stands.
     *
     * @param stream a number of its own in the store: the position of its first event
     * @param version of its last event
     */
    record Head(long stream, String aggregateType, long version) {
        byte[] bytes() {
            return new ByteWriter(32)
                    .writeLong(stream)
                    .writeLong(version)
                    .writeBytes(Bytes.utf8(aggregateType))
                    .toArray();
        }

        static Head read(byte[] bytes) {
            ByteReader reader = new ByteReader(Bytes.of(bytes));
            long stream = reader.readLong();
            long version = reader.readLong();
            return new Head(stream, reader.readBytes(reader.remaining()).utf8(), version);
        }
    }

    /** Those used last. */
    private static final class Heads extends LinkedHashMap<String, Head> {
        private static final long serialVersionUID = 1;

        Heads() {
            super(1024, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Head> eldest) {
            return size() > CACHED_HEADS;
        }
    }

    StreamIndex(Storage storage, int log) {
        this.storage = storage;
        this.log = log;
    }

    /** As it is stored; null when the aggregate has no event. */
    @Nullable
    Head head(String aggregateId) {
        byte[] found = storage.get(Tables.STREAMS, Tables.key(log, Bytes.utf8(aggregateId)));
        return found == null ? null : read(aggregateId, found);
    }

    private Head read(String aggregateId, byte[] bytes) {
        try {
            return Head.read(bytes);
        } catch (MalformedBytesException e) {
            throw CorruptionException.found(
                    "stream " + aggregateId + " in " + storage.place(), String.valueOf(e.getMessage()), e);
        }
    }

    /** See {@link io.clusterdb.events.spi.StoreEngine#streams}. No id has a NUL, so one marks the place behind it. */
    List<StreamStatus> streams(String after, int limit) {
        byte[] from = Tables.key(log, Bytes.utf8(after.isEmpty() ? "" : after + '\0'));
        List<StreamStatus> found = new ArrayList<>();
        try (Storage.Cursor rows = storage.scan(Tables.STREAMS, from, Tables.key(log + 1))) {
            while (found.size() < limit && rows.next()) {
                byte[] key = rows.key();
                String id = new Bytes(key, Integer.BYTES, key.length - Integer.BYTES).utf8();
                Head head = read(id, rows.value());
                found.add(new StreamStatus(id, head.aggregateType(), head.version()));
            }
        }
        return found;
    }

    /** The positions of events of an aggregate, of these versions and all between. */
    List<Long> positions(Head head, long first, long last) {
        List<Long> positions = new ArrayList<>();
        try (Storage.Cursor rows = storage.scan(
                Tables.STREAM_EVENTS,
                Tables.key(log, head.stream(), first),
                Tables.key(log, head.stream(), last + 1))) {
            while (rows.next()) {
                positions.add(Tables.longAt(rows.value(), 0));
            }
        }
        if (positions.size() != last - first + 1) {
            throw CorruptionException.found(
                    "stream " + head + " in " + storage.place(),
                    "it has " + positions.size() + " events of the versions " + first + " to " + last,
                    null);
        }
        return positions;
    }

    /** The version of an event that was appended without one, by its id; 0 when there is none. */
    long versionOf(Head head, String eventId) {
        byte[] found = storage.get(Tables.STREAM_IDS, Tables.key(log, head.stream(), Bytes.utf8(eventId)));
        return found == null ? 0 : Tables.longAt(found, 0);
    }

    // --- the committer's

    /** The head as the current group leaves it. */
    @Nullable
    Head current(String aggregateId, PartitionLog.Draft draft) {
        if (group != draft) {
            group = draft;
            drafts.clear();
        }
        Head drafted = drafts.get(aggregateId);
        if (drafted != null) {
            return drafted;
        }
        Head cached = cache.get(aggregateId);
        if (cached == null) {
            cached = head(aggregateId);
            if (cached != null) {
                cache.put(aggregateId, cached);
            }
        }
        return cached;
    }

    /** Whether the current group has changed it, so that what is stored is not all of it yet. */
    boolean isDrafted(String aggregateId) {
        return drafts.containsKey(aggregateId);
    }

    /** @param withId whether the event was appended without a version, so that its id has to be known */
    void add(Commit commit, String aggregateId, Head head, long position, @Nullable String withId) {
        drafts.put(aggregateId, head);
        commit.put(Tables.STREAM_EVENTS, Tables.key(log, head.stream(), head.version()), Tables.longs(position));
        if (withId != null) {
            commit.put(
                    Tables.STREAM_IDS,
                    Tables.key(log, head.stream(), Bytes.utf8(withId)),
                    Tables.longs(head.version()));
        }
    }

    /** Writes down where an aggregate stands after an append. */
    void put(Commit commit, String aggregateId, Head head) {
        commit.put(Tables.STREAMS, Tables.key(log, Bytes.utf8(aggregateId)), head.bytes());
    }

    /** What was drafted is stored. */
    void stored(Map<String, Head> heads) {
        cache.putAll(heads);
    }
}
