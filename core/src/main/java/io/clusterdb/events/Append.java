package io.clusterdb.events;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Events that are stored together or not at all, and what must be true for it. A value.
 *
 * <p>Those of one aggregate have consecutive versions, in their order. The first one that names its version expects the
 * aggregate to be at the version before; events that name none get the next ones.
 *
 * @param events of one aggregate or of several, at most {@link #MAX_EVENTS} with 256 MiB of data
 * @param conditions by aggregate id, also of aggregates that get no event; they add to what the events' versions say
 */
public record Append(List<DomainEvent> events, Map<String, ExpectedVersion> conditions) {
    /** Events of one append at most. */
    public static final int MAX_EVENTS = 10_000;

    /**
     * @throws RejectedException when there is no event, too many, or versions that are not consecutive
     * @throws ConflictException when two events of an aggregate that name no version have one id
     */
    public Append {
        events = List.copyOf(events);
        conditions = Map.copyOf(conditions);
        if (events.isEmpty() || events.size() > MAX_EVENTS) {
            throw RejectedException.invalid(
                    "append", "number of events", events.size(), "1 to " + MAX_EVENTS + " events");
        }
        conditions.keySet().forEach(id -> RejectedException.checkCharacters("append", "aggregate id", id));
        Map<String, DomainEvent> last = new LinkedHashMap<>();
        Set<List<String>> ids = new HashSet<>();
        for (DomainEvent event : events) {
            String id = event.id();
            if (event.version() == 0 && id != null && !ids.add(List.of(event.aggregateId(), id))) {
                throw ConflictException.idTwice(id, event.aggregateId());
            }
            DomainEvent before = last.put(event.aggregateId(), event);
            if (before != null) {
                before.requireFollower(event);
            }
        }
    }

    public static Append of(DomainEvent... events) {
        return of(List.of(events));
    }

    public static Append of(Collection<DomainEvent> events) {
        return new Append(List.copyOf(events), Map.of());
    }

    /** Stores them only when the aggregate's stream is as expected; the aggregate need not be one of the events'. */
    public Append expecting(String aggregateId, ExpectedVersion expected) {
        Map<String, ExpectedVersion> all = new LinkedHashMap<>(conditions);
        all.put(aggregateId, expected);
        return new Append(events, all);
    }

    /** What is expected of each aggregate by the version of its first event; those that name none are left out. */
    public Map<String, ExpectedVersion> expectedByVersions() {
        Map<String, ExpectedVersion> expected = new LinkedHashMap<>();
        Map<String, DomainEvent> first = new LinkedHashMap<>();
        for (DomainEvent event : events) {
            if (first.putIfAbsent(event.aggregateId(), event) == null && event.version() > 0) {
                expected.put(event.aggregateId(), ExpectedVersion.exact(event.version() - 1));
            }
        }
        return expected;
    }
}
