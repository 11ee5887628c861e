package io.clusterdb.events.store;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import io.clusterdb.events.Aggregate;
import io.clusterdb.events.AggregateType;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Snapshot;
import io.clusterdb.events.SnapshotConfig;
import io.clusterdb.events.Upcasters;
import io.clusterdb.events.spi.ByteWriter;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.ToStringSerializerBase;

/**
 * The states of aggregates as documents of the engine, each under the aggregate's id and the fingerprint of the fold that
 * made it: folds of two versions of a program keep theirs side by side. What can't be read, or is of another fold, is as
 * if it were not there, and counted.
 *
 * <p>A document is the form's number (one byte: 1 = JSON, 2 = JSON in gzip), the aggregate's version (eight bytes), the
 * CRC-32C of all the rest (four bytes), and the state.
 */
final class Snapshots {
    private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);
    private static final String COLLECTION = "snapshots";
    private static final int PAGE = 20;
    private static final int HEADER = 13;
    private static final byte PLAIN = 1;
    private static final byte GZIP = 2;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** All that a state holds: what a getter tells may be something else. A tree is what it is as text. */
    private static final JsonMapper FIELDS = JsonMapper.builder()
            .addModule(new SimpleModule().addSerializer(JsonNode.class, new ToStringSerializerBase(JsonNode.class) {
                @Override
                public String valueToString(Object value) {
                    JsonNode tree = (JsonNode) value;
                    return isKept(tree) ? tree.toString() : tree + " with numbers that JSON does not keep";
                }
            }))
            .changeDefaultVisibility(
                    all -> all.with(JsonAutoDetect.Visibility.NONE).withFieldVisibility(JsonAutoDetect.Visibility.ANY))
            .build();

    /** For trees in which 2.50 stays 2.50. */
    private static final ObjectReader EXACT = JSON.reader(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .without(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES);

    private final StoreEngine engine;
    private final SnapshotConfig config;
    private final Upcasters upcasters;
    private final Map<AggregateType<?>, Fingerprint> fingerprints = Collections.synchronizedMap(new WeakHashMap<>());
    private final Set<String> untold = ConcurrentHashMap.newKeySet();
    private final AtomicLong ignored = new AtomicLong();

    /** A state that was read. */
    record Found<T>(long version, T state) {}

    Snapshots(StoreEngine engine, SnapshotConfig config, Upcasters upcasters) {
        this.engine = engine;
        this.config = config;
        this.upcasters = upcasters;
    }

    SnapshotConfig config() {
        return config;
    }

    long ignored() {
        return ignored.get();
    }

    private Fingerprint fold(AggregateType<?> type) {
        return fingerprints.computeIfAbsent(type, t -> Fingerprint.of(t, upcasters));
    }

    /** Whether there can be snapshots of a type: its fold can be told from others. */
    boolean isTold(AggregateType<?> type) {
        String unknown = fold(type).unknown();
        if (unknown != null && config.enabled() && untold.add(type.name())) {
            LOG.warn("{}", RejectedException.untoldFold(type.name(), unknown).problem());
        }
        return unknown == null;
    }

    /** The key of an aggregate's snapshot; that of another fold differs behind the last blank only. */
    private static String key(String id, Fingerprint fold) {
        return id + ' ' + fold.digits();
    }

    /** @throws RejectedException when its fold can't be told from others, or JSON does not hold all of the state */
    void save(Aggregate<?> aggregate) {
        Fingerprint fold = fold(aggregate.type());
        if (fold.unknown() != null) {
            throw RejectedException.untoldFold(aggregate.type().name(), fold.unknown());
        }
        byte[] state;
        try {
            state = JSON.writeValueAsBytes(aggregate.state());
            requireWhole(aggregate, state);
        } catch (JacksonException e) {
            throw RejectedException.undecodable(
                    "the state of aggregate " + aggregate.id(),
                    aggregate.type().state().getSimpleName() + " can't be written as JSON, or read back: "
                            + e.getOriginalMessage(),
                    e);
        }
        Bytes document = document(aggregate.version(), state);
        engine.write(List.of(DocumentChange.put(COLLECTION, key(aggregate.id(), fold), document)));
    }

    /** A class may have fields that its JSON does not tell, and a wrong state is worse than none. */
    private static void requireWhole(Aggregate<?> aggregate, byte[] state) {
        Object back = JSON.readValue(state, aggregate.type().state());
        if (!unordered(FIELDS.valueToTree(back)).equals(unordered(FIELDS.valueToTree(aggregate.state())))) {
            throw RejectedException.partialState(
                    aggregate.id(), aggregate.type().state().getSimpleName());
        }
    }

    /** A list keeps its order in JSON, and a set has none. */
    private static String unordered(JsonNode node) {
        Stream<String> parts = node.isObject()
                ? node.propertyStream().map(field -> field.getKey() + "=" + unordered(field.getValue()))
                : node.valueStream().map(Snapshots::unordered);
        if (node.isContainer()) {
            return parts.sorted().toList().toString();
        }
        return node.isNumber() ? node.numberType() + " " + node : node.toString(); // 5 as an int is not 5 as a long
    }

    /** Whether the numbers of a tree are the same when they are read back. */
    private static boolean isKept(JsonNode tree) {
        boolean isLost = tree.isFloat() || (tree.isDouble() && !Double.isFinite(tree.doubleValue()));
        return !isLost && tree.valueStream().allMatch(Snapshots::isKept);
    }

    private Bytes document(long version, byte[] state) {
        byte[] body = config.compression() ? packed(state) : state;
        ByteWriter writer = new ByteWriter(HEADER + body.length);
        writer.writeByte(config.compression() ? GZIP : PLAIN)
                .writeLong(version)
                .writeInt(checksum(version, Bytes.of(body)))
                .writeBytes(body, 0, body.length);
        return Bytes.of(writer.toArray());
    }

    private static int checksum(long version, Bytes body) {
        CRC32C crc = new CRC32C();
        crc.update(new ByteWriter(8).writeLong(version).toArray(), 0, 8);
        crc.update(body.array(), body.offset(), body.length());
        return (int) crc.getValue();
    }

    private static byte[] packed(byte[] state) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(state);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    /** The newest snapshot of this very fold. Whether there is an event of its version is the caller's to see. */
    <T> Optional<Found<T>> find(AggregateType<T> type, String id) {
        return document(type, id)
                .flatMap(document -> decode(
                        id,
                        document,
                        Long.MAX_VALUE,
                        (version, state) -> new Found<>(version, JSON.readValue(state, type.state()))));
    }

    private Optional<Bytes> document(AggregateType<?> type, String id) {
        if (!isTold(type)) {
            return Optional.empty();
        }
        Bytes document = engine.document(COLLECTION, key(id, fold(type)));
        if (document == null) {
            noteOthers(id);
        }
        return Optional.ofNullable(document);
    }

    /**
     * As {@link #find}, as a tree.
     *
     * @param head version of the aggregate's last event
     */
    Optional<Snapshot> read(AggregateType<?> type, String id, long head) {
        return document(type, id)
                .flatMap(document ->
                        decode(id, document, head, tree(id, fold(type).digits())));
    }

    /** Makes something of a state's JSON and its version. */
    private interface Decoder<S> {
        S decode(long version, byte[] state);
    }

    private static Decoder<Snapshot> tree(String id, String fold) {
        return (version, state) -> new Snapshot(id, version, fold, EXACT.readTree(state));
    }

    private <S> Optional<S> decode(String id, Bytes document, long head, Decoder<S> decoder) {
        try {
            return decoded(id, document, head, decoder);
        } catch (IOException | JacksonException | NumberFormatException e) {
            return ignore(id, String.valueOf(e.getMessage()));
        }
    }

    /** Those of any fold. */
    List<Snapshot> all(String id, long head) {
        String prefix = id + ' ';
        List<Snapshot> all = new ArrayList<>();
        String after = prefix;
        while (true) {
            List<StoreEngine.Document> page = engine.documents(COLLECTION, after, PAGE);
            for (StoreEngine.Document document : page) {
                after = document.key();
                if (!after.startsWith(prefix)) {
                    return all;
                }
                if (after.length() == prefix.length() + Fingerprint.LENGTH) {
                    decode(id, document.value(), head, tree(id, after.substring(prefix.length())))
                            .ifPresent(all::add);
                }
            }
            if (page.size() < PAGE) {
                return all;
            }
        }
    }

    private <S> Optional<S> decoded(String id, Bytes document, long head, Decoder<S> decoder) throws IOException {
        if (document.length() < HEADER || (document.at(0) != PLAIN && document.at(0) != GZIP)) {
            return ignore(id, "it has another form");
        }
        long version = document.buffer().getLong(1);
        Bytes body = new Bytes(document.array(), document.offset() + HEADER, document.length() - HEADER);
        if (checksum(version, body) != document.buffer().getInt(9)) {
            return ignore(id, "its checksum is not that of its bytes");
        }
        if (version < 1 || version > head) {
            return ignore(id, "it is of version " + version + ", the last event of version " + head);
        }
        byte[] state = document.at(0) == GZIP ? unpacked(body) : body.toArray();
        return Optional.of(decoder.decode(version, state));
    }

    private static byte[] unpacked(Bytes body) throws IOException {
        try (GZIPInputStream gzip =
                new GZIPInputStream(new ByteArrayInputStream(body.array(), body.offset(), body.length()))) {
            return gzip.readAllBytes();
        }
    }

    /** Counts a snapshot that another fold has made. */
    private void noteOthers(String id) {
        String prefix = id + ' ';
        List<StoreEngine.Document> next = engine.documents(COLLECTION, prefix, 1);
        if (!next.isEmpty()
                && next.get(0).key().startsWith(prefix)
                && next.get(0).key().length() == prefix.length() + Fingerprint.LENGTH) {
            ignore(id, "another fold has made it");
        }
    }

    /** Counts a snapshot that is of no use. */
    <T> Optional<T> ignore(String id, String why) {
        ignored.incrementAndGet();
        LOG.info("The snapshot of aggregate {} is ignored: {}", id, why);
        return Optional.empty();
    }
}
