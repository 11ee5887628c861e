package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.AutoOffsetReset;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerConfig;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Disposition;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Message;
import io.clusterdb.events.Published;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.memory.MemoryStorage;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a group does where its means end: with what it can't write down, and with more than it reads at a time. */
class GroupTest {
    private static final int MANY = 10_600;

    private final Simulation simulation = new Simulation(5);
    private final MemoryStorage storage = new MemoryStorage();
    private Events events = open();
    private boolean healthy;
    private final Set<Integer> handled = new HashSet<>();

    private Events open() {
        return Events.open(simulation, EventBroker.named("group").store(new Memory(storage)));
    }

    private void handle(Message message) {
        if (!healthy) {
            throw new IllegalStateException("ill");
        }
        handled.add(message.data(Integer.class));
    }

    @Test
    void a_dead_letter_that_its_topic_does_not_take_is_kept_until_it_does() {
        events.createTopic(Topic.named("t"));
        events.createTopic(Topic.named("letters").cleanup(CleanupPolicy.COMPACT));
        events.createConsumerGroup(ConsumerGroup.of("g", "t"));
        events.publish("t", Event.of("n", 0)); // without a key, which a compacted topic needs
        Subscription subscription = Subscription.of("g")
                .deadLetters("letters")
                .retry(RetryPolicy.exponential(1, Duration.ZERO, Duration.ZERO, 1));
        try (ActiveSubscription active = events.subscribe(subscription, this::handle)) {
            simulation.pass(Duration.ofSeconds(5));
            assertThat(active.failure())
                    .hasValueSatisfying(e ->
                            assertThat(e).isInstanceOf(RejectedException.class).hasMessageContaining("letters"));
            assertThat(events.topics().status("letters").partitions().get(0).end())
                    .isZero();

            events.topics().alter("letters", topic -> topic.cleanup(CleanupPolicy.DELETE));
            simulation.pass(Duration.ofSeconds(5));
            assertThat(events.topics().status("letters").partitions().get(0).end())
                    .isEqualTo(1);
            assertThat(events.groups().lag("g").events()).isZero();
        }
    }

    @Test
    void a_backoff_without_an_end_is_one() {
        events.createTopic(Topic.named("t"));
        events.createConsumerGroup(ConsumerGroup.of("g", "t"));
        events.publish("t", Event.of("n", 0));
        RetryPolicy endless =
                RetryPolicy.exponential(3, Duration.ofSeconds(1), ChronoUnit.FOREVER.getDuration(), 1_000);
        try (ActiveSubscription active = events.subscribe(Subscription.of("g").retry(endless), this::handle)) {
            simulation.pass(Duration.ofSeconds(3));
            healthy = true;
            simulation.pass(Duration.ofHours(1));
            assertThat(active.failure()).isEmpty();
        }
        assertThat(handled).containsExactly(0);
    }

    @Test
    void a_partition_is_taken_up_again_however_much_of_it_was_left_unanswered() {
        events.createTopic(Topic.named("t"));
        events.createConsumerGroup(
                ConsumerGroup.of("g", "t").config(ConsumerConfig.defaults().maxPollRecords(999)));
        for (int i = 0; i < MANY; i++) {
            events.publishAsync("t", Event.of("n", i));
        }
        simulation.pass(Duration.ofSeconds(1));
        Subscription subscription = Subscription.of("g")
                .concurrency(100)
                .retry(RetryPolicy.exponential(3, Duration.ofMinutes(2), Duration.ofMinutes(2), 1));
        try (ActiveSubscription active = events.subscribe(subscription, this::handle)) {
            simulation.pass(Duration.ofSeconds(10));
            assertThat(active.failure()).isEmpty();
        }
        assertThat(events.groups().lag("g").partitions().get(0).parked()).isEqualTo(MANY);
        events.groups().alter("g", g -> g.config(g.config().maxPollRecords(10)));
        healthy = true;

        try (ActiveSubscription active = events.subscribe(subscription, this::handle)) {
            simulation.pass(Duration.ofMinutes(5));
            assertThat(active.failure()).isEmpty();
        }
        assertThat(handled).hasSize(MANY);
    }

    private void topicAndGroup(int partitions) {
        events.createTopic(Topic.named("t").partitions(partitions));
        events.createConsumerGroup(ConsumerGroup.of("g", "t"));
    }

    private static RetryPolicy attempts(int attempts, Duration wait) {
        return RetryPolicy.exponential(attempts, wait, wait, 1);
    }

    @Test
    void lag_is_of_what_is_committed_in_events_and_in_time_and_has_a_trend() {
        topicAndGroup(1);
        try (ActiveSubscription active = events.subscribe(Subscription.of("g"), this::handle)) {
            active.pause();
            events.publish("t", Event.of("n", 0));
            simulation.pass(Duration.ofSeconds(90));
            assertThat(events.groups().lag("g").behind()).isBetween(Duration.ofSeconds(90), Duration.ofSeconds(91));

            for (int i = 1; i < 4; i++) {
                events.publish("t", Event.of("n", i));
            }
            simulation.pass(Duration.ofMinutes(1));
            assertThat(events.groups().lag("g").trend()).isPositive();
            events.transaction(tx -> {
                tx.publish("t", Event.of("n", 4));
                assertThat(events.groups().lag("g").events()).isEqualTo(4);
            });
        }
    }

