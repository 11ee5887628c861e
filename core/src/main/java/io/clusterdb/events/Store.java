package io.clusterdb.events;

import java.util.Collection;
import java.util.List;

/**
 * An event store: the events of aggregates, each with its own versions and all of them in one order. Thread-safe. Methods
 * wait for what they do.
 */
public interface Store {
    String name();

    /** What it was opened with. */
    EventStore configuration();

    /** Stores one event; as {@link #storeEvents(Append)}. */
    default AppendToken storeEvent(DomainEvent event) {
        return storeEvents(Append.of(event));
    }

    /** Stores several events, all or none; as {@link #storeEvents(Append)}. */
    default AppendToken storeEvents(Collection<DomainEvent> events) {
        return storeEvents(Append.of(events));
    }

    /**
     * Stores events, all or none. They are durable when it returns. Doing it again, with the same ids and content, stores
     * nothing and gives the same answer.
     *
     * @throws ConflictException when an aggregate is not as expected or of another type, or an id is another event's
     * @throws RejectedException when the data of an event do not fit the store's schema, or are too large; when an inline
     *     projection fails at an event; or when the store has an inline projection that this program does not run
     * @throws UnavailableException when nothing could be stored
     * @throws OutcomeUnknownException when it may be stored or not: repeating it is safe, and tells
     */
    AppendToken storeEvents(Append append);

    /**
     * Folds the events of an aggregate, from its newest snapshot on if there is one.
     *
     * @throws NotFoundException when it has no event
     * @throws ConflictException when it is of another type
     * @throws RejectedException when a function of the type fails, naming the event
     */
    <T> Aggregate<T> loadAggregate(AggregateType<T> type, String id);

    /** All events of an aggregate; none when it has none. */
    List<DomainEvent> getEvents(String aggregateId);

    /** The events of an aggregate, to be read piece by piece. */
    EventStream getEventStream(String aggregateId);

    /**
     * Aggregates that have events, ascending by their ids (in UTF-8).
     *
     * @param after the id behind which to begin; empty = from the first
     * @param limit of aggregates; fewer only at the end
     */
    List<StreamStatus> streams(String after, int limit);

    /** All snapshots of an aggregate that can be read, of whatever fold. */
    List<Snapshot> snapshots(String aggregateId);

    /** All versions of all schemas that the store keeps, by the type of events and in their order. */
    List<StoreSchema> schemas();

    /**
     * Keeps the state of an aggregate as it was loaded. Durable when it returns.
     *
     * @throws RejectedException when its fold can't be told from others and declares no version, or JSON does not hold all
     *     fields of the state
     */
    void createSnapshot(Aggregate<?> aggregate);

    /** Reads the events of all aggregates in their order. */
    AllEvents all();

    /** What is made of the events. */
    Projections projections();

    /**
     * How far its events are that come to topics of the broker: to that of {@link EventStore#forwardTo}, and to the topic
     * {@code store:<name>} where groups have a store that is kept elsewhere.
     */
    List<ForwardStatus> forwards();

    /** Snapshots that were found and not used, since the store was opened: of another fold, or unreadable. */
    long ignoredSnapshots();
}
