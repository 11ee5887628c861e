package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.ForwardStatus;
import io.clusterdb.events.Message;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.StoredEvent;
import io.clusterdb.events.Topic;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.spi.StoreBackend;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What comes to a topic of a store that is forwarded to it: every event, once, in the order of the store. */
public abstract class StoreForwardContract extends GroupFixture {
    private static final String STORE = "orders";

    private int next;

    protected abstract EventBroker broker(Path home);

    /** Where the store is kept; asked again on the same folder to find what was stored before. */
    protected abstract StoreBackend place(Path home);

    @Override
    protected final Events open(Path home) {
        return open(home, place(home));
    }

    private Events open(Path home, StoreBackend place) {
        return Events.open(broker(home), EventStore.named(STORE).store(place).forwardTo(topic));
    }

    /** Stores so many events, of four aggregates, some of them together. */
    protected final void store(int count) {
        List<DomainEvent> together = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            together.add(event("x"));
            if (together.size() == 1 + next % 3 || i == count - 1) {
                events.storeEvents(together);
                together.clear();
            }
        }
    }

    private DomainEvent event(String text) {
        String id = "e-" + next++;
        return DomainEvent.of("Order", "o-" + next % 4, 0, "order.changed", Map.of("id", id, "text", text))
                .withId(id);
    }

    /** All events of the store are in the topic, once, those of each aggregate in their order. */
    protected final void awaitAll() {
        long count = events.store().all().lastPosition();
        PATIENCE.until(
                count + " events are forwarded",
                () -> status().behind() == 0 && status().failure() == null); // which is taken back a moment later
        PATIENCE.until(
                "they can be read", () -> all(topic).size() >= count); // a moment behind their commit, on a cluster
        Map<String, Long> versions = new HashMap<>();
        List<Long> positions = new ArrayList<>();
        for (StoredEvent stored : all(topic)) {
            DomainEvent event = DomainEvent.of(stored.event()).orElseThrow();
            positions.add(event.position());
            assertThat(event.version())
                    .as("version behind the one before of %s", event)
                    .isEqualTo(versions.merge(event.aggregateId(), 1L, Long::sum));
        }
        List<Long> expected = new ArrayList<>();
        events.store().all().forEach(event -> expected.add(event.position()));
        assertThat(positions.stream().sorted().toList()).isEqualTo(expected).hasSize(Math.toIntExact(count));
    }

    protected final ForwardStatus status() {
        return events.forwards().stream()
                .filter(status -> status.topic().equals(topic))
                .findFirst()
                .orElseThrow();
    }

    private void awaitFailure(String text) {
        PATIENCE.until(
                "it is told: " + text, () -> String.valueOf(status().failure()).contains(text));
    }

    @Test
    void every_event_comes_once_in_the_order_of_the_store_through_restarts() {
        topic(3);
        store(10);
        for (int life = 0; life < 3; life++) {
            store(20);
            events.close();
            events = open(home);
            store(5);
        }

        awaitAll();
        assertThat(all(topic)).hasSize(85);
        assertThat(status().position()).isEqualTo(85);
    }

    @Test
    void events_wait_for_a_topic_that_is_not_there_and_come_without_a_gap_when_it_is() {
        store(7);
        awaitFailure("Unknown topic " + topic);
        assertThat(status().behind()).isEqualTo(7);
        topic(1);

        awaitAll();
        events.deleteTopic(topic);
        store(6);
        awaitFailure("Unknown topic " + topic);
        topic(1);
        PATIENCE.until("the rest can be read", () -> all(topic).size() >= 6 && status().failure() == null);

        assertThat(all(topic))
                .extracting(s -> DomainEvent.of(s.event()).orElseThrow().position())
                .containsExactly(8L, 9L, 10L, 11L, 12L, 13L);
    }

    @Test
    void event_that_the_topic_refuses_holds_up_those_behind_it_and_is_told() {
        events.createTopic(Topic.named(topic).maxMessageSize(ByteSize.kib(4)));
        store(3);
        events.storeEvent(event("x".repeat(6_000)));
        store(3);

        awaitFailure("too large");
        PATIENCE.until("those before it are there", () -> all(topic).size() == 3);
        assertThat(status().behind()).isEqualTo(4);
        events.topics().alter(topic, t -> t.maxMessageSize(ByteSize.kib(64)));

        awaitAll();
        PATIENCE.until("nothing is wrong", () -> status().failure() == null);
    }

    @Test
    void consumers_get_what_an_event_is_in_its_store() {
        topic(1);
        events.createConsumerGroup(ConsumerGroup.of(group, topic));
        events.storeEvent(event("first").withMetadata("user", "u-1"));

        try (Consumer consumer = events.subscribe(subscription().filter("data.text == 'first'"))) {
            Message message = take(consumer);
            assertThat(message.payload().key()).isEqualTo("o-1");
            assertThat(message.payload().id()).isEqualTo("e-0");
            assertThat(message.payload().source()).isEqualTo(STORE);
            assertThat(message.payload().metadata()).containsExactly(Map.entry("user", "u-1"));
            DomainEvent stored = DomainEvent.of(message.payload()).orElseThrow();
            assertThat(stored.position()).isEqualTo(1);
            assertThat(stored.version()).isEqualTo(1);
            assertThat(stored.aggregateType()).isEqualTo("Order");
            assertThat(stored.isSameAs(events.getEvents("o-1").getFirst())).isTrue();
            message.commit();
        }
        events.publish(topic, Event.of("by.hand", 1));
        assertThat(DomainEvent.of(all(topic).getLast().event())).isEmpty();
    }

    @Test
    void routes_of_the_topic_hold() {
        String copies = topic + "-copies";
        events.createTopic(Topic.named(copies));
        events.createTopic(Topic.named(topic).route("data.text == 'wanted'", copies));
        store(3);
        events.storeEvent(event("wanted"));
        store(2);

        awaitAll();
        PATIENCE.until("the copy can be read", () -> !all(copies).isEmpty());
        assertThat(all(copies))
                .extracting(s -> DomainEvent.of(s.event()).orElseThrow().position())
                .containsExactly(4L);
    }

    @Test
    void another_store_of_the_name_is_forwarded_from_its_first_event() {
        topic(1);
        store(4);
        awaitAll();
        events.close();
        events = open(home, Memory.create());
        store(3);
        PATIENCE.until("all can be read", () -> all(topic).size() >= 7);

        assertThat(all(topic))
                .extracting(s -> DomainEvent.of(s.event()).orElseThrow().position())
                .containsExactly(1L, 2L, 3L, 4L, 1L, 2L, 3L);
    }

    @Test
    void topics_of_the_broker_are_none_to_forward_to() {
        assertThatThrownBy(() -> events.configureStore(
                        EventStore.named("other").store(Memory.create()).forwardTo("_events.groups")))
                .isInstanceOfSatisfying(
                        RejectedException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_NAME));
        assertThatThrownBy(() -> EventStore.named("other").forwardTo("store:orders"))
                .isInstanceOfSatisfying(
                        RejectedException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_NAME));
    }
}
