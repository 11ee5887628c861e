package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.Acks;
import io.clusterdb.events.ByteSize;
import io.clusterdb.events.Compression;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.Events;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Message;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.Published;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.TopicStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What topics, publishing and transactions promise through the front door, on every engine. */
public abstract class BrokerContract {
    private static final Patience PATIENCE = new Patience(Duration.ofSeconds(30));
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    protected Path home;

    protected Events events;
    private String suffix;

    /** An order, as users would write it. */
    public record Order(String id, double total, List<String> lines) {}

    /** Opens the front door on the engine; called again on the same folder where a test reopens. */
    protected abstract Events open(Path home);

    @BeforeEach
    final void openEvents() {
        suffix = "-" + UUID.randomUUID();
        events = open(home);
    }

    @AfterEach
    final void closeEvents() {
        events.close();
    }

    /** A name that no other test uses. */
    protected final String unique(String name) {
        return name + suffix;
    }

    private Topic topic(String name, int partitions) {
        return events.createTopic(Topic.named(unique(name)).partitions(partitions));
    }

    /** What a new group is delivered of a topic, answering each; in the order of delivery. */
    private List<Event> readAll(String topic, int count) {
        String group = "reader-" + UUID.randomUUID();
        events.createConsumerGroup(ConsumerGroup.of(group, topic));
        List<Event> all = new ArrayList<>();
        try (Consumer consumer = events.subscribe(Subscription.of(group).concurrency(50))) {
            while (all.size() < count) {
                Message message = consumer.next(SOON).orElseThrow(() -> new AssertionError("only " + all.size()));
                all.add(message.payload());
                message.commit();
            }
            assertThat(consumer.next(Duration.ofMillis(50))).isEmpty();
        }
        return all;
    }

    private static EventsException failureOf(Runnable call) {
        return catchThrowableOfType(EventsException.class, call::run);
    }

    // --- topics

    @Test
    void topic_is_described_as_it_was_created() {
        Topic wanted = Topic.named(unique("orders"))
                .partitions(3)
                .retention(Duration.ofDays(7), ByteSize.gb(10))
                .compression(Compression.LZ4)
                .maxMessageSize(ByteSize.kib(64))
                .owner("checkout");

        Topic created = events.createTopic(wanted);

        assertThat(created).isEqualTo(wanted);
        assertThat(events.topics().get(wanted.name())).isEqualTo(wanted);
        assertThat(events.topics().list()).contains(wanted);
    }

    @Test
    void topic_created_again_with_the_same_settings_is_left_as_it_is() {
        Topic topic = topic("orders", 2);
        events.publish(topic.name(), Event.of("order.created"));

        assertThat(events.createTopic(topic)).isEqualTo(topic);
        assertThat(readAll(topic.name(), 1)).hasSize(1);
    }

    @Test
    void topic_created_again_with_other_settings_is_a_conflict_that_names_both() {
        Topic topic = topic("orders", 2);

        assertThatThrownBy(() -> events.createTopic(topic.partitions(3)))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("partitions: found 2, asked for 3\n");
    }

    @Test
    void topic_with_a_bad_name_is_rejected() {
        for (String name : List.of("", "a b", "a/b", ".", "..", "ü", "x".repeat(250))) {
            assertThatThrownBy(() -> Topic.named(name)).isInstanceOf(RejectedException.class);
        }
        assertThatThrownBy(() -> events.createTopic(Topic.named("_events.mine")))
                .isInstanceOf(RejectedException.class);
    }

    @Test
    void topic_is_altered() {
        Topic topic = topic("orders", 1);

        Topic altered = events.topics()
                .alter(topic.name(), t -> t.maxMessageSize(ByteSize.kib(1)).owner("billing"));

        assertThat(events.topics().get(topic.name())).isEqualTo(altered);
        assertThatThrownBy(() -> events.publish(topic.name(), Event.of("big", new byte[2_000])))
                .isInstanceOf(RejectedException.class);
    }

