package io.clusterdb.events.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.Acks;
import io.clusterdb.events.Compression;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Producer;
import io.clusterdb.events.Published;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.TopicStatus;
import io.clusterdb.events.rocksdb.RocksDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The mission's samples for publishing do what they say, seen from other processes. */
@Timeout(120)
class MissionPublishingTest {
    @TempDir
    private Path home;

    private Path data = Path.of("");

    @BeforeEach
    void folder() {
        data = home.resolve("data");
    }

    @Test
    void what_is_published_is_there_though_the_publisher_died_at_once() throws IOException {
        Run publisher = Run.of(OrderService.class, data);
        Run shown = Run.events(data, "logs", "show", "--topic", "orders", "-o", "json");

        assertThat(publisher.exit()).isEqualTo(9);
        JsonNode event = shown.json().get(0);
        assertThat(shown.json()).hasSize(1);
        assertThat(event.path("id").asString()).isEqualTo("evt-123");
        assertThat(event.path("type").asString()).isEqualTo("order.created");
        assertThat(event.path("source").asString()).isEqualTo("order-service");
        assertThat(event.path("time").asString()).isEqualTo(OrderService.TIME.toString());
        assertThat(event.path("data").toString())
                .isEqualTo("{\"id\":\"order-123\",\"customerId\":\"c-1\",\"total\":1200.0}");
        assertThat(event.path("metadata").path("version").asString()).isEqualTo("1.0");
        assertThat(event.path("metadata").path("correlation_id").asString()).isEqualTo("order-123");
    }

    @Test
    void the_topic_is_as_it_was_created_and_the_options_have_reached_rocksdb() throws IOException {
        Run publisher = Run.of(OrderService.class, data);
        JsonNode topic =
                Run.events(data, "topic", "status", "orders", "-o", "json").json();

        assertThat(topic.path("partitions").asInt()).isEqualTo(10);
        assertThat(topic.path("replication_factor").asInt()).isEqualTo(3);
        assertThat(topic.path("retention_time").asString()).isEqualTo("7d");
        assertThat(topic.path("retention_size").asString()).isEqualTo("10GB");
        assertThat(topic.path("cleanup").asString()).isEqualTo("delete");
        assertThat(topic.path("compression").asString()).isEqualTo("snappy");
        assertThat(publisher.err())
                .contains("replication asks for 3 copies on node-1:9092, node-2:9092, node-3:9092; "
                        + "engine rocksdb keeps one copy, on this machine");
    }

    @Test
    void the_brokers_options_reach_rocksdb_and_its_retention_the_broker() throws IOException {
        try (Events events = Events.open()) {
            Published published = OrderService.publish(events, data, new Order("o", "c", 1), OrderService.TIME);

            assertThat(published.id()).isEqualTo("evt-123");
            assertThat(published.offset()).hasValue(0);
            assertThat(events.configuration().retention().time()).hasDays(30);
            assertThat(events.configuration().retention().size()).hasToString("100GB");
            assertThat(rocksDbOptions()).contains("max_background_jobs=4", "max_open_files=10000");
        }
    }

    private String rocksDbOptions() throws IOException {
        try (Stream<Path> files = Files.list(data.resolve("index"))) {
            Path newest = files.filter(file -> file.getFileName().toString().startsWith("OPTIONS-"))
                    .max(Path::compareTo)
                    .orElseThrow();
            return Files.readString(newest);
        }
    }

    @Test
    void compression_makes_what_is_stored_smaller() {
        try (Events events = Events.open(EventBroker.named("main").store(RocksDb.at(data)))) {
            events.createTopic(Topic.named("plain"));
            events.createTopic(Topic.named("small"));
            String data = "0123456789".repeat(1_000);

            events.publish("plain", Event.of("order.created", data));
            events.publish(
                    "small",
                    Event.of("order.created", data),
                    Producer.defaults().withCompression(Compression.SNAPPY));

            assertThat(bytes(events, "plain")).isGreaterThan(10_000);
            assertThat(bytes(events, "small")).isBetween(1L, 2_000L);
        }
    }

    private static long bytes(Events events, String topic) {
        return events.topics().status(topic).partitions().stream()
                .mapToLong(TopicStatus.Partition::bytes)
                .sum();
    }

    @Test
    void the_closing_example_publishes() throws IOException {
        EventBroker config = EventBroker.named("shop").store(RocksDb.at(data));
        Order order = new Order("order-123", "c-1", 1200);
        Map<String, String> metadata = Map.of("version", "1.0");

        try (Events events = Events.open(config)) {
            events.createTopic(Topic.named("orders"));

            Producer producer = Producer.defaults().withAcks(Acks.ALL).withRetries(3);

            Event event = Event.of("order.created").withData(order).withMetadata(metadata);

            events.publish("orders", event, producer);
        }

        JsonNode event = Run.events(data, "logs", "show", "--topic", "orders", "-o", "json")
                .json()
                .get(0);
        assertThat(event.path("type").asString()).isEqualTo("order.created");
        assertThat(event.path("source").asString()).isEqualTo("shop");
        assertThat(event.path("data").path("total").asInt()).isEqualTo(1200);
        assertThat(event.path("metadata").path("version").asString()).isEqualTo("1.0");
        assertThat(event.path("id").asString()).matches("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-.*");
    }

    @Test
    void a_message_too_large_is_refused_in_the_missions_words_before_anything_is_written() throws IOException {
        try (Events events = Events.open(EventBroker.named("main").store(RocksDb.at(data)))) {
            events.createTopic(Topic.named("orders"));
            Event large = Event.of("order.created", new byte[2 << 20]);

            RejectedException refusal =
                    catchThrowableOfType(RejectedException.class, () -> events.publish("orders", large));

            assertThat(refusal).hasMessage("""
                    Error: Message too large [EV-2004]
                      Cause:    the event for topic orders has 2097323 bytes, the limit is 1048576 bytes (the topic's maxMessageSize)
                      Solution: Increase the topic's maxMessageSize, or keep the data elsewhere and publish a reference to it""");
            Path file = Files.writeString(home.resolve("large.json"), "{\"text\": \"" + "x".repeat(2 << 20) + "\"}\n");
            Run command = Run.events(data, "publish", "orders", "--file", file.toString(), "--strict");
            assertThat(command.exit()).isEqualTo(1);
            assertThat(command.err())
                    .contains("Message too large", "the limit is 1048576 bytes", "publish again from that line on");
            assertThat(events.topics().status("orders").partitions().getFirst().end())
                    .isZero();
        }
    }

    @Test
    void deleting_a_topic_deletes_its_events() throws IOException {
        try (Events events = Events.open(EventBroker.named("main").store(RocksDb.at(data)))) {
            events.createTopic(Topic.named("orders"));
            events.publish("orders", Event.of("order.created"));

            events.deleteTopic("orders");
        }

        Run shown = Run.events(data, "topic", "status", "orders");
        assertThat(shown.exit()).isEqualTo(1);
        assertThat(shown.err()).startsWith("Error: Unknown topic orders [EV-2001]");
    }
}
