package io.clusterdb.events;

import java.util.List;

/** The event stores of an {@link Events}, and the verbs of the one there is. */
public interface Stores {
    /**
     * The store.
     *
     * @throws RejectedException when there is none, or more than one
     */
    Store store();

    /** @throws NotFoundException when no store has that name */
    Store store(String name);

    /** All of them, by name. */
    List<Store> stores();

    /** As {@link Store#forwards}, of all stores. */
    default List<ForwardStatus> forwards() {
        return stores().stream().flatMap(store -> store.forwards().stream()).toList();
    }

    /** As {@link Store#storeEvent}, in the only store; so with the others. */
    default AppendToken storeEvent(DomainEvent event) {
        return store().storeEvent(event);
    }

    default AppendToken storeEvents(List<DomainEvent> events) {
        return store().storeEvents(events);
    }

    default AppendToken storeEvents(Append append) {
        return store().storeEvents(append);
    }

    default <T> Aggregate<T> loadAggregate(AggregateType<T> type, String id) {
        return store().loadAggregate(type, id);
    }

    default List<DomainEvent> getEvents(String aggregateId) {
        return store().getEvents(aggregateId);
    }

    default EventStream getEventStream(String aggregateId) {
        return store().getEventStream(aggregateId);
    }

    default void createSnapshot(Aggregate<?> aggregate) {
        store().createSnapshot(aggregate);
    }
}
