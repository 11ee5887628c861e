package io.clusterdb.events.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What event stores are compared by. On PostgreSQL all are on the same server, which waits for its disk. */
final class StoreWorkloads {
    private static final String EMBEDDED = "embedded";
    private static final String BARE = Workload.PEER + "bare insert by JDBC";
    private static final String AXON = Workload.PEER + "Axon 4.12, JDBC";
    private static final String MESSAGE_DB = Workload.PEER + "message-db 1.3";

    private StoreWorkloads() {}

    static List<Workload> all() {
        List<Workload> all = new ArrayList<>();
        all.add(append(1, 1, 8_000));
        all.add(append(16, 1, 24_000));
        all.add(append(64, 1, 48_000));
        all.add(append(1, 10, 30_000));
        all.add(append(16, 100, 160_000));
        all.add(load(10, 1_000));
        all.add(load(1_000, 100));
        all.add(load(100_000, 2));
        all.add(loadBySnapshot(10));
        all.add(loadBySnapshot(1_000));
        all.add(loadBySnapshot(100_000));
        all.add(catchUp());
        all.add(order());
        return all;
    }

    private static Workload append(int writers, int batch, int count) {
        String told = " writers=" + writers + " batch=" + batch + " count=" + count;
        Map<String, String> sides = new LinkedHashMap<>();
        sides.put("events", "store-append store=postgresql" + told);
        sides.put(BARE, "store-append store=bare" + told);
        sides.put(AXON, "store-append store=axon" + told);
        sides.put(MESSAGE_DB, "store-append store=message-db" + told);
        sides.put(EMBEDDED, "store-append store=rocksdb" + told);
        String title = writers == 1 ? "One writer" : writers + " writers";
        return new Workload(
                batch == 1 ? "store-append-" + writers : "store-append-" + writers + "-by-" + batch,
                title + ", " + (batch == 1 ? "an event" : batch + " events") + " an append, on the disk when answered",
                Workload.RATE,
                sides);
    }

    private static Workload load(int events, int count) {
        return load("store-load-" + events, "Load an aggregate of %,d events".formatted(events), "no", events, count);
    }

    private static Workload loadBySnapshot(int events) {
        return load(
                "store-load-" + events + "-snapshot",
                "Load an aggregate of %,d events that has a snapshot".formatted(events),
                "yes",
                events,
                10_000);
    }

    private static Workload load(String name, String title, String snapshot, int events, int count) {
        String told = " writers=1 measure=load snapshot=" + snapshot + " events=" + events + " count=" + count;
        Map<String, String> sides = new LinkedHashMap<>();
        sides.put("events", "store-read store=postgresql" + told);
        sides.put(AXON, "store-read store=axon" + told);
        sides.put(EMBEDDED, "store-read store=rocksdb" + told);
        return new Workload(name, title, "µs", sides);
    }

    private static Workload catchUp() {
        String told = " writers=1 measure=all events=1000000 count=1";
        Map<String, String> sides = new LinkedHashMap<>();
        sides.put("events", "store-read store=postgresql" + told);
        sides.put(Workload.PEER + "bare cursor", "store-read store=bare" + told);
        sides.put(AXON, "store-read store=axon" + told);
        sides.put(EMBEDDED, "store-read store=rocksdb" + told);
        return new Workload("store-catch-up", "Read all of 1,000,000 events in their order", Workload.RATE, sides);
    }

    private static Workload order() {
        return new Workload(
                "store-order",
                "Give events of PostgreSQL their positions, behind their appends",
                Workload.RATE,
                Map.of("events", "store-order writers=1 batch=100 count=100000"));
    }
}
