package io.clusterdb.events.config;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.Schemas;
import io.clusterdb.events.SnapshotConfig;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreBackendProvider;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The section {@code store} of a file. */
final class StoreSection {
    private static final String ROCKSDB = "rocksdb";
    private static final String MEMORY = "memory";
    private static final String ANY_NAME = "store";

    /** Types that are known whether they are on the class path or not, and the modules that bring them. */
    static final Map<String, String> KNOWN =
            new TreeMap<>(Map.of(MEMORY, "events-core", "postgresql", "events-postgres", ROCKSDB, "events-rocksdb"));

    private final Section store;
    private final @Nullable EventBroker broker;
    private final Map<String, StoreBackendProvider> places = Engines.stores();

    /** @param broker null = the file has none */
    StoreSection(Section store, @Nullable EventBroker broker) {
        this.store = store;
        this.broker = broker;
    }

    /** The store; any at all when there are faults. */
    EventStore read() {
        String name = store.required("name", "the store's name");
        String valid = store.make(() -> checked(name)).orElse(ANY_NAME);
        Section persistence = store.section("persistence");
        StoreBackend place = place(persistence.section("store"));
        Map<String, Schema> schemas = schemas(persistence);
        return new EventStore(valid, place, schemas, snapshots(store.section("snapshots")), List.of(), forward());
    }

    private @Nullable String forward() {
        String topic = store.text("forward", "");
        if (topic.isEmpty()) {
            return null;
        }
        if (broker == null) {
            store.fault("forward", "found " + topic + ", but there is no broker that could have the topic");
        }
        return store.make(() -> checked(topic)).orElse(ANY_NAME);
    }

    private static String checked(String name) {
        if (name.isEmpty()) {
            return ANY_NAME;
        }
        Topic.checkName(name);
        return name;
    }

    private static SnapshotConfig snapshots(Section section) {
        SnapshotConfig usual = SnapshotConfig.DEFAULTS;
        return new SnapshotConfig(
                section.flag("enabled", usual.enabled()),
                section.integer("interval", usual.interval(), 1, Integer.MAX_VALUE),
                section.flag("compression", usual.compression()));
    }

    // --- where it is

    /** Null = with the broker. */
    private @Nullable StoreBackend place(Section place) {
        if (!place.isPresent()) {
            if (broker == null) {
                store.fault(
                        "persistence.store",
                        "missing, allowed is a store such as {type: rocksdb, path: /data/events}; "
                                + "there is no broker whose folder it could be in");
            }
            return null;
        }
        Set<String> words = new TreeSet<>(KNOWN.keySet());
        words.addAll(places.keySet());
        String type = place.word("type", ROCKSDB, words);
        if (type.equals(MEMORY) && isBrokers(type)) {
            return null;
        }
        if (type.equals(ROCKSDB) && !place.has("path") && isBrokers(type)) {
            if (place.has("options")) {
                place.fault("options", "found with no path; without one the store is in the broker's folder, as it is");
            }
            return null;
        }
        return made(type, place);
    }

    private boolean isBrokers(String type) {
        Backend backend = backend();
        return broker != null && (backend == null ? MEMORY : backend.type()).equals(type);
    }

    private @Nullable Backend backend() {
        return broker == null ? null : broker.persistence().place().orElse(null);
    }

    private @Nullable StoreBackend made(String type, Section place) {
        StoreBackendProvider provider = places.get(type);
        if (provider != null) {
            return place.make(() -> provider.read(place))
                    .map(own -> apart(own, place))
                    .orElse(null);
        }
        place.leaveOpen();
        place.fault(
                "type",
                type + " is not on the class path, allowed is " + String.join(" | ", places.keySet())
                        + "; or add the module " + KNOWN.get(type));
        return null;
    }

    /** A folder is opened once, so one that is the broker's as well is opened by the broker, as its settings say. */
    private @Nullable StoreBackend apart(StoreBackend own, Section place) {
        Backend backend = backend();
        if (own.equals(backend)
                || backend == null
                || folder(own).isEmpty()
                || !folder(own).equals(folder(backend))) {
            return own;
        }
        if (place.has("options")) {
            place.fault("options", "found others than the broker's, whose folder it is; leave them out");
        }
        return null;
    }

    private static Optional<Path> folder(Object place) {
        return place instanceof Backend backend
                ? backend.folder().map(path -> path.toAbsolutePath().normalize())
                : Optional.empty();
    }

    // --- what its events must look like

    private static Map<String, Schema> schemas(Section persistence) {
        Map<String, Schema> all = new TreeMap<>();
        Section any = persistence.section("schema");
        if (any.isPresent()) {
            any.make(() -> schema(any)).ifPresent(schema -> all.put(Schemas.ANY_TYPE, schema));
        }
        Section byType = persistence.section("schemas");
        for (Map.Entry<String, Section> each : byType.byName().entrySet()) {
            Section section = each.getValue();
            section.make(() -> schema(section)).ifPresent(schema -> all.put(each.getKey(), schema));
        }
        return all;
    }

    private static Schema schema(Section section) {
        section.word("type", Schema.JSON_SCHEMA, Set.of(Schema.JSON_SCHEMA));
        if (section.has("definition")) {
            if (section.has("path")) {
                section.fault("path", "found beside a definition, allowed is one of them");
            }
            return Schema.jsonSchema(section.text("definition", "true"), SchemaCompatibility.BACKWARD);
        }
        Path file = section.file("path");
        return file == null
                ? Schema.jsonSchema("true", SchemaCompatibility.BACKWARD)
                : Schema.jsonSchema(file, SchemaCompatibility.BACKWARD);
    }
}
