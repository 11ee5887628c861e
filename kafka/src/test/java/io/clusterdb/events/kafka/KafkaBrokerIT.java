package io.clusterdb.events.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerConfig;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DeadLetter;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.GroupLag;
import io.clusterdb.events.Handler;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Message;
import io.clusterdb.events.Published;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.TransactionStatus;
import io.clusterdb.events.testkit.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The broker on a real Kafka: two applications share the work of a group, one of them goes, and nothing is lost. */
class KafkaBrokerIT {
    private static final int EVENTS = 1_500;
    private static final Patience PATIENCE = new Patience(Duration.ofSeconds(60));

    private static Events open(String name) {
        return Events.open(
                EventBroker.named(name).store(Kafka.at(KafkaNode.shared().address())));
    }

    private static ConsumerGroup group(String name, String topic) {
        return ConsumerGroup.of(name, topic)
                .config(ConsumerConfig.defaults().session(Duration.ofSeconds(10), Duration.ofMillis(300)));
    }

    /** Fails the first time for some, always for others. */
    private static final class Work implements Handler {
        private final Map<String, AtomicInteger> done = new ConcurrentHashMap<>();

        @Override
        public void handle(Message message) {
            int number = message.data(Integer.class);
            if (number % 500 == 7) {
                throw new IllegalStateException("poison");
            }
            if (number % 50 == 3 && message.attempt() == 1) {
                throw new IllegalStateException("not yet");
            }
            done.computeIfAbsent(Integer.toString(number), n -> new AtomicInteger())
                    .incrementAndGet();
        }
    }

    @Test
    void a_group_in_two_applications_handles_every_event_once() throws Exception {
        String topic = "broker-orders";
        String group = "broker-billing";
        Work work = new Work();
        Subscription subscription = Subscription.of(group)
                .concurrency(8)
                .retry(RetryPolicy.exponential(3, Duration.ofMillis(20), Duration.ofMillis(100), 2));
        try (Events one = open("one")) {
            one.createTopic(Topic.named(topic).partitions(4));
            one.createConsumerGroup(group(group, topic));
            one.subscribe(subscription, work);
            try (Events two = open("two")) {
                two.subscribe(subscription, work);
                publish(one, topic, 0, EVENTS / 2);
                PATIENCE.until("a third is handled", () -> work.done.size() > EVENTS / 3);
            }
            publish(one, topic, EVENTS / 2, EVENTS);

            PATIENCE.until("all are handled", () -> work.done.size() == EVENTS - 3);
            PATIENCE.until("nothing is left", () -> one.groups().lag(group).events() == 0);

            assertThat(work.done.values().stream().map(AtomicInteger::get)).containsOnly(1);
            assertThat(one.deadLetters().list(group, null, 0, 100).stream()
                            .map(DeadLetter::event)
                            .map(e -> e.data(Integer.class)))
                    .containsExactlyInAnyOrder(7, 507, 1007);
        }
        try (Events again = open("again")) {
            GroupLag lag = again.groups().lag(group);
            assertThat(lag.events()).isZero();
            try (Consumer consumer = again.subscribe(Subscription.of(group))) {
                again.publish(topic, Event.of("order.created", EVENTS).withKey("k"));

                Message next = consumer.next(Duration.ofSeconds(30)).orElseThrow();

                assertThat(next.data(Integer.class)).as("nothing comes again").isEqualTo(EVENTS);
                next.commit();
                assertThat(consumer.next(Duration.ofMillis(300))).isEmpty();
            }
        }
    }

    private static void publish(Events events, String topic, int from, int to) {
        List<CompletableFuture<Published>> all = new ArrayList<>();
        for (int i = from; i < to; i++) {
            all.add(events.publishAsync(topic, Event.of("order.created", i).withKey("k" + i % 97)));
        }
        all.forEach(CompletableFuture::join);
    }

