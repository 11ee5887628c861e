package io.clusterdb.events.benchmarks;

import io.clusterdb.events.AggregateType;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.SnapshotConfig;
import io.clusterdb.events.Store;
import io.clusterdb.events.postgres.Postgres;
import io.clusterdb.events.rocksdb.RocksDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The store of Events, in a new folder or on PostgreSQL, in its own words. */
final class EventsStore implements StoreSide {
    private static final AggregateType<Total> TYPE = AggregateType.of(AGGREGATE, Total.class)
            .starts(EVENT, Orders.Order.class, order -> new Total(order.total()))
            .on(EVENT, Orders.Order.class, (total, order) -> new Total(total.sum() + order.total()));

    private final Path folder;
    private final Events events;
    private final Store store;

    /** The state of an aggregate. */
    record Total(double sum) {}

    EventsStore(Settings settings, boolean embedded) throws IOException {
        folder = Files.createTempDirectory(settings.work(), "store");
        String name = "store-" + ProcessHandle.current().pid();
        EventStore configured =
                EventStore.named(name).snapshots(SnapshotConfig.OFF).aggregates(TYPE);
        events = Events.open(configured.store(
                embedded
                        ? RocksDb.at(folder)
                        : Postgres.at(settings.text("postgres")).pool(2, Math.max(10, settings.number("writers")))));
        store = events.store();
    }

    Store store() {
        return store;
    }

    @Override
    public Writer writer() {
        return (aggregate, version, order, count) -> {
            List<DomainEvent> events = new ArrayList<>(count);
            for (int n = 0; n < count; n++) {
                events.add(DomainEvent.of(AGGREGATE, aggregate, version + n, EVENT, ORDERS.order(order + n))
                        .withMetadata(METADATA, CORRELATION));
            }
            store.storeEvents(events);
        };
    }

    @Override
    public double load(String aggregate) {
        return store.loadAggregate(TYPE, aggregate).state().sum();
    }

    @Override
    public void snapshot(String aggregate) {
        store.createSnapshot(store.loadAggregate(TYPE, aggregate));
    }

    @Override
    public int readAll() {
        int events = 0;
        for (DomainEvent event : store.all()) {
            events += event.bytes().length > 0 ? 1 : 0;
        }
        return events;
    }

    @Override
    public void close() throws IOException {
        events.close();
        EventsFolder.delete(folder);
    }
}
