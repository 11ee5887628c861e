package io.clusterdb.events.broker;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.broker.Entry.State;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.ByteReader;
import io.clusterdb.events.spi.ByteWriter;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.MalformedBytesException;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Where delivery is written down: a compacted topic, whose format is docs/formats/delivery.md. For each group and
 * partition it holds the mark under one key, and each chunk with unanswered events under one more.
 */
final class DeliveryLog {
    private static final String TOPIC = InternalTopics.DELIVERY.name();
    private static final int PARTITIONS = InternalTopics.DELIVERY.partitions();
    private static final byte VERSION = 1;
    private static final byte MARK = 0;
    private static final byte CHUNK = 1;
    private static final byte PARKED_KEY = 2;
    private static final int PARKED = 1;
    private static final int FAILED = 2;

    private final Scan scan;

    /**
     * What is written down of one partition.
     *
     * @param entries unanswered, by offset
     * @param parkedKeys see {@link ParkedKeys}
     */
    record Written(long mark, SortedMap<Long, Entry> entries, Set<Bytes> parkedKeys) {
        long floor() {
            return entries.isEmpty() ? mark : entries.firstKey();
        }
    }

    DeliveryLog(Scan scan) {
        this.scan = scan;
    }

    // --- writing

    /** Adds the records that write changes down. */
    void write(String group, TopicPartition partition, Delivery.Changes changes, List<NewRecord> to) {
        Bytes prefix = prefix(group, partition);
        int home = home(prefix);
        Bytes mark = Bytes.of(new ByteWriter(12)
                .writeByte(VERSION)
                .writeVarint(changes.mark())
                .toArray());
        to.add(record(home, key(prefix, MARK, 0), mark));
        changes.chunks().forEach((number, entries) -> {
            Bytes value = entries.isEmpty() ? null : chunk(number * Unanswered.SPAN, entries);
            to.add(record(home, key(prefix, CHUNK, number), value));
        });
        changes.parkedKeys()
                .forEach((key, parked) ->
                        to.add(record(home, key(prefix, key), parked ? Bytes.of(new byte[] {VERSION}) : null)));
    }

    /** Adds the records that forget a partition: its mark becomes unknown. */
    void forget(String group, TopicPartition partition, Written written, List<NewRecord> to) {
        Bytes prefix = prefix(group, partition);
        int home = home(prefix);
        to.add(record(home, key(prefix, MARK, 0), null));
        written.entries().keySet().stream()
                .map(Unanswered::chunkOf)
                .distinct()
                .forEach(number -> to.add(record(home, key(prefix, CHUNK, number), null)));
        written.parkedKeys().forEach(key -> to.add(record(home, key(prefix, key), null)));
    }

    private static NewRecord record(int home, Bytes key, @Nullable Bytes value) {
        return new NewRecord(TOPIC, home, key, value, Headers.NONE);
    }

    private static Bytes prefix(String group, TopicPartition partition) {
        ByteWriter writer = new ByteWriter(64);
        writer.writeSized(group).writeSized(partition.topic()).writeVarint(partition.partition());
        return Bytes.of(writer.toArray());
    }

    /** Where the records of a partition are: part of the format. */
    private static int home(Bytes prefix) {
        int hash = 1;
        for (int i = 0; i < prefix.length(); i++) {
            hash = 31 * hash + prefix.at(i);
        }
        return Math.floorMod(hash, PARTITIONS);
    }

    private static Bytes key(Bytes prefix, Bytes parkedKey) {
        ByteWriter writer = new ByteWriter(prefix.length() + 1 + parkedKey.length());
        return Bytes.of(writer.writeBytes(prefix)
                .writeByte(PARKED_KEY)
                .writeBytes(parkedKey)
                .toArray());
    }

    private static Bytes key(Bytes prefix, byte kind, long number) {
        ByteWriter writer = new ByteWriter(prefix.length() + 11);
        return Bytes.of(
                writer.writeBytes(prefix).writeByte(kind).writeVarint(number).toArray());
    }

    /** Runs of entries that are alike, each as the gap before it, its kind, and its length or what is known of it. */
    private static Bytes chunk(long start, List<Entry> entries) {
        ByteWriter writer = new ByteWriter(32).writeByte(VERSION);
        long at = start;
        int i = 0;
        while (i < entries.size()) {
            Entry entry = entries.get(i);
            int length = isPlain(entry) ? plainRun(entries, i) : 1;
            writer.writeVarint(entry.offset - at).writeVarint(kind(entry));
            if (isPlain(entry)) {
                writer.writeVarint(length);
            } else {
                writeDetails(writer, entry);
            }
            at = entry.offset + length;
            i += length;
        }
        return Bytes.of(writer.toArray());
    }

    private static boolean isPlain(Entry entry) {
        return entry.state != State.PARKED && entry.first == null;
    }

    private static int kind(Entry entry) {
        return entry.attempts << 2 | (entry.state == State.PARKED ? PARKED : 0) | (entry.first != null ? FAILED : 0);
    }

    private static int plainRun(List<Entry> entries, int from) {
        Entry first = entries.get(from);
        int length = 1;
        while (from + length < entries.size()) {
            Entry entry = entries.get(from + length);
            if (!isPlain(entry) || entry.attempts != first.attempts || entry.offset != first.offset + length) {
                break;
            }
            length++;
        }
        return length;
    }