    @Test
    void topic_without_keys_grows() {
        Topic topic = topic("orders", 1);
        events.topics().alter(topic.name(), t -> t.partitions(4));

        assertThat(events.topics().status(topic.name()).partitions()).hasSize(4);
    }

    @Test
    void topic_with_keys_grows_only_when_the_risk_is_named() {
        Topic topic = topic("orders", 1);
        events.publish(topic.name(), Event.of("order.created").withKey("o-1"));

        assertThatThrownBy(() -> events.topics().alter(topic.name(), t -> t.partitions(4)))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("keys");
        assertThat(events.topics().growMovingKeys(topic.name(), 4).partitions()).isEqualTo(4);
    }

    @Test
    void topic_can_not_shrink() {
        Topic topic = topic("orders", 3);

        assertThatThrownBy(() -> events.topics().alter(topic.name(), t -> t.partitions(1)))
                .isInstanceOf(RejectedException.class);
    }

    @Test
    void topic_that_is_deleted_is_gone_with_its_events() {
        Topic topic = topic("orders", 1);
        events.publish(topic.name(), Event.of("order.created"));

        events.deleteTopic(topic.name());

        assertThat(events.topics().list()).doesNotContain(topic);
        assertThatThrownBy(() -> events.publish(topic.name(), Event.of("order.created")))
                .isInstanceOf(NotFoundException.class);
        events.createTopic(topic);
        assertThat(readAll(topic.name(), 0)).isEmpty();
    }

    @Test
    void topic_status_counts_what_it_holds() {
        Topic topic = topic("orders", 1);
        for (int i = 0; i < 5; i++) {
            events.publish(topic.name(), Event.of("order.created", new byte[1_000]));
        }

        TopicStatus.Partition partition =
                events.topics().status(topic.name()).partitions().get(0);

        assertThat(partition.start()).isZero();
        assertThat(partition.end()).isEqualTo(5);
        assertThat(partition.stableEnd()).isEqualTo(5);
        assertThat(partition.heldBy()).isNull();
    }

    // --- publishing

    @Test
    void publish_tells_where_the_event_went() {
        Topic topic = topic("orders", 1);

        Published first = events.publish(topic.name(), Event.of("order.created").withId("evt-1"));
        Published second = events.publish(topic.name(), Event.of("order.created"));

        assertThat(first.topic()).isEqualTo(topic.name());
        assertThat(first.partition()).isZero();
        assertThat(first.offset()).hasValue(0);
        assertThat(first.id()).isEqualTo("evt-1");
        assertThat(second.offset()).hasValue(1);
        assertThat(UUID.fromString(second.id()).version()).isEqualTo(7);
    }

    @Test
    void publish_keeps_everything_of_an_event() {
        Topic topic = topic("orders", 1);
        Instant time = Instant.parse("2024-02-29T12:34:56.789Z");
        Order order = new Order("o-1", 1200.5, List.of("näil", "hammer"));

        events.publish(
                topic.name(),
                Event.of("order.created", order)
                        .withId("evt-1")
                        .withSource("/shops/7")
                        .withSubject("o-1")
                        .withTime(time)
                        .withKey("schlüssel")
                        .withMetadata(Map.of("version", "1.0"))
                        .withMetadata("correlation_id", "c-1"));

        Event read = readAll(topic.name(), 1).get(0);
        assertThat(read.id()).isEqualTo("evt-1");
        assertThat(read.type()).isEqualTo("order.created");
        assertThat(read.source()).isEqualTo("/shops/7");
        assertThat(read.subject()).isEqualTo("o-1");
        assertThat(read.time()).isEqualTo(time);
        assertThat(read.key()).isEqualTo("schlüssel");
        assertThat(read.contentType()).isEqualTo("application/json");
        assertThat(read.metadata()).isEqualTo(Map.of("version", "1.0", "correlation_id", "c-1"));
        assertThat(read.data(Order.class)).isEqualTo(order);
        assertThat(read.data().get("total").asDouble()).isEqualTo(1200.5);
    }

