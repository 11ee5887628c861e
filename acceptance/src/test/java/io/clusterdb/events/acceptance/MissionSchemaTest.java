package io.clusterdb.events.acceptance;

import static io.clusterdb.events.CleanupPolicy.DELETE;
import static io.clusterdb.events.Compression.SNAPPY;
import static io.clusterdb.events.SchemaCompatibility.BACKWARD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import io.clusterdb.events.Topic;
import io.clusterdb.events.Upcaster;
import io.clusterdb.events.rocksdb.RocksDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** The mission's topic with its Avro schema: data that does not fit never reaches the log, and neither does a breaking change. */
class MissionSchemaTest {
    private static final String ORDER = """
            {"type": "record", "name": "Order", "fields": [
             {"name": "id", "type": "string"}, {"name": "customerId", "type": "string"},
             {"name": "total", "type": "double"}%s]}""";

    @TempDir
    private Path home;

    private Path file = Path.of("");

    @BeforeEach
    void schema() throws IOException {
        file = Files.writeString(home.resolve("order.avsc"), ORDER.formatted(""));
    }

    private Events open() {
        return Events.open(EventBroker.named("main").store(RocksDb.at(home.resolve("data"))));
    }

    private Events openWithUpcasters(Path folder) {
        // snippet: upcasters
        return Events.open(
                EventBroker.named("main").store(RocksDb.at(folder)),
                Upcaster.of("order.created", 1, order -> order.asObject().put("currency", "EUR")),
                Upcaster.of("order.created", 2, order -> {
                    ObjectNode price = order.asObject().objectNode();
                    price.set("total", order.asObject().remove("total"));
                    price.set("currency", order.asObject().remove("currency"));
                    return order.asObject().set("price", price);
                }));
        // end
    }

    private void createTopic(Events events) {
        // snippet: schemas
        events.createTopic(Topic.named("orders")
                .partitions(10)
                .retention(Duration.ofDays(7), ByteSize.gb(10))
                .cleanup(DELETE)
                .compression(SNAPPY)
                .schema(Schema.avro(file, BACKWARD)));
        // end
    }

    @Test
    void orders_are_written_by_the_schema_and_read_back_in_another_life() {
        Order order = new Order("order-123", "c-1", 1200);
        try (Events events = open()) {
            createTopic(events);
            events.publish("orders", Event.of("order.created", order).withKey("c-1"));
        }

        try (Events events = open()) {
            createTopic(events);
            Event read = events.read(LogQuery.of("orders"))
                    .next(Duration.ofSeconds(10))
                    .orElseThrow()
                    .event();
            assertThat(read.data(Order.class)).isEqualTo(order);
        }
    }

    @Test
    void order_that_does_not_fit_is_refused_with_its_path() {
        try (Events events = open()) {
            createTopic(events);

            RejectedException refused = catchThrowableOfType(
                    RejectedException.class,
                    () -> events.publish(
                            "orders",
                            Event.of("order.created", Map.of("id", "o", "customerId", "c", "total", "much"))));

            assertThat(refused.code()).isEqualTo(ErrorCode.SCHEMA_VIOLATION);
            assertThat(refused).hasMessageContainingAll("/total", "schema of orders version 1", "double", "much");
        }
    }

    @Test
    void breaking_change_is_refused_with_the_difference_and_a_compatible_one_is_version_2() {
        try (Events events = open()) {
            createTopic(events);
            Schema broken = Schema.avro(ORDER.formatted(", {\"name\": \"note\", \"type\": \"string\"}"), BACKWARD);
            ConflictException refused = catchThrowableOfType(
                    ConflictException.class, () -> events.schemas().register("orders", broken));

            assertThat(refused.code()).isEqualTo(ErrorCode.INCOMPATIBLE_SCHEMA);
            assertThat(refused).hasMessageContaining("note");
            Schema right = Schema.avro(
                    ORDER.formatted(", {\"name\": \"note\", \"type\": \"string\", \"default\": \"\"}"), BACKWARD);
            assertThat(events.schemas().register("orders", right).schema().version())
                    .isEqualTo(2);
        }
    }

    @Test
    void order_of_the_first_version_is_read_as_the_third() {
        try (Events events = open()) {
            createTopic(events);
            events.publish("orders", Event.of("order.created", new Order("order-123", "c-1", 1200)));
        }

        try (Events events = openWithUpcasters(home.resolve("data"));
                EventReader reader = events.read(LogQuery.of("orders"))) {
            Event read = reader.next(Duration.ofSeconds(10)).orElseThrow().event();
            assertThat(read.data().at("/price")).hasToString("{\"total\":1200.0,\"currency\":\"EUR\"}");
            assertThat(read.data().path("customerId").asString()).isEqualTo("c-1");
        }
    }
}
