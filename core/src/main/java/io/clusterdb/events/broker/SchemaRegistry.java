package io.clusterdb.events.broker;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RegisteredSchema;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.Schemas;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaFormats;
import io.clusterdb.events.spi.SchemaHistory;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The schemas of topics, kept in a compacted topic. Thread-safe.
 *
 * <p>An id is given by compare-and-set on the log: whoever registers writes a record that claims the id after the
 * highest one known, then reads the log up to it. Of several claims to an id the first in the log is true, for every
 * reader alike; whose claim was not withdraws it and tries the next id. Nothing is ever deleted, because data that was
 * copied elsewhere, to dead letters for one, still needs its schema: deleting a topic only ends its line of versions.
 */
final class SchemaRegistry implements Schemas {
    private static final long REFRESH_NANOS = Duration.ofSeconds(5).toNanos();
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final TopicPartition HOME = new TopicPartition(InternalTopics.SCHEMAS.name(), 0);

    private final LogEngine engine;
    private final Environment environment;
    private final Scan scan;
    private final LogWriter writer;
    private final SchemaFormats formats = new SchemaFormats();
    private final TreeMap<Integer, Claim> claims = new TreeMap<>();
    private final Map<String, Integer> ended = new HashMap<>();
    private final Map<Integer, Known> byId = new ConcurrentHashMap<>();
    private Map<Line, List<Known>> lines = Map.of();

    /** Of each topic the latest versions by type: what publish looks at. */
    private volatile Map<String, Map<String, Known>> current = Map.of();

    private volatile long refreshedNanos;
    private long read;

    /** What has versions: the data of a topic's events of one type. */
    private record Line(String topic, String type) {
        @Override
        public String toString() {
            return "topic " + topic + (type.equals(ANY_TYPE) ? "" : ", events of type " + type);
        }
    }

    /** A registered schema. It is parsed when it is first used: a folder can be opened without the formats of its schemas. */
    final class Known implements SchemaHistory.Version {
        private final RegisteredSchema registered;
        private volatile @Nullable ParsedSchema parsed;

        private Known(RegisteredSchema registered) {
            this.registered = registered;
        }

        RegisteredSchema registered() {
            return registered;
        }

        @Override
        public int version() {
            return registered.version();
        }

        @Override
        public Schema schema() {
            return registered.schema();
        }

        @Override
        public ParsedSchema parsed() {
            ParsedSchema known = parsed;
            if (known == null) {
                known = formats.parse(registered.schema(), registered.toString());
                parsed = known;
            }
            return known;
        }
    }

    /** The record that has an id. */
    private record Claim(String key, RegisteredSchema schema) {}

    /**
     * The form of a record.
     *
     * @param id the highest that is claimed, when the record ends a topic's lines
     * @param type null = the record ends the lines of a topic
     */
    private record Stored(
            int id,
            String topic,
            @Nullable String type,
            int version,
            @Nullable Schema schema,
            @Nullable Instant registered) {}

    SchemaRegistry(LogEngine engine, Environment environment, Scan scan) {
        this.engine = engine;
        this.environment = environment;
        this.scan = scan;
        this.writer = engine.writer(Producer.defaults());
        refresh();
    }

    /** @throws RejectedException when the definition is none */
    ParsedSchema parse(String topic, String type, Schema schema) {
        return formats.parse(schema, new Line(topic, type).toString());
    }

    // --- registering

    @Override
    public synchronized Registration register(String topic, String type, Schema schema) {
        requireTopic(topic);
        Line line = new Line(topic, type);
        ParsedSchema parsed = formats.parse(schema, line.toString());
        while (true) {
            refresh();
            SchemaHistory<Known> history = history(line);
            Optional<Known> there = history.find(schema, parsed);
            if (there.isPresent()) {
                Outcome outcome = history.isLatest(there.get()) ? Outcome.ALREADY_LATEST : Outcome.ALREADY_OLD;
                return new Registration(outcome, there.get().registered());
            }
            requireCompatible(line, history, parsed);
            int id = (claims.isEmpty() ? 0 : claims.lastKey()) + 1;
            if (claim(new RegisteredSchema(id, topic, type, history.next(), schema, environment.instant()))) {
                return new Registration(Outcome.CREATED, get(id));
            }
        }
    }