    @Test
    void publish_fills_in_what_is_not_given() {
        Topic topic = topic("orders", 1);
        Instant before = Instant.now().minusSeconds(5);

        events.publish(topic.name(), Event.of("order.created"));

        Event read = readAll(topic.name(), 1).get(0);
        assertThat(read.source()).isEqualTo("contract");
        assertThat(read.time()).isBetween(before, Instant.now().plusSeconds(5));
        assertThat(read.hasData()).isFalse();
        assertThat(read.contentType()).isNull();
    }

    @Test
    void publish_keeps_bytes_as_they_are() {
        Topic topic = topic("blobs", 1);
        byte[] bytes = {0, 1, -1, 127, -128};

        events.publish(topic.name(), Event.of("blob", bytes));
        events.publish(topic.name(), Event.of("text").withContent(bytes, "text/plain"));

        List<Event> read = readAll(topic.name(), 2);
        assertThat(read).allSatisfy(e -> assertThat(e.bytes()).isEqualTo(bytes));
        assertThat(read).extracting(Event::contentType).containsExactly("application/octet-stream", "text/plain");
    }

    @Test
    void publish_refuses_metadata_that_would_hide_an_attribute() {
        for (String name : List.of("ce_id", "ce_anything", "content-type")) {
            assertThatThrownBy(() -> Event.of("x").withMetadata(name, "1")).isInstanceOf(RejectedException.class);
        }
    }

