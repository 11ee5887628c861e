package io.clusterdb.events.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.AutoOffsetReset;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerConfig;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DeadLetter;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.ExponentialBackoff;
import io.clusterdb.events.Filter;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.Message;
import io.clusterdb.events.Processor;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.rocksdb.RocksDb;
import io.clusterdb.events.testkit.Patience;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The mission's samples for subscription do what they say, some of it seen by the command beside the program. */
@Timeout(120)
class MissionSubscriptionTest {
    private final Patience patience = new Patience(Duration.ofSeconds(60));
    private final List<String> processed = new CopyOnWriteArrayList<>();

    @TempDir
    private Path data;

    private Events events;

    MissionSubscriptionTest() {
        events = Events.open();
    }

    @BeforeEach
    void open() {
        events.configureBroker(EventBroker.named("main").store(RocksDb.at(data)));
        events.createTopic(Topic.named("orders").partitions(10));
        publish("small", 999.99);
        publish("just", 1000);
        publish("broken", 5000);
        publish("large", 9000);
    }

    private void publish(String id, double total) {
        events.publish(
                "orders", Event.of("order.created", new Order(id, "c-1", total)).withKey(id));
    }

    @AfterEach
    void close() {
        events.close();
    }

    private void processOrder(Event event) {
        Order order = event.data(Order.class);
        processed.add(order.id());
        if (order.id().equals("broken")) {
            throw new IllegalStateException("no such product");
        }
    }

    private void createGroup() {
        // snippet: group
        ConsumerGroup group = ConsumerGroup.of("order-processor", "orders")
                .config(ConsumerConfig.defaults()
                        .autoOffsetReset(AutoOffsetReset.EARLIEST)
                        .maxPollRecords(100)
                        .session(Duration.ofSeconds(30), Duration.ofSeconds(10))
                        .autoCommit(false)
                        .isolationLevel(IsolationLevel.READ_COMMITTED));

        events.createConsumerGroup(group);
        // end
    }

    private static Subscription subscription() {
        // snippet: subscription
        Subscription subscription = Subscription.of("order-processor", "orders")
                .filter(Filter.expression("data.total >= 1000"))
                .processor(Processor.DEFAULT
                        .concurrency(10)
                        .batchSize(100)
                        .timeout(Duration.ofSeconds(30))
                        .retry(new RetryPolicy(
                                3, new ExponentialBackoff(Duration.ofSeconds(1), Duration.ofSeconds(60), 2.0))));
        // end
        return subscription;
    }

    private void consume() {
        Subscription subscription = subscription();
        // snippet: consuming
        try (Consumer consumer = events.subscribe(subscription)) {
            for (Message message : consumer) {
                try {
                    processOrder(message.payload());
                    message.commit();
                } catch (RuntimeException e) {
                    message.nack();
                }
            }
        }
        // end
    }

    @Test
    void a_group_is_as_it_was_created_and_others_see_it() throws IOException {
        createGroup();

        assertThat(events.groups().get("order-processor").config())
                .isEqualTo(new ConsumerConfig(
                        AutoOffsetReset.EARLIEST,
                        100,
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(10),
                        false,
                        IsolationLevel.READ_COMMITTED));
        JsonNode groups = Run.events(data, "consumer", "list", "-o", "json").json();
        assertThat(groups.get(0).path("name").asString()).isEqualTo("order-processor");
        assertThat(groups.get(0).path("topics").toString()).isEqualTo("[\"orders\"]");
    }