    private static void writeDetails(ByteWriter writer, Entry entry) {
        if (entry.state == State.PARKED) {
            writer.writeVarint(entry.dueMillis);
        }
        Failure first = entry.first;
        Failure last = entry.last;
        if (first != null && last != null) {
            writeFailure(writer, first);
            writeFailure(writer, last);
        }
    }

    private static void writeFailure(ByteWriter writer, Failure failure) {
        writer.writeVarint(failure.millis()).writeSized(failure.error()).writeSized(failure.message());
    }

    // --- reading

    /**
     * What is written down of these partitions; one that was never read is missing. Waits while a transaction holds
     * something back: what stands behind it is newer than what can be seen, and who went on from that would undo it.
     */
    Map<TopicPartition, Written> read(String group, Collection<TopicPartition> partitions) {
        return read(group, partitions, Bounds::end);
    }

    /** As {@link #read}, of what can be seen now: to be looked at, not to go on from. */
    Map<TopicPartition, Written> visible(String group, Collection<TopicPartition> partitions) {
        return read(group, partitions, Bounds::stableEnd);
    }

    private Map<TopicPartition, Written> read(
            String group, Collection<TopicPartition> partitions, ToLongFunction<Bounds> to) {
        Map<Integer, Map<Bytes, TopicPartition>> homes = new HashMap<>();
        for (TopicPartition partition : partitions) {
            Bytes prefix = prefix(group, partition);
            homes.computeIfAbsent(home(prefix), h -> new HashMap<>()).put(prefix, partition);
        }
        Map<TopicPartition, Written> all = new HashMap<>();
        homes.forEach((home, wanted) -> all.putAll(read(home, wanted, to)));
        return all;
    }

    private Map<TopicPartition, Written> read(int home, Map<Bytes, TopicPartition> wanted, ToLongFunction<Bounds> to) {
        TopicPartition source = new TopicPartition(TOPIC, home);
        Map<Bytes, LogRecord> latest = new HashMap<>();
        scan.read(source, 0, to, record -> {
            Bytes key = record.key();
            if (key != null) {
                latest.put(key, record);
            }
            return true;
        });
        Map<TopicPartition, Found> found = new HashMap<>();
        for (LogRecord record : latest.values()) {
            try {
                decode(record, wanted, found);
            } catch (MalformedBytesException e) {
                throw CorruptionException.found("delivery record " + record.place(), String.valueOf(e.getMessage()), e);
            }
        }
        Map<TopicPartition, Written> all = new HashMap<>();
        found.forEach((partition, parts) -> {
            if (parts.mark >= 0) {
                all.put(partition, new Written(parts.mark, parts.entries, parts.parkedKeys));
            }
        });
        return all;
    }

    /** What has been found of a partition so far. */
    private static final class Found {
        private long mark = -1;
        private final SortedMap<Long, Entry> entries = new TreeMap<>();
        private final Set<Bytes> parkedKeys = new HashSet<>();
    }

    private static void decode(LogRecord record, Map<Bytes, TopicPartition> wanted, Map<TopicPartition, Found> found) {
        Bytes key = record.key();
        Bytes value = record.value();
        if (key == null || value == null) {
            return;
        }
        ByteReader reader = new ByteReader(key);
        reader.readSized();
        reader.readSized();
        reader.readVarint();
        int length = reader.position() - key.offset();
        TopicPartition partition = wanted.get(new Bytes(key.array(), key.offset(), length));
        if (partition == null) {
            return;
        }
        Found parts = found.computeIfAbsent(partition, p -> new Found());
        byte kind = reader.readByte();
        ByteReader content = new ByteReader(value);
        int version = content.readByte();
        if (version != VERSION) {
            throw CorruptionException.unknownFormat(
                    "Delivery record " + record.place(), "version " + version, "version " + VERSION);
        }
        switch (kind) {
            case MARK -> parts.mark = content.readVarint();
            case CHUNK -> parts.entries.putAll(readChunk(content, reader.readVarint() * Unanswered.SPAN));
            case PARKED_KEY ->
                parts.parkedKeys.add(
                        Bytes.of(reader.readBytes(reader.remaining()).toArray()));
            default -> throw new MalformedBytesException("a delivery record of kind " + kind);
        }
    }

    private static SortedMap<Long, Entry> readChunk(ByteReader reader, long start) {
        SortedMap<Long, Entry> entries = new TreeMap<>();
        long at = start;
        while (reader.remaining() > 0) {
            at += reader.readVarint();
            int kind = reader.readInt();
            if ((kind & (PARKED | FAILED)) == 0) {
                long end = at + reader.readInt();
                for (; at < end; at++) {
                    entries.put(at, entry(at, kind));
                }
            } else {
                Entry entry = entry(at, kind);
                readDetails(reader, kind, entry);
                entries.put(at, entry);
                at++;
            }
        }
        return entries;
    }

    private static Entry entry(long offset, int kind) {
        Entry entry = new Entry(offset);
        entry.attempts = kind >>> 2;
        return entry;
    }

    private static void readDetails(ByteReader reader, int kind, Entry entry) {
        if ((kind & PARKED) != 0) {
            entry.state = State.PARKED;
            entry.dueMillis = reader.readVarint();
        }
        if ((kind & FAILED) != 0) {
            entry.first = readFailure(reader);
            entry.last = readFailure(reader);
        }
    }

    private static Failure readFailure(ByteReader reader) {
        return new Failure(
                reader.readVarint(),
                reader.readSized().utf8(),
                reader.readSized().utf8());
    }
}
