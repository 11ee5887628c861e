package io.clusterdb.events.cli;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.clusterdb.events.AggregateType;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Projection;
import io.clusterdb.events.SnapshotConfig;
import io.clusterdb.events.Store;
import io.clusterdb.events.StreamStatus;
import io.clusterdb.events.View;
import io.clusterdb.events.cli.Quakes.Quake;
import io.clusterdb.events.cli.Quakes.Total;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What the demo stores: each quake as an event of the network that measured it, in the order of the file, and documents
 * of what each region had. An event's position is the number of its row, so whoever goes on after a kill knows where.
 * For one thread.
 */
final class DemoStore {
    private static final int ROWS = 100;
    private static final Duration LOOK = Duration.ofMillis(10);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    record QuakeMeasured(BigDecimal magnitude, String place) {
        String region() {
            return place.substring(place.lastIndexOf(", ") + 1).strip();
        }
    }

    /** How many quakes, and the strongest magnitude: the state of a network, and the document of a region. */
    record Tally(int quakes, BigDecimal strongest) {
        static Tally first(QuakeMeasured quake) {
            return new Tally(1, quake.magnitude);
        }

        Tally and(QuakeMeasured quake) {
            return new Tally(quakes + 1, strongest.max(quake.magnitude));
        }
    }

    static final AggregateType<Tally> NETWORK = AggregateType.of("Network", Tally.class)
            .starts(QuakeMeasured.class, Tally::first)
            .on(QuakeMeasured.class, Tally::and);

    static final EventStore CONFIG =
            EventStore.named("measurements").snapshots(SnapshotConfig.every(50)).aggregates(NETWORK);

    private final Store store;
    private final List<JsonNode> rows;
    private final View<Tally> regions;
    private final Map<String, Long> versions = new HashMap<>();
    private @Nullable AppendToken last;

    /** Goes on behind what is stored. */
    DemoStore(Store store, List<JsonNode> rows) {
        this.store = store;
        this.rows = rows;
        this.regions = store.projections().run(regions(1, QuakeMeasured::region));
        store.streams("", rows.size()).forEach(network -> versions.put(network.aggregateId(), network.version()));
    }

    /** What the store has come to: by network, and by region as both versions of the projection see it. */
    record Outcome(Map<String, Tally> networks, Map<String, Tally> first, Map<String, Tally> second) {
        /** What is not as the file has it. */
        List<String> differences(Quakes all) {
            List<String> differences = new ArrayList<>(all.compareTotals(Quake::network, totals(networks)));
            differences.addAll(all.compareTotals(Quake::region, totals(first)));
            differences.addAll(all.compareTotals(
                    quake -> quake.region().equals("CA") ? "California" : quake.region(), totals(second)));
            return differences;
        }

        private static Map<String, Total> totals(Map<String, Tally> tallies) {
            Map<String, Total> totals = new HashMap<>();
            tallies.forEach((name, tally) -> totals.put(name, new Total(tally.quakes, tally.strongest)));
            return totals;
        }
    }

    /** Builds version 2 of the projection, and looks meanwhile at what version 1 answers. */
    static Outcome rebuild(Store store) {
        CompletableFuture<Void> looked = new CompletableFuture<Void>().orTimeout(PATIENCE.toMillis(), MILLISECONDS);
        View<Tally> regions = store.projections().run(regions(2, quake -> {
            looked.join();
            return mended(quake.region());
        }));
        Map<String, Tally> first = regions.list();
        looked.complete(null);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (regions.status().building() != null && System.nanoTime() < deadline) {
            LockSupport.parkNanos(LOOK.toNanos());
        }
        return new Outcome(networks(store), first, regions.list());
    }

    private static String mended(String region) {
        return region.equals("CA") ? "California" : region;
    }

    private static Map<String, Tally> networks(Store store) {
        Map<String, Tally> all = new TreeMap<>();
        for (StreamStatus network : store.streams("", Integer.MAX_VALUE)) {
            String id = network.aggregateId();
            all.put(id, store.loadAggregate(NETWORK, id).state());
        }
        return all;
    }

    private static Projection<Tally> regions(int version, Projection.Key<QuakeMeasured> region) {
        return Projection.of("regions", Tally.class)
                .version(version)
                .on(
                        QuakeMeasured.class,
                        region,
                        (before, quake) -> before == null ? Tally.first(quake) : before.and(quake));
    }

    int stored() {
        return (int) store.all().lastPosition();
    }

    /** Stores rows up to that one, all in one append. */
    void storeUpTo(int row) {
        List<DomainEvent> events = new ArrayList<>();
        for (JsonNode quake : rows.subList(stored(), Math.min(row, rows.size()))) {
            String network = quake.path("network").asString();
            long version = versions.merge(network, 1L, Long::sum);
            QuakeMeasured data = new QuakeMeasured(
                    quake.path("magnitude").decimalValue(), quake.path("place").asString());
            events.add(DomainEvent.of(NETWORK.name(), network, version, data)
                    .withId(quake.path("id").asString())
                    .withTime(Instant.parse(quake.path("time").asString())));
        }
        if (!events.isEmpty()) {
            last = store.storeEvents(events);
        }
    }

    /** Stores what is left, and waits until it is in the documents. */
    void finish() {
        while (stored() < rows.size()) {
            storeUpTo(stored() + ROWS);
        }
        if (last != null) {
            regions.await(last, PATIENCE);
        }
    }
}
