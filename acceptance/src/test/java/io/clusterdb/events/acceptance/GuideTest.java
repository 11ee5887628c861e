package io.clusterdb.events.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.Acks;
import io.clusterdb.events.ByteSize;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.Compression;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.Published;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.StoredEvent;
import io.clusterdb.events.Topic;
import io.clusterdb.events.rocksdb.RocksDb;
import io.clusterdb.events.testkit.Patience;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The samples of the guide about topics, publishing and reading. */
@Timeout(120)
class GuideTest {
    private final Patience patience = new Patience(Duration.ofSeconds(60));
    private final Events events = Events.open(EventBroker.named("shop"));
    private final Order order = new Order("order-123", "c-1", 1200);

    @AfterEach
    void close() {
        events.close();
    }

    @Test
    void getting_started(@TempDir Path folder) {
        // snippet: getting-started
        try (Events events = Events.open(EventBroker.named("shop").store(RocksDb.at(folder)))) {
            events.createTopic(Topic.named("orders").partitions(10));
            events.publish("orders", Event.of("order.created", order).withKey(order.id()));

            try (EventReader reader = events.read(LogQuery.of("orders"))) {
                StoredEvent first = reader.next(Duration.ofSeconds(1)).orElseThrow();
                System.out.println(first.event().type() + " " + first.event().data(Order.class));
            }
        }
        // end
        try (Events again = Events.open(EventBroker.named("shop").store(RocksDb.at(folder)));
                EventReader reader = again.read(LogQuery.of("orders"))) {
            assertThat(reader.next(Duration.ofSeconds(1)).orElseThrow().event().data(Order.class))
                    .isEqualTo(order);
        }
    }

    @Test
    void the_front_page(@TempDir Path home) throws IOException {
        Run program = Run.of(FrontPage.class, home.resolve("data"));
        JsonNode lag = Run.events(home.resolve("data"), "consumer", "lag", "order-processor", "-o", "json")
                .json();

        assertThat(program.out()).isEqualTo("shipped order-123\n");
        assertThat(lag.path("lag").asInt()).isZero();
    }

    @Test
    void topics() {
        // snippet: topics
        events.createTopic(Topic.named("orders")
                .partitions(10)
                .retention(Duration.ofDays(7), ByteSize.gb(10))
                .cleanup(CleanupPolicy.DELETE)
                .compression(Compression.ZSTD)
                .maxMessageSize(ByteSize.mib(5))
                .owner("checkout"));

        events.topics().alter("orders", topic -> topic.retention(Duration.ofDays(30), ByteSize.gb(50)));
        events.topics().growMovingKeys("orders", 20);
        // end

        Topic topic = events.topics().get("orders");
        assertThat(topic.partitions()).isEqualTo(20);
        assertThat(topic.owner()).isEqualTo("checkout");
        assertThat(topic.config().retention().time()).hasDays(30);
        assertThat(topic.config().compression()).isEqualTo(Compression.ZSTD);
    }

    @Test
    void routes() {
        Order order = new Order("order-123", "c-1", 1_200.0);
        // snippet: routes
        events.createTopic(Topic.named("large-orders"));
        events.createTopic(Topic.named("orders").route("data.total >= 1000", "large-orders"));

        events.publish("orders", Event.of("order.created", order).withKey(order.id()));
        // end

        assertThat(events.topics()
                        .status("large-orders")
                        .partitions()
                        .getFirst()
                        .end())
                .isOne();
    }

    @Test
    void deduplication() {
        Order order = new Order("order-123", "c-1", 1_200.0);
        // snippet: deduplication
        events.createTopic(Topic.named("payments").deduplication(Duration.ofMinutes(2)));

        Event payment = Event.of("payment.made", order).withId("pay-" + order.id());
        Published first = events.publish("payments", payment);
        Published again = events.publish("payments", payment); // the same answer; it is there once
        // end

        assertThat(again).isEqualTo(first);
    }