    @Test
    void what_is_not_answered_in_time_is_a_dead_letter_that_says_so_and_where_it_was() {
        topicAndGroup(3);
        Published published = events.publish("t", Event.of("n", 7).withKey("k"));
        Subscription once = Subscription.of("g").timeout(Duration.ofSeconds(1)).retry(attempts(1, Duration.ZERO));
        try (Consumer consumer = events.subscribe(once)) {
            assertThat(consumer.next(Duration.ofMinutes(1))).isPresent();
            simulation.pass(Duration.ofSeconds(5));
        }

        assertThat(events.deadLetters().list("g", null, 0, 10)).singleElement().satisfies(letter -> {
            assertThat(letter.disposition()).isEqualTo(Disposition.TIMEOUT);
            assertThat(letter.partition()).isEqualTo(published.partition());
            assertThat(letter.event().key()).isEqualTo("k");
        });
    }

    @Test
    void who_pulls_gets_no_more_at_a_time_than_the_concurrency_says() {
        topicAndGroup(1);
        for (int i = 0; i < 3; i++) {
            events.publish("t", Event.of("n", i));
        }
        try (Consumer consumer = events.subscribe(Subscription.of("g").concurrency(2))) {
            Message first = consumer.next(Duration.ofSeconds(1)).orElseThrow();
            assertThat(consumer.next(Duration.ofSeconds(1))).isPresent();
            assertThat(consumer.next(Duration.ofSeconds(1))).isEmpty();
            first.commit();
            assertThat(consumer.next(Duration.ofSeconds(1))).isPresent();
        }
    }

    @Test
    void one_that_waits_for_its_retry_holds_up_nothing_however_much_comes_behind_it() {
        topicAndGroup(1);
        for (int i = 0; i < 12_000; i++) {
            events.publishAsync("t", Event.of("n", i));
        }
        simulation.pass(Duration.ofSeconds(1));
        Subscription patient = Subscription.of("g").retry(attempts(3, Duration.ofHours(1)));
        healthy = true;
        try (ActiveSubscription active = events.subscribe(patient, message -> {
            if (message.data(Integer.class) == 0) {
                throw new IllegalStateException("the first");
            }
            handle(message);
        })) {
            simulation.pass(Duration.ofMinutes(1));
            assertThat(active.failure()).isEmpty();
        }
        assertThat(handled).hasSize(11_999);
        assertThat(events.groups().lag("g").partitions().get(0).parked()).isOne();
    }

    @Test
    void many_dead_letters_are_replayed_page_by_page_each_once_and_in_order_per_key() {
        topicAndGroup(1);
        for (int i = 0; i < 450; i++) {
            events.publishAsync("t", Event.of("n", i).withKey("k" + i % 5));
        }
        Subscription once = Subscription.of("g").concurrency(10).retry(attempts(1, Duration.ZERO));
        try (ActiveSubscription active = events.subscribe(once, this::handle)) {
            simulation.pass(Duration.ofSeconds(30));
            assertThat(active.failure()).isEmpty();
        }
        assertThat(events.deadLetters().replay("g", null, 1_000, true)).isEqualTo(450);
        assertThat(events.deadLetters().replay("g", null, 250, false)).isEqualTo(250);
        events.close();
        events = open();
        assertThat(events.deadLetters().replay("g", null, 1_000, false)).isEqualTo(200);
        assertThat(events.deadLetters().list("g", null, 0, 10)).isEmpty();

        List<Integer> again = new ArrayList<>();
        try (ActiveSubscription active = events.subscribe(once, m -> again.add(m.data(Integer.class)))) {
            simulation.pass(Duration.ofSeconds(30));
            assertThat(active.failure()).isEmpty();
        }
        assertThat(again).hasSize(450).doesNotHaveDuplicates();
        for (int key = 0; key < 5; key++) {
            int of = key;
            assertThat(again.stream().filter(n -> n % 5 == of)).isSorted();
        }
    }

    @Test
    void a_group_begins_at_a_time_or_so_long_ago_and_is_reset_so() {
        events.createTopic(Topic.named("t"));
        events.publish("t", Event.of("n", 0));
        simulation.pass(Duration.ofHours(1));
        Instant between = Instant.ofEpochMilli(simulation.millis());
        events.publish("t", Event.of("n", 1));
        simulation.pass(Duration.ofMinutes(10));
        healthy = true;
        for (AutoOffsetReset reset :
                List.of(AutoOffsetReset.at(between), AutoOffsetReset.back(Duration.ofMinutes(30)))) {
            handled.clear();
            String name = reset.getClass().getSimpleName();
            events.createConsumerGroup(ConsumerGroup.of(name, "t").autoOffsetReset(reset));
            try (ActiveSubscription active = events.subscribe(Subscription.of(name), this::handle)) {
                simulation.pass(Duration.ofSeconds(5));
                assertThat(active.failure()).isEmpty();
            }
            assertThat(handled).containsExactly(1);

            assertThat(events.groups().reset(name, AutoOffsetReset.back(Duration.ofHours(2)), true))
                    .allMatch(change -> change.to() == 0);
            assertThat(events.groups().reset(name, reset, true)).allMatch(change -> change.to() == 1);
        }
    }
}