    /**
     * Refuses schemas that could not be registered, before anything else is done.
     *
     * @param byType of a topic, be it there or not
     */
    synchronized void require(String topic, Map<String, Schema> byType) {
        refresh();
        byType.forEach((type, schema) -> {
            Line line = new Line(topic, type);
            ParsedSchema parsed = formats.parse(schema, line.toString());
            SchemaHistory<Known> history = history(line);
            if (history.find(schema, parsed).isEmpty()) {
                requireCompatible(line, history, parsed);
            }
        });
    }

    private void requireTopic(String topic) {
        InternalTopics.checkUserName(topic);
        if (engine.topic(topic).isEmpty()) {
            throw NotFoundException.topic(topic, List.of());
        }
    }

    private SchemaHistory<Known> history(Line line) {
        return new SchemaHistory<>(lines.getOrDefault(line, List.of()));
    }

    private static void requireCompatible(Line line, SchemaHistory<Known> history, ParsedSchema parsed) {
        history.incompatible(parsed).stream().findFirst().ifPresent(why -> {
            throw ConflictException.incompatibleSchema(line.toString(), why.mode(), why.version(), why.differences());
        });
    }

    /** Whether the id is this schema's now. */
    private boolean claim(RegisteredSchema schema) {
        String key = schema.id() + "/" + Long.toHexString(environment.random().nextLong());
        Stored stored = new Stored(
                schema.id(), schema.topic(), schema.type(), schema.version(), schema.schema(), schema.registered());
        write(key, Bytes.of(JSON.writeValueAsBytes(stored)));
        Claim claim = claims.get(schema.id());
        boolean won = claim != null && claim.key().equals(key);
        if (!won) {
            write(key, null);
        }
        return won;
    }

    /** Ends the lines of a topic that is deleted: one of the same name begins anew. */
    synchronized void end(String topic) {
        refresh();
        if (current.containsKey(topic)) {
            endAt(claims.lastKey(), topic);
        }
    }

    /**
     * Ends the lines of a topic that is not there any more: who deleted it went down before it could, or knows of no
     * schemas. Lines come after their topic, so those that were known before the topic is looked for are of an earlier one.
     */
    synchronized void endIfGone(String topic) {
        refresh();
        if (current.containsKey(topic) && engine.topic(topic).isEmpty()) {
            endAt(claims.lastKey(), topic);
        }
    }

    private void endAt(int id, String topic) {
        Stored end = new Stored(id, topic, null, 0, null, null);
        write("ended/" + topic, Bytes.of(JSON.writeValueAsBytes(end)));
    }

    // --- asking

    @Override
    public synchronized List<String> check(String topic, String type, Schema schema) {
        Line line = new Line(topic, type);
        ParsedSchema parsed = formats.parse(schema, line.toString());
        refresh();
        List<String> differences = new ArrayList<>();
        history(line)
                .incompatible(parsed)
                .forEach(why -> why.differences().forEach(d -> differences.add("version " + why.version() + ": " + d)));
        return differences;
    }

    @Override
    public synchronized Difference diff(String topic, String type, int earlier, int later) {
        refresh();
        Line line = new Line(topic, type);
        Known before = version(line, earlier);
        Known after = version(line, later);
        return new Difference(
                before.registered(),
                after.registered(),
                SchemaHistory.differences(SchemaCompatibility.BACKWARD, before, after.parsed()),
                SchemaHistory.differences(SchemaCompatibility.FORWARD, before, after.parsed()));
    }

    private Known version(Line line, int number) {
        List<Known> versions = lines.getOrDefault(line, List.of());
        return versions.stream()
                .filter(known -> known.registered().version() == number)
                .findFirst()
                .orElseThrow(() -> NotFoundException.schemaVersion(line.toString(), number, versions.size()));
    }

