package io.clusterdb.events;

import java.util.ArrayList;
import java.util.List;

/**
 * An aggregate as it is loaded: its state, and the version of the last event that made it. Immutable, given that the
 * state is.
 *
 * @param version 1 or more
 */
public record Aggregate<T>(AggregateType<T> type, String id, long version, T state) {
    public Aggregate {
        if (version < 1) {
            throw RejectedException.invalid("aggregate " + id, "version", version, "1 or more");
        }
    }

    /** The event that follows: stored only when nobody else has stored one meanwhile. */
    public DomainEvent next(Object data) {
        return DomainEvent.of(type.name(), id, version + 1, data);
    }

    /** As {@link #next(Object)}, several. */
    public List<DomainEvent> next(List<?> data) {
        List<DomainEvent> events = new ArrayList<>();
        for (Object each : data) {
            events.add(DomainEvent.of(type.name(), id, version + 1 + events.size(), each));
        }
        return events;
    }
}
