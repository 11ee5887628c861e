package io.clusterdb.events.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.AfterDeadLetter;
import io.clusterdb.events.AutoOffsetReset;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DeadLetter;
import io.clusterdb.events.Disposition;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Filter;
import io.clusterdb.events.GroupLag;
import io.clusterdb.events.Message;
import io.clusterdb.events.Ordering;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.testkit.Patience;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The samples of the guide about groups, delivery, dead letters and transactions. */
@Timeout(120)
class DeliveryGuideTest {
    private final Patience patience = new Patience(Duration.ofSeconds(60));
    private final Events events = Events.open(EventBroker.named("shop"));
    private final List<String> processed = new CopyOnWriteArrayList<>();

    @BeforeEach
    void publish() {
        events.createTopic(Topic.named("orders").partitions(3));
        for (int i = 1; i <= 4; i++) {
            events.publish(
                    "orders",
                    Event.of("order.created", new Order("o-" + i, "c-1", i * 500))
                            .withKey("o-" + i));
        }
    }

    @AfterEach
    void close() {
        events.close();
    }

    private void process(Order order) {
        processed.add(order.id());
        if (order.total() == 2000) {
            throw new IllegalArgumentException("too much");
        }
    }

    private void createGroup() {
        events.createConsumerGroup(ConsumerGroup.of("billing", "orders"));
    }

    private void untilAnswered(String group) {
        patience.until("all is answered", () -> events.groups().lag(group).events() == 0);
    }

    @Test
    void a_handler() {
        // snippet: handler
        events.createConsumerGroup(ConsumerGroup.of("billing", "orders").autoOffsetReset(AutoOffsetReset.EARLIEST));

        Subscription subscription = Subscription.of("billing", "orders")
                .filter("data.total >= 1000")
                .concurrency(10)
                .ordering(Ordering.KEY)
                .timeout(Duration.ofSeconds(30))
                .retry(RetryPolicy.exponential(3, Duration.ofMillis(100), Duration.ofSeconds(60), 2.0));
        ActiveSubscription active = events.subscribe(subscription, message -> process(message.data(Order.class)));
        // end

        untilAnswered("billing");
        assertThat(active.failure()).isEmpty();
        active.close();
        assertThat(processed).containsExactlyInAnyOrder("o-2", "o-3", "o-4", "o-4", "o-4");
    }

    @Test
    void a_handler_of_batches() {
        createGroup();
        // snippet: batches
        Subscription subscription = Subscription.of("billing", "orders").batchSize(100);
        ActiveSubscription active = events.subscribeBatches(
                subscription,
                messages -> messages.forEach(
                        message -> processed.add(message.data(Order.class).id())));
        // end

        untilAnswered("billing");
        active.close();
        assertThat(processed).containsExactlyInAnyOrder("o-1", "o-2", "o-3", "o-4");
    }

    @Test
    void the_verbs_of_a_message() {
        createGroup();
        // snippet: verbs
        Subscription subscription = Subscription.of("billing").concurrency(10).timeout(Duration.ofMinutes(1));
        try (Consumer consumer = events.subscribe(subscription)) {
            Optional<Message> next = consumer.next(Duration.ofSeconds(2));
            while (next.isPresent()) {
                Message message = next.get();
                switch (message.data(Order.class).id()) {
                    case "o-1" -> message.commit(); // done
                    case "o-2" -> message.term("no such customer"); // to the dead letters, at once
                    case "o-3" -> message.skip("a test"); // never again, with the reason on record
                    default -> {
                        message.inProgress(); // the time-out starts anew
                        message.nack(Duration.ofSeconds(5)); // again in five seconds
                    }
                }
                next = consumer.next(Duration.ofSeconds(2));
            }
        }
        // end

        GroupLag lag = events.groups().lag("billing");
        assertThat(lag.partitions().stream()
                        .mapToInt(GroupLag.Partition::unanswered)
                        .sum())
                .isOne();
        assertThat(events.deadLetters().list("billing", null, 0, 10))
                .singleElement()
                .satisfies(letter -> {
                    assertThat(letter.disposition()).isEqualTo(Disposition.TERMINATED);
                    assertThat(letter.message()).contains("no such customer");
                });
    }

    @Test
    void dead_letters() {
        createGroup();
        Subscription once =
                Subscription.of("billing").retry(RetryPolicy.exponential(1, Duration.ZERO, Duration.ZERO, 1));
        ActiveSubscription first = events.subscribe(once, message -> process(message.data(Order.class)));
        untilAnswered("billing");
        first.close();

        // snippet: dead-letters
        for (DeadLetter letter : events.deadLetters().list("billing", null, 0, 100)) {
            System.out.println(letter.number() + " " + letter.event().id() + " after " + letter.attempts()
                    + " attempts: " + letter.error() + ": " + letter.message());
        }
        Filter large = Filter.expression("data.total >= 2000");
        long wouldBe = events.deadLetters().replay("billing", large, 1_000, true); // a dry run
        long replayed = events.deadLetters().replay("billing", large, 1_000, false);
        long purged = events.deadLetters().purge("billing", null, 1_000, false);
        // end

        assertThat(wouldBe).isOne();
        assertThat(replayed).isOne();
        assertThat(purged).isZero();
        processed.clear();
        ActiveSubscription second = events.subscribe(
                once, message -> processed.add(message.data(Order.class).id()));
        untilAnswered("billing");
        second.close();
        assertThat(processed).containsExactly("o-4");
    }

    @Test
    void parked_keys() {
        createGroup();
        // snippet: park
        Subscription subscription = Subscription.of("billing", "orders").afterDeadLetter(AfterDeadLetter.PARK);
        // end

        assertThat(subscription.processor().afterDeadLetter()).isEqualTo(AfterDeadLetter.PARK);
        try (Consumer consumer = events.subscribe(subscription)) {
            assertThat(consumer.next().attempt()).isOne();
        }
    }

    @Test
    void transactions() {
        createGroup();
        // snippet: transaction
        events.createTopic(Topic.named("accepted"));
        Subscription subscription = Subscription.of("billing", "orders");
        ActiveSubscription active = events.subscribe(
                subscription,
                message -> events.transaction(tx -> {
                    Order order = message.data(Order.class);
                    tx.publish("accepted", Event.of("order.accepted", order).withKey(order.id()));
                    tx.commit(message);
                }));
        // end

        untilAnswered("billing");
        active.close();
        long accepted = events.topics().status("accepted").partitions().stream()
                .mapToLong(partition -> partition.stableEnd() - partition.start())
                .sum();
        assertThat(accepted)
                .as("four events, each with the marker of its transaction")
                .isEqualTo(8);
    }

    @Test
    void lag_and_reset() {
        createGroup();
        // snippet: administration
        GroupLag lag = events.groups().lag("billing");
        System.out.println(lag.events() + " events, " + lag.behind() + " behind");

        events.groups().reset("billing", AutoOffsetReset.back(Duration.ofHours(2)), false);
        events.groups().delete("billing");
        // end

        assertThat(lag.events()).isEqualTo(4);
        assertThat(events.groups().list()).isEmpty();
    }
}
