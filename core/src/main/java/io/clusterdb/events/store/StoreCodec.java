package io.clusterdb.events.store;

import io.clusterdb.events.EventStore;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import io.clusterdb.events.Schemas;
import io.clusterdb.events.Upcasters;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.EncodedData;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaException;
import io.clusterdb.events.spi.SchemaFormats;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Data by the schemas that a store is configured with. */
final class StoreCodec implements DataCodec {
    private final Map<String, ParsedSchema> schemas = new TreeMap<>();
    private final Upcasters upcasters;

    /** @throws RejectedException when a definition is none, or its data are not JSON */
    StoreCodec(EventStore store, Upcasters upcasters) {
        this.upcasters = upcasters;
        SchemaFormats formats = new SchemaFormats();
        store.schemas().forEach((type, schema) -> schemas.put(type, parsed(formats, store.name(), type, schema)));
    }

    private static ParsedSchema parsed(SchemaFormats formats, String store, String type, Schema schema) {
        String what = "event store " + store + (type.equals(Schemas.ANY_TYPE) ? "" : ", events of type " + type);
        ParsedSchema parsed = formats.parse(schema, what);
        if (parsed.needsId() || !DataCodec.isJson(parsed.contentType())) {
            throw RejectedException.badSchema(
                    what, "its format is " + schema.format() + ", an event store keeps JSON", null);
        }
        return parsed;
    }

    @Override
    public @Nullable EncodedData encode(String store, String type, Object data, @Nullable String contentType) {
        if (schemas.isEmpty()) {
            return null;
        }
        ParsedSchema schema = schemas.getOrDefault(type, schemas.get(Schemas.ANY_TYPE));
        if (schema == null) {
            throw RejectedException.noStoreSchema(store, type, schemas.keySet());
        }
        try {
            return new EncodedData(schema.encode(data), schema.contentType(), 0);
        } catch (SchemaException e) {
            throw RejectedException.schemaViolation(
                    "an event of type " + type, "the schema of event store " + store, e);
        }
    }

    @Override
    public boolean reads(@Nullable String contentType) {
        return false;
    }

    @Override
    public <T> T read(Bytes data, Class<T> type) {
        throw new SchemaException("", "JSON", "other data");
    }

    @Override
    public Upcasters upcasters() {
        return upcasters;
    }
}