    @Test
    void publish_to_an_unknown_topic_names_the_known_ones() {
        Topic topic = topic("orders", 1);

        EventsException failure = failureOf(() -> events.publish(unique("order"), Event.of("order.created")));

        assertThat(failure).isInstanceOf(NotFoundException.class).hasMessageContaining(topic.name());
        assertThat(failure.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
    }

    @Test
    void publish_of_what_is_too_large_writes_nothing_and_names_size_limit_and_setting() {
        Topic topic = events.createTopic(Topic.named(unique("orders")).maxMessageSize(ByteSize.kib(10)));

        EventsException failure = failureOf(() -> events.publish(topic.name(), Event.of("big", new byte[20_000])));

        assertThat(failure).isInstanceOf(RejectedException.class);
        assertThat(failure.problem().what()).isEqualTo("Message too large");
        assertThat(failure.problem().why()).contains("20", "10240", "maxMessageSize");
        assertThat(events.topics().status(topic.name()).partitions().get(0).end())
                .isZero();
    }

    @Test
    void publish_puts_the_events_of_a_key_into_one_partition_in_order() {
        Topic topic = topic("orders", 5);
        Map<String, Integer> partitions = new java.util.HashMap<>();
        for (int i = 0; i < 100; i++) {
            String key = "k" + i % 10;
            Published at = events.publish(topic.name(), Event.of("step", i).withKey(key));
            assertThat(partitions.putIfAbsent(key, at.partition())).isIn(null, at.partition());
        }

        Map<String, Integer> last = new java.util.HashMap<>();
        for (Event event : readAll(topic.name(), 100)) {
            int step = event.data(Integer.class);
            assertThat(last.getOrDefault(event.key(), -1)).isLessThan(step);
            last.put(event.key(), step);
        }
        assertThat(new HashSet<>(partitions.values())).hasSizeGreaterThan(1);
    }

    @Test
    void publish_with_every_acks_and_compression_arrives() {
        Topic topic = topic("orders", 2);
        Set<String> ids = new HashSet<>();
        for (Acks acks : Acks.values()) {
            for (Compression compression : Compression.values()) {
                String id = acks + "-" + compression;
                Published at = events.publish(
                        topic.name(),
                        Event.of("x", "text ".repeat(200)).withId(id),
                        Producer.defaults().withAcks(acks).withCompression(compression));
                assertThat(at.offset().isPresent()).isEqualTo(acks != Acks.NONE);
                ids.add(id);
            }
        }

        assertThat(readAll(topic.name(), ids.size()))
                .allSatisfy(e -> assertThat(e.data(String.class)).hasSize(1_000))
                .extracting(Event::id)
                .containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    void publish_async_keeps_the_order_of_calls_and_answers_each() {
        Topic topic = topic("orders", 1);
        Producer producer = Producer.defaults().withLinger(Duration.ofMillis(5)).withBatchSize(ByteSize.kib(4));
        List<CompletableFuture<Published>> answers = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            answers.add(events.publishAsync(topic.name(), Event.of("n", i), producer));
        }

        for (int i = 0; i < 1_000; i++) {
            assertThat(answers.get(i).join().offset()).hasValue(i);
        }
        assertThat(readAll(topic.name(), 1_000))
                .extracting(e -> e.data(Integer.class))
                .isSorted();
    }

    @Test
    void publish_async_does_not_let_a_callback_hold_up_the_log() {
        Topic topic = topic("orders", 1);
        CompletableFuture<Void> gate = new CompletableFuture<>();
        Thread publisher = Thread.ofVirtual()
                .start(() -> events.publishAsync(topic.name(), Event.of("a")).thenRun(gate::join));

        Published second = events.publish(topic.name(), Event.of("b"));

        assertThat(second.offset()).isPresent();
        gate.complete(null);
        PATIENCE.until("the publisher's end", () -> !publisher.isAlive());
    }

    // --- transactions

    @Test
    void transaction_makes_all_of_its_events_visible_at_once() {
        Topic a = topic("a", 1);
        Topic b = topic("b", 2);

        events.transaction(tx -> {
            tx.publish(a.name(), Event.of("one"));
            tx.publish(b.name(), Event.of("two").withKey("k"));
            assertThat(events.topics().status(a.name()).partitions().get(0).stableEnd())
                    .isZero();
            assertThat(events.topics().status(a.name()).partitions().get(0).heldBy())
                    .isNotNull();
        });

        assertThat(readAll(a.name(), 1)).extracting(Event::type).containsExactly("one");
        assertThat(readAll(b.name(), 1)).extracting(Event::type).containsExactly("two");
        assertThat(events.topics().status(a.name()).partitions().get(0).heldBy())
                .isNull();
    }

    @Test
    void transaction_that_throws_leaves_nothing_and_throws_that() {
        Topic topic = topic("orders", 1);

        assertThatThrownBy(() -> events.transaction(tx -> {
                    tx.publish(topic.name(), Event.of("never"));
                    throw new IllegalStateException("changed my mind");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("changed my mind");
        events.publish(topic.name(), Event.of("after"));

        assertThat(readAll(topic.name(), 1)).extracting(Event::type).containsExactly("after");
    }

    @Test
    void transaction_events_published_without_waiting_are_part_of_it() {
        Topic topic = topic("orders", 3);

        events.transaction(tx -> {
            for (int i = 0; i < 100; i++) {
                tx.publishAsync(topic.name(), Event.of("n", i).withKey("k" + i));
            }
        });

        assertThat(readAll(topic.name(), 100)).hasSize(100);
    }

    // --- the front door

    @Test
    void closed_events_refuse_everything_and_can_be_closed_again() {
        Topic topic = topic("orders", 1);
        events.close();

        assertThat(failureOf(() -> events.publish(topic.name(), Event.of("x"))).code())
                .isEqualTo(ErrorCode.CLOSED);
        assertThat(failureOf(() -> events.topics()).code()).isEqualTo(ErrorCode.CLOSED);
        events.close();
    }

    @Test
    void reopened_events_have_everything_that_was_answered() {
        Topic topic = topic("orders", 2);
        Set<String> ids = new HashSet<>();
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 20; i++) {
                ids.add(events.publish(topic.name(), Event.of("order.created", round))
                        .id());
            }
            events.close();
            events = open(home);
        }

        assertThat(events.topics().get(topic.name())).isEqualTo(topic);
        assertThat(readAll(topic.name(), 60)).extracting(Event::id).containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    void failed_future_carries_the_same_error_as_the_call() {
        assertThatThrownBy(() -> {
                    try {
                        events.publishAsync(unique("nowhere"), Event.of("x")).join();
                    } catch (CompletionException e) {
                        throw e.getCause();
                    }
                })
                .isInstanceOf(NotFoundException.class);
    }
}
