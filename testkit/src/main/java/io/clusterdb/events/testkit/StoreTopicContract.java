package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Message;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.StoredEvent;
import io.clusterdb.events.Topic;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What groups get of a store that is in the broker's place: its events are a topic, {@code store:<name>}. */
public abstract class StoreTopicContract extends GroupFixture {
    private static final String STORE = "store:orders";

    /** Opens a broker on the engine. */
    protected abstract Events openBroker(Path home);

    @Override
    protected final Events open(Path home) {
        Events opened = openBroker(home);
        opened.configureStore(EventStore.named("orders"));
        return opened;
    }

    @BeforeEach
    final void consumeTheStore() {
        topic = STORE;
        events.createConsumerGroup(ConsumerGroup.of(group, STORE));
    }

    private void store(String aggregate, int... totals) {
        List<DomainEvent> all = new ArrayList<>();
        for (int total : totals) {
            all.add(DomainEvent.of("Order", aggregate, 0, new Order(aggregate, total))
                    .withMetadata("user", "u-1"));
        }
        events.storeEvents(all);
    }

    @Test
    void stored_events_come_to_a_group_once_in_their_order_with_the_aggregate_as_key() {
        store("o-1", 1, 20, 3);
        store("o-2", 40);
        Queue<String> handled = new ConcurrentLinkedQueue<>();

        try (ActiveSubscription s = events.subscribe(
                subscription().filter("data.total >= 3 && type == 'Order'"),
                m -> handled.add(m.payload().key() + ":" + m.offset() + ":"
                        + m.data(Order.class).total()))) {
            store("o-1", 50);
            new Patience(budget()).until("all are handled", () -> handled.size() == 4 && lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }
        events.close();
        events = open(home);

        assertThat(handled)
                .filteredOn(h -> h.startsWith("o-1"))
                .containsExactly("o-1:1:20.0", "o-1:2:3.0", "o-1:4:50.0");
        assertThat(handled).contains("o-2:3:40.0");
        try (Consumer consumer = events.subscribe(subscription())) {
            assertThat(consumer.next(A_MOMENT)).isEmpty();
            store("o-3", 7);
            Message message = take(consumer);
            assertThat(message.topic()).isEqualTo(STORE);
            assertThat(message.payload().key()).isEqualTo("o-3");
            assertThat(message.payload().source()).isEqualTo("orders");
            assertThat(message.payload().metadata()).containsEntry("user", "u-1");
            message.commit();
        }
    }

    @Test
    void stored_event_that_fails_each_time_becomes_a_dead_letter_and_can_be_replayed() {
        store("bad", 1);
        store("good", 2);
        Queue<String> handled = new ConcurrentLinkedQueue<>();
        try (ActiveSubscription s = events.subscribe(subscription(), m -> {
            if (m.data(Order.class).id().equals("bad")) {
                throw new IllegalArgumentException("bad order");
            }
            handled.add(m.data(Order.class).id());
        })) {
            new Patience(budget()).until("the good one", () -> handled.size() == 1 && lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }

        assertThat(deadLetters()).singleElement().satisfies(letter -> {
            assertThat(letter.topic()).isEqualTo(STORE);
            assertThat(letter.offset()).isZero();
            assertThat(letter.attempts()).isEqualTo(3);
            assertThat(letter.event().key()).isEqualTo("bad");
        });
        events.deadLetters().replay(group, null, 10, false);
        try (Consumer consumer = events.subscribe(subscription())) {
            Message again = take(consumer);
            assertThat(again.payload().key()).isEqualTo("bad");
            assertThat(again.topic()).isEqualTo(STORE);
            again.commit();
        }
        assertThat(events.getEvents("bad")).hasSize(1);
    }

    @Test
    void stored_events_are_forwarded_to_another_topic_exactly_once() {
        events.createTopic(Topic.named("forwarded"));
        int count = 40;
        for (int i = 0; i < count; i++) {
            store("o-" + i % 4, i);
        }

        try (ActiveSubscription s = events.subscribe(subscription().concurrency(4), m -> {
            events.transaction(tx -> {
                tx.publish("forwarded", m.payload());
                tx.commit(m);
            });
            if (m.offset() % 5 == 0 && m.attempt() == 1) {
                throw new IllegalStateException("behind the commit, which stands");
            }
        })) {
            new Patience(budget()).until("all are forwarded", () -> lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }

        assertThat(read("forwarded"))
                .extracting(e -> (int) e.event().data(Order.class).total())
                .containsExactlyInAnyOrderElementsOf(
                        java.util.stream.IntStream.range(0, count).boxed().toList());
        assertThat(deadLetters()).isEmpty();
    }

    @Test
    void topic_of_a_store_is_read_like_every_other() {
        store("o-1", 1, 2);

        assertThat(read(STORE)).extracting(StoredEvent::offset).containsExactly(0L, 1L);
        assertThat(events.topics().status(STORE).partitions().getFirst().end()).isEqualTo(2);
    }

    @Test
    void topic_of_a_store_is_written_by_the_store_alone_and_stays() {
        store("o-1", 1);
        events.createTopic(Topic.named("others"));

        reserved(() -> events.publish(STORE, Event.of("Order", "x")));
        reserved(() -> events.transaction(tx -> tx.publish(STORE, Event.of("Order", "x"))));
        reserved(() -> events.createTopic(Topic.named("store:others")));
        reserved(() -> events.deleteTopic(STORE));
        reserved(() -> events.topics().alter(STORE, t -> t.owner("me")));
        assertThatThrownBy(() -> events.createTopic(Topic.named("routed").route("true", STORE)))
                .isInstanceOf(RejectedException.class);

        assertThat(read(STORE)).hasSize(1);
    }

    private static void reserved(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RejectedException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_NAME));
    }

    private List<StoredEvent> read(String name) {
        List<StoredEvent> all = new ArrayList<>();
        try (EventReader reader = events.read(LogQuery.of(name))) {
            while (!reader.isCaughtUp()) {
                reader.next(budget()).ifPresent(all::add);
            }
        }
        return all;
    }
}
