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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Data by the schemas that are in force in a store. Thread-safe. */
final class StoreCodec implements DataCodec {
    private static final Logger LOG = LoggerFactory.getLogger(StoreCodec.class);

    private final Upcasters upcasters;

    /** All versions by the type of events; the last ones are in force. */
    private volatile Map<String, List<StoreSchemas.Known>> schemas = Map.of();

    StoreCodec(Upcasters upcasters) {
        this.upcasters = upcasters;
    }

    /** Checks by these from now on. */
    void use(Map<String, List<StoreSchemas.Known>> kept) {
        schemas = kept;
    }

    /**
     * A condition over the events of a store. What any version of its schemas has may be asked for; where there is no
     * format for one, anything.
     *
     * @throws RejectedException when it is none, or asks for what no schema has
     */
    Expression condition(String store, String text) {
        return data().map(data -> Expression.stored(text, data, "schemas of event store " + store))
                .orElseGet(() -> Expression.stored(text));
    }

    /**
     * What any version of the schemas has; empty where there is none, or no format for one, or upcasters lift data to a form
     * that no schema says.
     */
    Optional<DataType> data() {
        Map<String, List<StoreSchemas.Known>> kept = schemas;
        if (kept.keySet().stream().anyMatch(upcasters::lift)) {
            return Optional.empty();
        }
        try {
            return kept.values().stream()
                    .flatMap(List::stream)
                    .map(version -> version.parsed().type())
                    .reduce(DataType::or);
        } catch (RejectedException e) {
            LOG.debug("Conditions are not checked by the schemas of the store", e);
            return Optional.empty();
        }
    }

    @Override
    public @Nullable EncodedData encode(String store, String type, Object data, @Nullable String contentType) {
        Map<String, List<StoreSchemas.Known>> kept = schemas;
        if (kept.isEmpty()) {
            return null;
        }
        List<StoreSchemas.Known> versions = kept.getOrDefault(type, kept.get(Schemas.ANY_TYPE));
        if (versions == null) {
            throw RejectedException.noStoreSchema(store, type, kept.keySet());
        }
        StoreSchemas.Known schema = versions.getLast();
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
