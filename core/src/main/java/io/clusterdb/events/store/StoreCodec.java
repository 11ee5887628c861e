package io.clusterdb.events.store;

import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schemas;
import io.clusterdb.events.Upcasters;
import io.clusterdb.events.filter.Expression;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.EncodedData;
import io.clusterdb.events.spi.ParsedSchema.DataType;
import io.clusterdb.events.spi.SchemaException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Data by the schemas that are in force in a store. Thread-safe. */
final class StoreCodec implements DataCodec {
    private final Upcasters upcasters;

    /** By the type of events. */
    private volatile Map<String, StoreSchemas.Known> schemas = Map.of();

    StoreCodec(Upcasters upcasters) {
        this.upcasters = upcasters;
    }

    /** Checks by these from now on. */
    void use(Map<String, StoreSchemas.Known> inForce) {
        schemas = inForce;
    }

    /**
     * A condition over the events of a store. What any of its schemas has may be asked for.
     *
     * @throws RejectedException when it is none, asks for what no schema has, or there is no format for a schema
     */
    Expression condition(String store, String text) {
        return schemas.values().stream()
                .map(schema -> schema.parsed().type())
                .reduce(DataType::or)
                .map(data -> Expression.stored(text, data, "schemas of event store " + store))
                .orElseGet(() -> Expression.stored(text));
    }

    @Override
    public @Nullable EncodedData encode(String store, String type, Object data, @Nullable String contentType) {
        Map<String, StoreSchemas.Known> inForce = schemas;
        if (inForce.isEmpty()) {
            return null;
        }
        StoreSchemas.Known schema = inForce.getOrDefault(type, inForce.get(Schemas.ANY_TYPE));
        if (schema == null) {
            throw RejectedException.noStoreSchema(store, type, inForce.keySet());
        }
        try {
            return new EncodedData(schema.parsed().encode(data), schema.parsed().contentType(), 0);
        } catch (SchemaException e) {
            throw RejectedException.schemaViolation(
                    "an event of type " + type,
                    "version " + schema.version() + " of the schema of event store " + store,
                    e);
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
