package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.Events;
import io.clusterdb.events.Projection;
import io.clusterdb.events.View;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What lives have said of a store, and what follows: what was acknowledged is there at its version, every order is without
 * gaps, and what is made of the events is what they add up to. Storing is durable, so it makes no difference how a life
 * ended.
 */
final class StoreLedger {
    private static final Patience PATIENCE = new Patience(Duration.ofSeconds(60));

    private final Set<String> wanted = new HashSet<>();
    private final Map<String, Map<Long, String>> stored = new TreeMap<>();

    void wanted(String id) {
        wanted.add(id);
    }

    void stored(String id, String aggregate, long version) {
        stored.computeIfAbsent(aggregate, a -> new TreeMap<>()).put(version, id);
    }

    void check(Events events) {
        Map<String, List<String>> streams = new TreeMap<>();
        long position = 0;
        Set<String> seen = new HashSet<>();
        for (DomainEvent event : events.store().all()) {
            assertThat(event.position()).as("position of %s", event).isEqualTo(++position);
            List<String> stream = streams.computeIfAbsent(event.aggregateId(), a -> new ArrayList<>());
            stream.add(String.valueOf(event.id()));
            assertThat(event.version()).as("version of %s", event).isEqualTo(stream.size());
            assertThat(seen.add(event.id())).as("%s is there once", event).isTrue();
        }
        assertThat(wanted).as("events that were to be stored").containsAll(seen);
        assertBoth(seen);
        stored.forEach((aggregate, versions) -> versions.forEach((version, id) -> assertThat(streams.get(aggregate))
                .as("aggregate %s with version %s", aggregate, version)
                .isNotNull()
                .element(Math.toIntExact(version) - 1)
                .isEqualTo(id)));
        streams.forEach((aggregate, ids) -> checkAggregate(events, aggregate, ids));
        checkProjection(events, CrashWorkload.TALLIES, position, streams);
        checkProjection(events, CrashWorkload.TALLIES_INLINE, position, streams);
    }

    /** Of two events that were stored together, one is not there alone. */
    private static void assertBoth(Set<String> seen) {
        for (String id : seen) {
            if (id.endsWith("b")) {
                assertThat(seen).contains(id.substring(0, id.length() - 1));
            }
        }
    }

    private static void checkAggregate(Events events, String aggregate, List<String> ids) {
        assertThat(events.getEvents(aggregate))
                .as("events of %s", aggregate)
                .extracting(DomainEvent::id)
                .isEqualTo(ids);
        assertThat(events.loadAggregate(CrashWorkload.TALLY, aggregate).state())
                .as("state of %s", aggregate)
                .isEqualTo(ids.size());
    }

    private static void checkProjection(
            Events events, Projection<Integer> projection, long position, Map<String, List<String>> streams) {
        View<Integer> view = events.store().projections().run(projection);
        PATIENCE.until(
                projection.name() + " is at " + position,
                () -> view.status().position() == position && view.status().inline() == projection.isInline());
        Map<String, Integer> counts = new HashMap<>();
        streams.forEach((aggregate, ids) -> counts.put(aggregate, ids.size()));
        assertThat(view.list()).as(projection.name()).isEqualTo(counts);
    }
}
