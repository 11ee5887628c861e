package io.clusterdb.events;

import java.util.Iterator;
import java.util.Set;

/**
 * The events of all aggregates of a store in the order of their {@link DomainEvent#position}, read piece by piece while
 * they are walked through. Each walk reads anew, and ends behind what has a position by then; going on later from there
 * skips nothing. A value over a store, thread-safe; its iterators are not.
 */
public interface AllEvents extends Iterable<DomainEvent> {
    /** Begins behind a position; 0 = with the first event. */
    AllEvents after(long position);

    /** Only events of these types of aggregates. */
    AllEvents aggregateTypes(Set<String> types);

    /** Only events of these types. */
    AllEvents eventTypes(Set<String> types);

    /**
     * Only events for which an expression in CEL is true. Names: {@code id type source subject time key data metadata
     * aggregateId aggregateType version position}; a field that is missing makes it untrue. Where the store has schemas it
     * is checked against all their versions; {@code dyn(data).field} asks for what only events before them have.
     *
     * @throws RejectedException when it is no condition over events, or asks for a field that no schema has
     */
    AllEvents where(String expression);

    /** The position of the last event that there is. */
    long lastPosition();

    @Override
    Iterator<DomainEvent> iterator();
}