    @Override
    public synchronized List<RegisteredSchema> list() {
        refresh();
        return lines.values().stream()
                .map(versions -> versions.getLast().registered())
                .sorted(Comparator.comparing(RegisteredSchema::topic).thenComparing(RegisteredSchema::type))
                .toList();
    }

    @Override
    public synchronized List<RegisteredSchema> versions(String topic, String type) {
        refresh();
        return lines.getOrDefault(new Line(topic, type), List.of()).stream()
                .map(Known::registered)
                .toList();
    }

    @Override
    public RegisteredSchema get(int id) {
        return known(id).orElseThrow(() -> NotFoundException.schema(id)).registered();
    }

    @Override
    public Optional<RegisteredSchema> latest(String topic, String type) {
        refreshNowAndThen();
        return Optional.ofNullable(current(topic, type)).map(Known::registered);
    }

    /** The schema of an id, be its topic deleted or not. */
    Optional<Known> known(int id) {
        Known known = byId.get(id);
        if (known == null) {
            synchronized (this) {
                refresh();
            }
            known = byId.get(id);
        }
        return Optional.ofNullable(known);
    }

    /** Whether events of the topic are checked. Costs next to nothing. */
    boolean covers(String topic) {
        refreshNowAndThen();
        return current.containsKey(topic);
    }

    /** The latest of a type, or else the one for any type; null when there is neither. */
    @Nullable
    Known current(String topic, String type) {
        Map<String, Known> byType = current(topic);
        Known own = byType.get(type);
        return own == null ? byType.get(ANY_TYPE) : own;
    }

    /** The latest schemas of a topic, by the type of events they are for. */
    Map<String, Known> current(String topic) {
        return current.getOrDefault(topic, Map.of());
    }

    /** As {@link #current(String)}, after a look at what others have registered. */
    synchronized Map<String, Known> fresh(String topic) {
        refresh();
        return current(topic);
    }

    // --- the log

    private void write(String key, @Nullable Bytes value) {
        environment.await(
                writer.append(new NewRecord(HOME.topic(), HOME.partition(), Bytes.utf8(key), value, Headers.NONE)));
        refresh();
    }

    /** What other processes register is known here some seconds later. */
    private void refreshNowAndThen() {
        if (environment.nanos() - refreshedNanos > REFRESH_NANOS) {
            synchronized (this) {
                refresh();
            }
        }
    }

    private void refresh() {
        long before = read;
        read = scan.read(HOME, read, record -> {
            apply(record);
            return true;
        });
        if (read != before) {
            arrange();
        }
        refreshedNanos = environment.nanos();
    }

    private void apply(LogRecord record) {
        Bytes key = record.key();
        Bytes value = record.value();
        if (key == null || value == null) {
            return;
        }
        try {
            Stored stored = JSON.readValue(value.toArray(), Stored.class);
            if (stored.type() == null || stored.schema() == null || stored.registered() == null) {
                ended.put(stored.topic(), stored.id());
            } else {
                claims.putIfAbsent(
                        stored.id(),
                        new Claim(
                                key.utf8(),
                                new RegisteredSchema(
                                        stored.id(),
                                        stored.topic(),
                                        stored.type(),
                                        stored.version(),
                                        stored.schema(),
                                        stored.registered())));
            }
        } catch (JacksonException e) {
            throw CorruptionException.found("schema record " + record.place(), e.getOriginalMessage(), e);
        }
    }

    private void arrange() {
        Map<Line, List<Known>> arranged = new HashMap<>();
        for (Claim claim : claims.values()) {
            RegisteredSchema schema = claim.schema();
            Known known = byId.computeIfAbsent(schema.id(), id -> new Known(schema));
            if (schema.id() > ended.getOrDefault(schema.topic(), 0)) {
                arranged.computeIfAbsent(new Line(schema.topic(), schema.type()), line -> new ArrayList<>())
                        .add(known);
            }
        }
        Map<String, Map<String, Known>> latest = new HashMap<>();
        arranged.forEach((line, versions) ->
                latest.computeIfAbsent(line.topic(), topic -> new TreeMap<>()).put(line.type(), versions.getLast()));
        lines = arranged;
        current = latest;
    }

    void close() {
        writer.close();
    }
}
