package io.clusterdb.events.acceptance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.Aggregate;
import io.clusterdb.events.AggregateType;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.EventStream;
import io.clusterdb.events.Events;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.SnapshotConfig;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.config.Configuration;
import io.clusterdb.events.rocksdb.RocksDb;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.Given;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The mission's samples for event sourcing do what they say; its YAML opens a store. */
@Timeout(120)
class MissionStoreTest {
    private static final String YAML = """
            store:
              name: order-store
              persistence:
                store:
                  type: postgresql
                  url: postgres://localhost/events
                schema:
                  type: json-schema
                  path: schemas/order-event.json
              snapshots:
                enabled: true
                interval: 100
            """;
    private static final String SCHEMA = """
            {"type": "object", "anyOf": [{"required": ["customer", "total"]}, {"required": ["amount"]}],
             "properties": {"customer": {"type": "string"}, "total": {"type": "number", "minimum": 0}, "amount": {"type": "number"}}}
            """;

    // snippet: aggregate
    record OrderCreated(String customer, double total) {}

    record OrderPaid(double amount) {}

    record PaidOrder(String customer, double total, double paid) {
        static PaidOrder created(OrderCreated event) {
            return new PaidOrder(event.customer(), event.total(), 0);
        }

        static PaidOrder paid(PaidOrder order, OrderPaid event) {
            return new PaidOrder(order.customer, order.total, order.paid + event.amount());
        }
    }

    static final AggregateType<PaidOrder> ORDER = AggregateType.of("Order", PaidOrder.class)
            .starts(OrderCreated.class, PaidOrder::created)
            .on(OrderPaid.class, PaidOrder::paid);
    // end

    @TempDir
    private Path home;

    final Path home() {
        return home;
    }

    final Path schema() throws IOException {
        Path file = home.resolve("schemas/order-event.json");
        Files.createDirectories(file.getParent());
        return Files.writeString(file, SCHEMA);
    }

    /** The mission's configuration, with another place. */
    final Path yaml() throws IOException {
        return Files.writeString(
                home.resolve("events.yaml"),
                YAML.replace("type: postgresql", "type: " + place().type())
                        .replace("url: postgres://localhost/events", placeInYaml()));
    }

    StoreBackend place() {
        return RocksDb.at(home.resolve("data"));
    }

    String placeInYaml() {
        return "path: data";
    }

    Events open() throws IOException {
        Path folder = home.resolve("data");
        Path schema = schema();
        Events events = Events.open();
        // snippet: configure-store
        events.configureStore(EventStore.named("order-store")
                .store(RocksDb.at(folder))
                .schema(Schema.jsonSchema(schema, SchemaCompatibility.BACKWARD))
                .snapshots(new SnapshotConfig(true, 100, true)));
        // end
        return events;
    }

    static void storeOrder(Events events) {
        // snippet: store-event
        events.storeEvent(DomainEvent.of("Order", "order-123", 1, new OrderCreated("c-1", 1200))
                .withId("evt-123")
                .withMetadata(Map.of("user_id", "user-123", "correlation_id", "corr-123")));
        // end
    }

    @Test
    void an_event_is_stored_once_and_seen_from_another_process() throws IOException {
        try (Events events = open()) {
            storeOrder(events);
            storeOrder(events);
            assertThatThrownBy(() ->
                            events.storeEvent(DomainEvent.of("Order", "order-123", 1, new OrderCreated("c-2", 5))))
                    .isInstanceOf(ConflictException.class);
            assertThatThrownBy(() ->
                            events.storeEvent(DomainEvent.of("Order", "order-124", 1, new OrderCreated("c-2", -5))))
                    .isInstanceOf(RejectedException.class)
                    .hasMessageContaining("/total");
        }

        JsonNode shown = Run.events(home, "store", "events", "order-123", "-o", "json", "-c", yaml().toString())
                .json();

        assertThat(shown).hasSize(1);
        assertThat(shown.get(0).path("id").asString()).isEqualTo("evt-123");
        assertThat(shown.get(0).path("type").asString()).isEqualTo("OrderCreated");
        assertThat(shown.get(0).path("version").asInt()).isEqualTo(1);
        assertThat(shown.get(0).path("metadata").path("user_id").asString()).isEqualTo("user-123");
        assertThat(shown.get(0).path("data").toString()).isEqualTo("{\"customer\":\"c-1\",\"total\":1200.0}");
    }

