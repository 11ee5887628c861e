package io.clusterdb.events;

import java.util.Iterator;
import java.util.Optional;

/**
 * The events of an aggregate, from its first one on, read piece by piece while they are walked through. It is a view:
 * each walk reads anew, and ends behind what is stored by then. Thread-safe; its iterators are not.
 */
public interface EventStream extends Iterable<DomainEvent> {
    String aggregateId();

    /** Begins with the newest snapshot that the store can use, and goes on with the events behind it. */
    EventStream withSnapshot();

    /** Begins with the event of that version. */
    EventStream from(long version);

    /** From the last event to the first. */
    EventStream backwards();

    /** What the stream begins with; empty without {@link #withSnapshot}, and where there is none that can be used. */
    Optional<Snapshot> snapshot();

    /** Without an element when the aggregate has no event. */
    @Override
    Iterator<DomainEvent> iterator();
}
