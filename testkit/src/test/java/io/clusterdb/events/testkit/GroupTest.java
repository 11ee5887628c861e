package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.ConsumerConfig;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Message;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.memory.MemoryStorage;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
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
}