    @Test
    void a_transaction_answers_what_it_has_made_of_a_message() {
        String orders = "broker-tx-orders";
        String invoices = "broker-tx-invoices";
        String group = "broker-tx";
        try (Events events = open("tx")) {
            events.createTopic(Topic.named(orders).partitions(2));
            events.createTopic(Topic.named(invoices));
            events.createConsumerGroup(group(group, orders));
            events.createConsumerGroup(group("broker-tx-reader", invoices));
            for (int i = 0; i < 20; i++) {
                events.publish(orders, Event.of("order.created", i).withKey("k" + i));
            }

            try (Consumer consumer = events.subscribe(Subscription.of(group).concurrency(5))) {
                int failed = 0;
                for (int done = 0; done < 20; ) {
                    Message message = consumer.next(Duration.ofSeconds(30)).orElseThrow();
                    boolean fails = failed < 3 && message.attempt() == 1;
                    try {
                        events.transaction(transaction -> {
                            transaction.publish(invoices, Event.of("invoice", message.data(Integer.class)));
                            transaction.commit(message);
                            if (fails) {
                                throw new IllegalStateException("changed its mind");
                            }
                        });
                        done++;
                    } catch (IllegalStateException e) {
                        failed++;
                        message.nack(Duration.ofMillis(10));
                    }
                }
                assertThat(failed).isEqualTo(3);
            }

            Set<Integer> seen = ConcurrentHashMap.newKeySet();
            try (Consumer reader = events.subscribe(Subscription.of("broker-tx-reader"))) {
                for (int i = 0; i < 20; i++) {
                    Optional<Message> next = reader.next(Duration.ofSeconds(30));
                    assertThat(seen.add(next.orElseThrow().data(Integer.class))).isTrue();
                    next.orElseThrow().commit();
                }
                assertThat(reader.next(Duration.ofMillis(300))).isEmpty();
            }
            assertThat(seen).hasSize(20);
            assertThat(events.groups().lag(group).events()).isZero();
        }
    }

    @Test
    void a_transaction_is_aborted_by_another_application() {
        String orders = "broker-abort-orders";
        try (Events one = open("abort-one");
                Events two = open("abort-two")) {
            one.createTopic(Topic.named(orders));

            assertThatThrownBy(() -> one.transaction(tx -> {
                        tx.publish(orders, Event.of("order.created", 1));
                        TransactionStatus open = of("abort-one", two);
                        assertThat(open.held()).containsExactly(new TransactionStatus.Held(orders, 0, 0));
                        two.transactions().abort(open.id());
                        assertThat(two.topics()
                                        .status(orders)
                                        .partitions()
                                        .getFirst()
                                        .heldBy())
                                .isNull();
                        tx.publish(orders, Event.of("order.created", 2));
                    }))
                    .isInstanceOf(ConflictException.class)
                    .hasMessageContaining("EV-2011");
            one.publish(orders, Event.of("order.created", 3).withId("three"));

            try (EventReader reader = two.read(LogQuery.of(orders))) {
                assertThat(reader.next(Duration.ofSeconds(30))
                                .orElseThrow()
                                .event()
                                .id())
                        .isEqualTo("three");
            }
        }
    }

    private static TransactionStatus of(String owner, Events events) {
        return events.transactions().list().stream()
                .filter(t -> t.owner().equals(owner))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void a_deduplication_window_is_refused() {
        try (Events events = open("window")) {
            Topic windowed = Topic.named("broker-window").deduplication(Duration.ofMinutes(2));

            assertThatThrownBy(() -> events.createTopic(windowed))
                    .isInstanceOf(RejectedException.class)
                    .hasMessageContainingAll("deduplication", "PT2M", "kafka", "other processes");
            events.createTopic(windowed.deduplication(null));
            assertThatThrownBy(() -> events.topics().alter(windowed.name(), t -> windowed))
                    .isInstanceOf(RejectedException.class);
        }
    }
}
