package io.clusterdb.events;

import io.clusterdb.events.spi.StoreBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of an event store. A value; {@link Events#open} makes it real.
 *
 * @param place where it keeps its events; null = in the broker's own folder, in one commit with its topics
 * @param schemas what the data of its events must look like, by event type, {@link Schemas#ANY_TYPE} standing for types
 *     that are not named. The store keeps them: those that are kept and not given here are in force as well, and one that
 *     has changed must be compatible. Empty = what is kept, or anything
 * @param types whose snapshots are taken from the first event on; others from the first time they are loaded
 * @param forward the topic of the broker that every event comes to; null = none
 */
public record EventStore(
        String name,
        @Nullable StoreBackend place,
        Map<String, Schema> schemas,
        SnapshotConfig snapshots,
        List<AggregateType<?>> types,
        @Nullable String forward)
        implements Component {
    public EventStore {
        Topic.checkName(name);
        if (forward != null) {
            Topic.checkName(forward);
        }
        schemas = Map.copyOf(schemas);
        types = List.copyOf(types);
    }

    /** A store in the broker's own folder. */
    public static EventStore named(String name) {
        return new EventStore(name, null, Map.of(), SnapshotConfig.DEFAULTS, List.of(), null);
    }

    /** Keeps its events there. */
    public EventStore store(StoreBackend backend) {
        return new EventStore(name, backend, schemas, snapshots, types, forward);
    }

    /** Every event's data must fit this schema, except that of types with a schema of their own. */
    public EventStore schema(Schema schema) {
        return schema(Schemas.ANY_TYPE, schema);
    }

    /** The data of events of a type must fit this schema. */
    public EventStore schema(String eventType, Schema schema) {
        Map<String, Schema> all = new TreeMap<>(schemas);
        all.put(eventType, schema);
        return new EventStore(name, place, all, snapshots, types, forward);
    }

    public EventStore snapshots(SnapshotConfig config) {
        return new EventStore(name, place, schemas, config, types, forward);
    }

    /** More types whose snapshots are taken from the first event on. */
    public EventStore aggregates(AggregateType<?>... more) {
        List<AggregateType<?>> all = new ArrayList<>(types);
        all.addAll(List.of(more));
        return new EventStore(name, place, schemas, snapshots, all, forward);
    }

    /**
     * Has every event come to a topic of the broker: exactly once, in the order of the store, with the aggregate's id as
     * key. The topic is one of yours, whose partitions, schemas and routes hold as they do for what is published; until it
     * exists, events wait. An event that it refuses is tried again, and those behind it wait. See {@link Store#forwards}
     * and {@link DomainEvent#of(Event)}.
     */
    public EventStore forwardTo(String topic) {
        return new EventStore(name, place, schemas, snapshots, types, topic);
    }
}
