package io.clusterdb.events.testkit;

import io.clusterdb.events.AggregateType;
import io.clusterdb.events.Component;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.spi.StoreBackend;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A store on an engine, and orders to keep in it. */
abstract class StoreFixture {
    /** Its state is what was ordered and paid. */
    static final AggregateType<Order> ORDER = AggregateType.of("Order", Order.class)
            .starts(OrderCreated.class, Order::created)
            .on(OrderPaid.class, Order::paid);

    @TempDir
    Path home;

    Events events;
    Patience patience;

    private final List<Events> opened = new ArrayList<>();

    /** An event. */
    public record OrderCreated(String customer, long total) {}

    /** Another one. */
    public record OrderPaid(long amount) {}

    /** The state of an aggregate. */
    public record Order(String customer, long total, long paid) {
        static Order created(OrderCreated event) {
            return new Order(event.customer(), event.total(), 0);
        }

        static Order paid(Order order, OrderPaid event) {
            return new Order(order.customer, order.total, order.paid + event.amount());
        }
    }

    /** Where the store is kept; asked again on the same folder to find what was stored before. */
    protected abstract StoreBackend place(Path home);

    /** How long anything may take. */
    protected Duration budget() {
        return Duration.ofSeconds(30);
    }

    @BeforeEach
    final void openStore() {
        patience = new Patience(budget());
        events = open();
    }

    @AfterEach
    final void closeStores() {
        opened.forEach(Events::close);
    }

    static EventStore orders() {
        return EventStore.named("orders");
    }

    /** The store alone, with what else is given. */
    final Events open(Component... more) {
        return openAs(orders(), more);
    }

    final Events openAs(EventStore config, Component... more) {
        Events open = Events.open(Stream.concat(Stream.of(config.store(place(home))), Stream.of(more))
                .toArray(Component[]::new));
        opened.add(open);
        return open;
    }

    final void reopen(Component... more) {
        events.close();
        events = open(more);
    }

    static DomainEvent created(String id, long total) {
        return DomainEvent.of("Order", id, 1, new OrderCreated("c-1", total)).withId("created-" + id);
    }

    static DomainEvent paid(String id, long version, long amount) {
        return DomainEvent.of("Order", id, version, new OrderPaid(amount)).withId("paid-" + id + "-" + version);
    }

    /** An order with as many events as that. */
    final void grow(String id, int versions) {
        List<DomainEvent> all = new ArrayList<>(List.of(created(id, 1_000)));
        for (int version = 2; version <= versions; version++) {
            all.add(paid(id, version, 1));
        }
        events.storeEvents(all);
    }

    static List<Long> versions(Iterable<DomainEvent> stream) {
        List<Long> versions = new ArrayList<>();
        stream.forEach(event -> versions.add(event.version()));
        return versions;
    }
}