    @Test
    void compacted_topics() {
        // snippet: compaction
        events.createTopic(Topic.named("customers").cleanup(CleanupPolicy.COMPACT));

        events.publish(
                "customers", Event.of("customer.moved", Map.of("city", "Lyon")).withKey("c-1"));
        events.publish("customers", Event.of("customer.left").withKey("c-1")); // without data: a tombstone
        // end

        assertThatThrownBy(() -> events.publish("customers", Event.of("customer.moved")))
                .isInstanceOfSatisfying(
                        RejectedException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.KEY_MISSING));
        assertThat(events.topics().status("customers").partitions().getFirst().end())
                .isEqualTo(2);
    }

    @Test
    void settings_of_a_producer() {
        events.createTopic(Topic.named("clicks"));
        List<Event> clicks = List.of(Event.of("click", 1), Event.of("click", 2), Event.of("click", 3));

        // snippet: publishing-async
        Producer producer = Producer.defaults()
                .withAcks(Acks.LEADER)
                .withCompression(Compression.LZ4)
                .withBatchSize(ByteSize.kib(64))
                .withLinger(Duration.ofMillis(5));

        List<CompletableFuture<Published>> answers = new ArrayList<>();
        for (Event click : clicks) {
            answers.add(events.publishAsync("clicks", click, producer));
        }
        answers.forEach(CompletableFuture::join);
        // end

        assertThat(answers)
                .extracting(answer -> answer.join().offset().orElseThrow())
                .containsExactly(0L, 1L, 2L);
    }

    @Test
    void attributes_of_an_event() {
        events.createTopic(Topic.named("orders"));
        byte[] png = {(byte) 0x89, 'P', 'N', 'G'};

        // snippet: attributes
        Event event = Event.of("order.created", order)
                .withId("evt-123")
                .withSource("order-service")
                .withSubject("order-123")
                .withTime(Instant.parse("2026-01-31T08:00:00Z"))
                .withKey(order.customerId())
                .withMetadata("correlation_id", "corr-7");
        Event picture = Event.of("label.printed").withContent(png, "image/png");
        // end

        events.publish("orders", event);
        events.publish("orders", picture);
        List<StoredEvent> read = read("orders", 2);
        Event first = read.getFirst().event();
        assertThat(first.id()).isEqualTo("evt-123");
        assertThat(first.source()).isEqualTo("order-service");
        assertThat(first.subject()).isEqualTo("order-123");
        assertThat(first.time()).isEqualTo("2026-01-31T08:00:00Z");
        assertThat(first.key()).isEqualTo("c-1");
        assertThat(first.metadata()).containsEntry("correlation_id", "corr-7");
        assertThat(read.getLast().event().contentType()).isEqualTo("image/png");
        assertThat(read.getLast().event().bytes()).isEqualTo(png);
    }

    private List<StoredEvent> read(String topic, int count) {
        List<StoredEvent> all = new ArrayList<>();
        try (EventReader reader = events.read(LogQuery.of(topic))) {
            patience.until(count + " events", () -> {
                reader.next(Duration.ofMillis(10)).ifPresent(all::add);
                return all.size() == count;
            });
        }
        return all;
    }

    @Test
    void reading_without_a_group() {
        events.createTopic(Topic.named("orders").partitions(3));
        List<String> found = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            events.publish("orders", Event.of("order.created", new Order("o-" + i, "c", i * 100)));
        }

        // snippet: reading
        LogQuery query = LogQuery.of("orders")
                .from(new LogQuery.Back(Duration.ofHours(2)))
                .where("type == 'order.created' && data.total >= 1000");
        try (EventReader reader = events.read(query)) {
            while (!reader.isCaughtUp()) {
                Optional<StoredEvent> next = reader.next(Duration.ofSeconds(1));
                next.ifPresent(
                        stored -> found.add(stored.event().data(Order.class).id()));
            }
        }
        // end

        assertThat(found).hasSize(20).startsWith("o-10").endsWith("o-29");
    }

    @Test
    void errors() {
        // snippet: errors
        try {
            events.publish("ordres", Event.of("order.created", order));
        } catch (RejectedException e) {
            throw e; // the call is wrong: fix the program
        } catch (NotFoundException e) {
            System.out.println(e.code().id() + ": " + e.problem().remedy());
        }
        // end

        assertThatThrownBy(() -> events.publish("ordres", Event.of("order.created", order)))
                .hasMessageStartingWith("Error: Unknown topic ordres [EV-2001]\n  Cause:    ");
    }
}