    @Test
    void matching_orders_are_processed_and_a_failing_one_is_retried_until_it_is_a_dead_letter() throws Exception {
        createGroup();
        CompletableFuture<Void> loop = CompletableFuture.runAsync(this::consume);

        patience.until("everything is answered", this::isAllAnswered);
        DeadLetter letter =
                events.deadLetters().list("order-processor", null, 0, 10).getFirst();
        events.close();
        patience.get(loop);

        assertThat(processed).containsExactlyInAnyOrder("just", "large", "broken", "broken", "broken");
        assertThat(letter.event().data(Order.class).id()).isEqualTo("broken");
        assertThat(letter.attempts()).isEqualTo(3);
        assertThat(Duration.between(letter.firstFailure(), letter.lastFailure()))
                .as("the two delays, 1 s and 2 s, each 20 %% shorter at most")
                .isGreaterThanOrEqualTo(Duration.ofMillis(2_390));
        JsonNode letters =
                Run.events(data, "dlq", "list", "order-processor", "-o", "json").json();
        assertThat(letters).hasSize(1);
    }

    private boolean isAllAnswered() {
        return events.groups().lag("order-processor").events() == 0
                && !events.deadLetters().list("order-processor", null, 0, 10).isEmpty();
    }

    @Test
    void what_is_committed_does_not_come_again_and_what_is_not_does() {
        createGroup();
        try (Consumer consumer = events.subscribe(subscription())) {
            List<Message> taken = List.of(consumer.next(), consumer.next(), consumer.next());
            taken.stream().filter(m -> m.data(Order.class).id().equals("large")).forEach(Message::commit);
        }
        reopen();

        try (Consumer consumer = events.subscribe(subscription())) {
            List<Message> again = List.of(consumer.next(), consumer.next());

            assertThat(again)
                    .extracting(message -> message.data(Order.class).id())
                    .containsExactlyInAnyOrder("just", "broken");
            assertThat(again).extracting(Message::attempt).containsOnly(2);
        }
    }

    private void reopen() {
        events.close();
        events = Events.open(EventBroker.named("main").store(RocksDb.at(data)));
    }

    @Test
    void the_closing_example_processes() throws Exception {
        createGroup();
        Processor processingConfig = Processor.DEFAULT.concurrency(10);
        CompletableFuture<Void> loop = CompletableFuture.runAsync(() -> {
            try (Consumer consumer = events.subscribe(
                    Subscription.of("order-processor", "orders").processor(processingConfig))) {
                for (Message event : consumer) {
                    try {
                        processOrder(event.payload());
                        event.commit();
                    } catch (RuntimeException e) {
                        event.nack();
                    }
                }
            }
        });

        patience.until("everything is answered", this::isAllAnswered);
        events.close();
        patience.get(loop);

        assertThat(processed).containsExactlyInAnyOrder("small", "just", "large", "broken", "broken", "broken");
    }

    @Test
    void the_debugging_tools_answer_beside_the_running_program() throws IOException {
        createGroup();
        try (Consumer consumer = events.subscribe(subscription())) {
            consumer.next().commit();

            // the mission's own lines; -o json only so that the numbers can be asserted
            JsonNode status =
                    Run.events(data, "topic", "status", "orders", "-o", "json").json();
            JsonNode lag = Run.events(data, "consumer", "lag", "order-processor", "-o", "json")
                    .json();
            JsonNode log = Run.events(data, "logs", "show", "--topic", "orders", "-o", "json")
                    .json();

            assertThat(status.path("events").asInt()).isEqualTo(4);
            assertThat(lag.path("members").asInt()).isEqualTo(1);
            assertThat(lag.path("lag").asInt()).isBetween(2, 3);
            assertThat(log)
                    .extracting(event -> Instant.parse(event.path("appended").asString()))
                    .isSorted();
            assertThat(log)
                    .as("of one millisecond in several partitions none is the first")
                    .extracting(event -> event.path("key").asString())
                    .containsExactlyInAnyOrder("small", "just", "broken", "large");
        }
        assertThat(Run.events(data, "topic", "status", "orders").out())
                .contains("Topic orders: 10 partitions", "4 events");
        assertThat(Run.events(data, "consumer", "lag", "order-processor").out())
                .contains("Group order-processor: 0 members");
        assertThat(Run.events(data, "logs", "show", "--topic", "orders").out()).contains("order.created", "9000");
    }
}
