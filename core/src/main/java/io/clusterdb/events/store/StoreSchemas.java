package io.clusterdb.events.store;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import io.clusterdb.events.Schemas;
import io.clusterdb.events.StoreSchema;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaFormats;
import io.clusterdb.events.spi.SchemaHistory;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.Document;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The schemas of a store as documents of its engine, each version under the type of its events. What is declared when the
 * store is opened is compared with what is kept:
 *
 * <pre>
 *   nothing kept for the type      → it is version 1
 *   the definition of a version    → nothing; the newest version stays in force
 *   it may follow the newest one   → it is the next version
 *   it may not                     → the store is not opened
 * </pre>
 *
 * <p>A version is written where there is none of its number, so of two processes that open at once one looks again. None
 * is ever removed.
 */
final class StoreSchemas {
    private static final Logger LOG = LoggerFactory.getLogger(StoreSchemas.class);
    private static final String COLLECTION = "schemas";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final EventStore store;
    private final Environment environment;
    private final SchemaFormats formats = new SchemaFormats();
    private final Map<String, ParsedSchema> declared = new TreeMap<>();

    /** A version. It is parsed when it is first used: a store can be read without the formats of its schemas. */
    static final class Known implements SchemaHistory.Version {
        private final StoreSchema kept;
        private final SchemaFormats formats;
        private final String what;
        private volatile @Nullable ParsedSchema parsed;

        private Known(StoreSchema kept, SchemaFormats formats, String store) {
            this.kept = kept;
            this.formats = formats;
            this.what = what(store, kept.type());
        }

        @Override
        public int version() {
            return kept.version();
        }

        @Override
        public Schema schema() {
            return kept.schema();
        }

        @Override
        public ParsedSchema parsed() {
            ParsedSchema known = parsed;
            if (known == null) {
                known = formats.parse(kept.schema(), what);
                parsed = known;
            }
            return known;
        }
    }

    /** @throws RejectedException when a definition that is declared is none, or its data are not JSON */
    StoreSchemas(EventStore store, Environment environment) {
        this.store = store;
        this.environment = environment;
        store.schemas().forEach((type, schema) -> declared.put(type, parsed(type, schema)));
    }

    private ParsedSchema parsed(String type, Schema schema) {
        String what = what(store.name(), type);
        ParsedSchema parsed = formats.parse(schema, what);
        if (parsed.needsId() || !DataCodec.isJson(parsed.contentType())) {
            throw RejectedException.badSchema(
                    what, "its format is " + schema.format() + ", an event store keeps JSON", null);
        }
        return parsed;
    }

    private static String what(String store, String type) {
        return "event store " + store + (type.equals(Schemas.ANY_TYPE) ? "" : ", events of type " + type);
    }

    /** All versions, by type and in their order. */
    static List<StoreSchema> list(StoreEngine engine) {
        List<StoreSchema> all = new ArrayList<>();
        String after = "";
        List<Document> page = engine.documents(COLLECTION, after, OpenStore.PAGE);
        while (!page.isEmpty()) {
            page.forEach(document -> all.add(read(document)));
            after = page.getLast().key();
            page = engine.documents(COLLECTION, after, OpenStore.PAGE);
        }
        return all;
    }

    private static StoreSchema read(Document document) {
        Bytes value = document.value();
        try {
            return JSON.readValue(value.array(), value.offset(), value.length(), StoreSchema.class);
        } catch (JacksonException e) {
            throw CorruptionException.found("the schema " + document.key(), e.getOriginalMessage(), e);
        }
    }

    /**
     * Keeps what is declared.
     *
     * @return all versions in their order, by the type of events; the last ones are in force
     * @throws RejectedException when a schema may not follow the one that is kept; nothing is changed then
     */
    Map<String, List<Known>> declare(StoreEngine engine) {
        while (true) {
            Map<String, List<Known>> kept = new TreeMap<>();
            list(engine).forEach(schema -> add(kept, schema));
            List<StoreSchema> next = next(kept);
            try {
                if (!next.isEmpty()) {
                    engine.write(next.stream().map(StoreSchemas::change).toList());
                }
                next.forEach(schema -> add(kept, schema));
                return kept;
            } catch (ConflictException e) {
                LOG.debug("Another process has declared schemas of event store {}", store.name(), e);
            }
        }
    }

    private void add(Map<String, List<Known>> kept, StoreSchema schema) {
        kept.computeIfAbsent(schema.type(), type -> new ArrayList<>()).add(new Known(schema, formats, store.name()));
    }

    /** The versions that are to be kept besides. */
    private List<StoreSchema> next(Map<String, List<Known>> kept) {
        List<StoreSchema> next = new ArrayList<>();
        declared.forEach((type, parsed) -> {
            Schema schema = Objects.requireNonNull(store.schemas().get(type));
            SchemaHistory<Known> history = new SchemaHistory<>(kept.getOrDefault(type, List.of()));
            if (history.find(schema, parsed).isEmpty()) {
                history.incompatible(parsed).stream().findFirst().ifPresent(why -> {
                    throw RejectedException.incompatibleStoreSchema(what(store.name(), type), why);
                });
                next.add(new StoreSchema(type, history.next(), schema, environment.instant()));
            }
        });
        return next;
    }

    private static DocumentChange change(StoreSchema schema) {
        String key = schema.type() + " %010d".formatted(schema.version());
        return DocumentChange.replace(COLLECTION, key, null, Bytes.of(JSON.writeValueAsBytes(schema)));
    }
}