    @Test
    void an_aggregate_is_loaded_changed_and_guarded_against_others() throws IOException {
        try (Events events = open()) {
            storeOrder(events);

            // snippet: load-aggregate
            Aggregate<PaidOrder> order = events.loadAggregate(ORDER, "order-123");
            events.storeEvent(order.next(new OrderPaid(700)));
            // end

            assertThat(order.version()).isEqualTo(1);
            assertThat(order.state()).isEqualTo(new PaidOrder("c-1", 1200, 0));
            assertThat(events.loadAggregate(ORDER, "order-123").state()).isEqualTo(new PaidOrder("c-1", 1200, 700));
            assertThatThrownBy(() -> events.storeEvent(order.next(new OrderPaid(500))))
                    .isInstanceOf(ConflictException.class);
        }
    }

    @Test
    void the_stream_begins_with_the_snapshot_and_is_printed_event_by_event() throws IOException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (Events events = open();
                PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            storeOrder(events);
            for (int i = 1; i <= 10; i++) {
                events.storeEvent(events.loadAggregate(ORDER, "order-123").next(new OrderPaid(i)));
            }
            // snippet: event-stream
            events.createSnapshot(events.loadAggregate(ORDER, "order-123"));
            events.storeEvent(events.loadAggregate(ORDER, "order-123").next(new OrderPaid(100)));

            EventStream stream = events.getEventStream("order-123").withSnapshot();
            stream.snapshot().ifPresent(s -> out.println("State at " + s.version() + ": " + s.state()));
            Iterator<DomainEvent> following = stream.iterator();
            while (following.hasNext()) {
                out.println("Event: " + following.next());
            }
            // end
        }

        List<String> lines = printed.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).startsWith("State at 11: ").contains("\"paid\":55.0");
        assertThat(lines.get(1)).startsWith("Event: Order order-123 version 12: ");
    }

    /** An event of another store. */
    record Shipped(String order) {}

    @Test
    void a_store_of_its_own_is_forwarded_to_a_topic_whose_consumers_know_its_aggregates() throws Exception {
        Path shipments = home.resolve("shipments");
        BlockingQueue<String> printed = new LinkedBlockingQueue<>();
        try (Events events = Events.open(EventBroker.named("shop").store(RocksDb.at(home.resolve("broker"))))) {
            // snippet: forward-store
            events.configureStore(
                    EventStore.named("shipments").store(RocksDb.at(shipments)).forwardTo("shipment-events"));
            events.createTopic(Topic.named("shipment-events").partitions(4));
            // end
            events.createConsumerGroup(ConsumerGroup.of("shipping", "shipment-events"));
            // snippet: consume-forwarded
            ActiveSubscription active = events.subscribe(Subscription.of("shipping"), message -> {
                DomainEvent stored = DomainEvent.of(message.payload()).orElseThrow();
                printed.add(stored.aggregateId() + " is at version " + stored.version());
            });
            // end
            events.storeEvent(DomainEvent.of("Shipment", "s-1", 1, new Shipped("order-123")));
            events.storeEvent(DomainEvent.of("Shipment", "s-1", 2, new Shipped("order-124")));

            assertThat(printed.take()).isEqualTo("s-1 is at version 1");
            assertThat(printed.take()).isEqualTo("s-1 is at version 2");
            assertThat(events.forwards()).singleElement().satisfies(forward -> {
                assertThat(forward.topic()).isEqualTo("shipment-events");
                assertThat(forward.position()).isEqualTo(2);
            });
            JsonNode listed = Run.events(home, "store", "list", "-o", "json", "--data", shipments.toString())
                    .json();
            assertThat(listed.get(0).path("forward").asString()).isEqualTo("shipment-events");
            assertThat(listed.get(0).path("behind").asLong()).isZero();
            active.close();
        }
    }

    @Test
    void a_decision_is_tested_by_the_events_that_follow() {
        // snippet: given
        Given.events(ORDER, new OrderCreated("c-1", 1200), new OrderPaid(700))
                .when(order -> new OrderPaid(requireNonNull(order).total() - order.paid()))
                .then(new OrderPaid(500))
                .thenState(new PaidOrder("c-1", 1200, 1200));
        // end
    }

    @Test
    void the_yaml_opens_the_store_with_its_schema_and_snapshots() throws IOException {
        schema();
        Path file = yaml();
        EventStore store = Configuration.read(file).stores().getFirst();
        assertThat(store.name()).isEqualTo("order-store");
        assertThat(store.place()).isEqualTo(place());
        assertThat(store.snapshots()).isEqualTo(new SnapshotConfig(true, 100, true));

        try (Events events = Events.open(file)) {
            storeOrder(events);
            assertThatThrownBy(() -> events.storeEvent(DomainEvent.of("Order", "o", 1, "Odd", Map.of("x", 1))))
                    .isInstanceOf(RejectedException.class);
            Run loaded = Run.events(home, "store", "load", "order-123", "-c", file.toString());
            assertThat(loaded.out()).contains("Order order-123, version 1", "OrderCreated  1");
        }
    }
}
