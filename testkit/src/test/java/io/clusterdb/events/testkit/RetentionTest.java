package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.AutoOffsetReset;
import io.clusterdb.events.ByteSize;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerConfig;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Disposition;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Message;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.TopicStatus;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What retention deletes, and that nothing that waits for its retry is lost by it. */
class RetentionTest {
    private static final RetryPolicy PATIENT = RetryPolicy.exponential(100, Duration.ofDays(3), Duration.ofDays(3), 1);

    private final Simulation simulation = new Simulation(11);
    private final MemoryStorage storage = new MemoryStorage();
    private Events events = open(RetentionPolicy.FOREVER);
    private final List<Integer> handled = new ArrayList<>();

    /** Events on a disk that a test fills. */
    private record Faulty(FaultyStorage disk) implements Backend {
        @Override
        public String type() {
            return "faulty";
        }

        @Override
        public LogEngine open(EventBroker broker, Environment environment) {
            return new EmbeddedLog(new LogEngine.Facts(type(), true), disk, broker.retention(), environment);
        }
    }

    private Events open(RetentionPolicy defaults) {
        return Events.open(
                simulation,
                EventBroker.named("retention").store(new Memory(storage)).retention(defaults));
    }

    private void publish(String topic, int from, int to) {
        for (int i = from; i < to; i++) {
            events.publish(topic, Event.of("n", i).withKey("k" + i));
        }
    }

    private TopicStatus.Partition partition(String topic) {
        return events.topics().status(topic).partitions().get(0);
    }

    @Test
    void events_older_than_the_retention_time_go_and_offsets_stay() {
        events.createTopic(Topic.named("t").retention(new RetentionPolicy(Duration.ofDays(1), null)));
        publish("t", 0, 10);
        simulation.pass(Duration.ofHours(20));
        publish("t", 10, 15);
        assertThat(partition("t").start()).isZero();

        simulation.pass(Duration.ofHours(5));

        assertThat(partition("t").start()).isEqualTo(10);
        assertThat(partition("t").end()).isEqualTo(15);
        simulation.pass(Duration.ofDays(2));
        assertThat(partition("t").start()).isEqualTo(15);
        publish("t", 15, 16);
        assertThat(partition("t").end()).isEqualTo(16);
    }

    @Test
    void the_brokers_time_is_that_of_topics_without_their_own() {
        events.close();
        events = open(new RetentionPolicy(Duration.ofHours(1), null));
        events.createTopic(Topic.named("short"));
        events.createTopic(Topic.named("long").retention(new RetentionPolicy(Duration.ofDays(9), null)));
        publish("short", 0, 3);
        publish("long", 0, 3);

        simulation.pass(Duration.ofHours(2));

        assertThat(partition("short").start()).isEqualTo(3);
        assertThat(partition("long").start()).isZero();
    }

    @Test
    void a_partition_above_its_size_loses_its_oldest_batches() {
        events.createTopic(Topic.named("t").retention(new RetentionPolicy(null, ByteSize.kib(10))));
        for (int i = 0; i < 100; i++) {
            events.publish("t", Event.of("blob", new byte[1_000]));
        }

        simulation.pass(Duration.ofMinutes(1));

        assertThat(partition("t").bytes())
                .isBetween(ByteSize.kib(10).bytes(), ByteSize.kib(12).bytes());
        assertThat(partition("t").start()).isBetween(85L, 95L);
    }

    @Test
    void all_topics_together_stay_below_the_brokers_size_the_oldest_of_any_go_first() {
        events.close();
        events = open(new RetentionPolicy(null, ByteSize.kib(100)));
        events.createTopic(Topic.named("old"));
        events.createTopic(Topic.named("new"));
        for (int i = 0; i < 60; i++) {
            events.publish("old", Event.of("blob", new byte[1_000]));
        }
        simulation.pass(Duration.ofMinutes(1));
        for (int i = 0; i < 60; i++) {
            events.publish("new", Event.of("blob", new byte[1_000]));
        }

        simulation.pass(Duration.ofMinutes(1));

        assertThat(partition("old").start()).isGreaterThan(0);
        assertThat(partition("new").start()).isZero();
        assertThat(partition("old").bytes() + partition("new").bytes()).isLessThan(110 << 10);
    }

    private ActiveSubscription failing(@Nullable AutoOffsetReset reset) {
        events.createTopic(Topic.named("t").retention(new RetentionPolicy(Duration.ofDays(1), null)));
        ConsumerGroup group = ConsumerGroup.of("g", "t");
        events.createConsumerGroup(reset == null ? group : group.autoOffsetReset(reset));
        ActiveSubscription subscription = events.subscribe(Subscription.of("g").retry(PATIENT), this::handle);
        simulation.pass(Duration.ofSeconds(1));
        return subscription;
    }

    private void handle(Message message) {
        int number = message.data(Integer.class);
        if (number % 2 == 0) {
            throw new IllegalStateException("even");
        }
        handled.add(number);
    }

    @Test
    void what_waits_for_its_retry_becomes_a_dead_letter_before_it_is_deleted() {
        try (ActiveSubscription subscription = failing(null)) {
            publish("t", 0, 6);
            simulation.pass(Duration.ofHours(1));
            assertThat(handled).containsExactlyInAnyOrder(1, 3, 5);

            simulation.pass(Duration.ofDays(2));

            assertThat(subscription.failure()).isEmpty();
        }
        assertThat(partition("t").start()).isEqualTo(6);
        assertThat(events.deadLetters().list("g", null, 0, 10))
                .allMatch(letter -> letter.disposition() == Disposition.EXPIRED)
                .extracting(letter -> letter.event().data(Integer.class))
                .containsExactly(0, 2, 4);
    }

    @Test
    void the_same_holds_for_a_group_without_members() {
        try (ActiveSubscription subscription = failing(null)) {
            publish("t", 0, 6);
            simulation.pass(Duration.ofHours(1));
            assertThat(subscription.failure()).isEmpty();
        }

        simulation.pass(Duration.ofDays(2));

        assertThat(partition("t").start()).isEqualTo(6);
        assertThat(events.deadLetters().list("g", null, 0, 10))
                .extracting(letter -> letter.event().data(Integer.class))
                .containsExactly(0, 2, 4);
        assertThat(events.groups().lag("g").events()).isZero();
    }

    @Test
    void a_topic_of_dead_letters_that_was_deleted_is_made_again_for_what_retention_deletes() {
        try (ActiveSubscription subscription = failing(null)) {
            publish("t", 0, 1);
            simulation.pass(Duration.ofHours(1));
            assertThat(subscription.failure()).isEmpty();
        }
        events.deleteTopic("g.dlq");

        simulation.pass(Duration.ofHours(23).plusSeconds(20));

        assertThat(events.transactions().list()).isEmpty();
        assertThat(partition("t").start()).isEqualTo(1);
        assertThat(events.deadLetters().list("g", null, 0, 10)).hasSize(1);
    }

    @Test
    void a_consumer_that_nobody_pulls_from_holds_nothing_up() {
        events.createTopic(Topic.named("t").retention(new RetentionPolicy(Duration.ofDays(1), null)));
        events.createConsumerGroup(ConsumerGroup.of("g", "t"));
        try (Consumer consumer = events.subscribe(Subscription.of("g").retry(PATIENT))) {
            publish("t", 0, 2);
            consumer.next(Duration.ofMinutes(1)).orElseThrow().nack();

            simulation.pass(Duration.ofDays(2));

            assertThat(partition("t").start()).isEqualTo(2);
        }
        assertThat(events.deadLetters().list("g", null, 0, 10))
                .extracting(letter -> letter.event().data(Integer.class))
                .containsExactly(0);
    }

    @Test
    void a_topic_that_no_member_takes_any_more_is_trimmed_while_its_group_goes_on_in_another() {
        events.createTopic(Topic.named("a"));
        events.createTopic(Topic.named("b").retention(new RetentionPolicy(Duration.ofDays(1), null)));
        events.createConsumerGroup(ConsumerGroup.of("g", "a", "b"));
        try (ActiveSubscription goesOn = events.subscribe(Subscription.of("g", "a"), this::handle)) {
            try (ActiveSubscription ends =
                    events.subscribe(Subscription.of("g", "b").retry(PATIENT), this::handle)) {
                publish("b", 0, 2);
                simulation.pass(Duration.ofMinutes(1));
                assertThat(ends.failure()).isEmpty();
            }
            simulation.pass(Duration.ofDays(2));

            assertThat(partition("b").start()).isEqualTo(2);
            assertThat(goesOn.failure()).isEmpty();
        }
        assertThat(events.deadLetters().list("g", null, 0, 10))
                .extracting(letter -> letter.event().data(Integer.class))
                .containsExactly(0);
    }

    @Test
    void on_a_full_disk_a_group_that_can_write_nothing_down_does_not_keep_retention_from_making_room() {
        FaultyStorage disk = new FaultyStorage(storage);
        events.close();
        events = Events.open(simulation, EventBroker.named("retention").store(new Faulty(disk)));
        RetentionPolicy minute = new RetentionPolicy(Duration.ofMinutes(1), null);
        events.createTopic(Topic.named("t").retention(minute));
        events.createTopic(Topic.named("other").retention(minute));
        events.createConsumerGroup(ConsumerGroup.of("g", "t"));
        try (ActiveSubscription subscription =
                events.subscribe(Subscription.of("g").retry(PATIENT), this::handle)) {
            subscription.pause();
            publish("other", 0, 3);
            publish("t", 0, 6);
            disk.fillToReserve(true);
            subscription.resume();
            simulation.pass(Duration.ofMinutes(2));

            assertThat(handled).isEmpty();
            assertThat(partition("other").start()).isEqualTo(3);
            assertThat(partition("t").start()).isEqualTo(6);

            disk.fillToReserve(false);
            simulation.pass(Duration.ofMinutes(1));
            assertThat(handled).containsExactlyInAnyOrder(1, 3, 5);
            assertThat(subscription.failure()).isEmpty();
        }
        assertThat(events.deadLetters().list("g", null, 0, 10))
                .as("what has failed can't come again")
                .allMatch(letter -> letter.disposition() == Disposition.EXPIRED)
                .extracting(letter -> letter.event().data(Integer.class))
                .containsExactlyInAnyOrder(0, 2, 4);
    }

    @Test
    void on_a_full_disk_what_is_due_for_its_retry_is_not_deleted() {
        FaultyStorage disk = new FaultyStorage(storage);
        events.close();
        events = Events.open(simulation, EventBroker.named("retention").store(new Faulty(disk)));
        events.createTopic(Topic.named("t").retention(new RetentionPolicy(Duration.ofMinutes(1), null)));
        events.createConsumerGroup(ConsumerGroup.of("g", "t"));
        Subscription retried = Subscription.of("g")
                .retry(RetryPolicy.exponential(100, Duration.ofSeconds(30), Duration.ofSeconds(30), 1));
        try (ActiveSubscription subscription = events.subscribe(retried, this::handle)) {
            publish("t", 0, 1);
            simulation.pass(Duration.ofSeconds(1));
            disk.fillToReserve(true);
            simulation.pass(Duration.ofMinutes(5));

            assertThat(partition("t").start()).isZero();

            disk.fillToReserve(false);
            simulation.pass(Duration.ofMinutes(1));
            assertThat(subscription.failure()).isEmpty();
        }
        assertThat(partition("t").start()).isEqualTo(1);
        assertThat(events.deadLetters().list("g", null, 0, 10))
                .extracting(letter -> letter.disposition())
                .containsExactly(Disposition.EXPIRED);
    }

    @Test
    void a_group_whose_topic_for_replays_would_have_too_long_a_name_is_refused() {
        String longest = "g".repeat(234);
        events.createTopic(Topic.named("t").retention(new RetentionPolicy(Duration.ofDays(1), null)));
        events.createTopic(Topic.named("other"));
        events.createConsumerGroup(ConsumerGroup.of(longest, "other"));
        events.subscribe(Subscription.of(longest), this::handle).close();

        assertThatThrownBy(() -> events.createConsumerGroup(ConsumerGroup.of(longest + "g", "other")))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("234");

        publish("t", 0, 1);
        simulation.pass(Duration.ofDays(2));
        assertThat(partition("t").start()).isEqualTo(1);
        events.groups().delete(longest);
    }

    @Test
    void a_group_that_retention_has_overtaken_stops_unless_a_policy_is_declared() {
        failing(null).close();
        publish("t", 0, 6);
        simulation.pass(Duration.ofDays(2));
        publish("t", 6, 10);

        try (ActiveSubscription subscription = events.subscribe(Subscription.of("g"), this::handle)) {
            simulation.pass(Duration.ofMinutes(1));
            assertThat(subscription.failure())
                    .hasValueSatisfying(e -> assertThat(e)
                            .isInstanceOf(RejectedException.class)
                            .hasMessageContaining("out of range")
                            .hasMessageContaining("6"));
            assertThat(handled).isEmpty();
        }
    }

    @Test
    void a_declared_policy_says_where_an_overtaken_group_goes_on() {
        failing(AutoOffsetReset.EARLIEST).close();
        publish("t", 0, 6);
        simulation.pass(Duration.ofDays(2));
        publish("t", 6, 10);

        try (ActiveSubscription subscription = events.subscribe(Subscription.of("g"), this::handle)) {
            simulation.pass(Duration.ofMinutes(1));
            assertThat(subscription.failure()).isEmpty();
        }
        assertThat(handled).containsExactlyInAnyOrder(7, 9);
    }

    @Test
    void an_overtaken_group_goes_on_at_the_end_or_not_at_all_when_it_says_so() {
        for (AutoOffsetReset reset : List.of(AutoOffsetReset.LATEST, AutoOffsetReset.NONE)) {
            String name = reset.getClass().getSimpleName();
            events.createTopic(Topic.named(name).retention(new RetentionPolicy(Duration.ofDays(1), null)));
            events.createConsumerGroup(ConsumerGroup.of(name, name).autoOffsetReset(reset));
            events.groups().reset(name, AutoOffsetReset.EARLIEST, false);
            publish(name, 0, 6);
            simulation.pass(Duration.ofDays(2));
            publish(name, 7, 8);
            try (ActiveSubscription subscription = events.subscribe(Subscription.of(name), this::handle)) {
                simulation.pass(Duration.ofMinutes(1));
                publish(name, 9, 10);
                simulation.pass(Duration.ofMinutes(1));
                assertThat(subscription.failure().isPresent()).isEqualTo(reset.equals(AutoOffsetReset.NONE));
            }
        }
        assertThat(handled).containsExactly(9);
    }

    @Test
    void who_pulls_hears_that_the_group_was_overtaken_however_late() {
        failing(null).close();
        publish("t", 0, 6);
        simulation.pass(Duration.ofDays(2));

        try (Consumer consumer = events.subscribe(Subscription.of("g"))) {
            simulation.pass(Duration.ofSeconds(1));
            assertThatThrownBy(() -> consumer.next(Duration.ofSeconds(1)))
                    .isInstanceOf(RejectedException.class)
                    .hasMessageContaining("out of range");
        }
    }

    /** Behind a parked event of its key, one that was never handed out, and both of them deleted; others are there. */
    private void leaveBehind(@Nullable AutoOffsetReset reset) {
        try (ActiveSubscription subscription = failing(reset)) {
            events.publish("t", Event.of("n", 0).withKey("k"));
            events.publish("t", Event.of("n", 1).withKey("k"));
            publish("t", 3, 4);
            simulation.pass(Duration.ofHours(20));
            publish("t", 5, 6);
            simulation.pass(Duration.ofMinutes(1));
            assertThat(subscription.failure()).isEmpty();
        }
        assertThat(handled).containsExactly(3, 5);
        simulation.pass(Duration.ofHours(10));
        assertThat(partition("t").start()).isEqualTo(3);
        publish("t", 7, 8);
    }

    @Test
    void what_was_left_behind_another_of_its_key_and_is_deleted_stops_a_group_without_a_policy() {
        leaveBehind(null);
        try (ActiveSubscription subscription = events.subscribe(Subscription.of("g"), this::handle)) {
            simulation.pass(Duration.ofMinutes(1));
            assertThat(subscription.failure()).isPresent();
        }
        assertThat(handled).containsExactly(3, 5);
    }

    @Test
    void what_was_left_behind_another_of_its_key_and_is_deleted_is_passed_over_with_a_policy() {
        leaveBehind(AutoOffsetReset.LATEST);
        try (ActiveSubscription subscription = events.subscribe(Subscription.of("g"), this::handle)) {
            simulation.pass(Duration.ofMinutes(1));
            assertThat(subscription.failure()).isEmpty();
        }
        assertThat(handled).containsExactly(3, 5, 7);
        assertThat(events.groups().lag("g").events()).isZero();
    }

    @Test
    void who_has_stopped_pulling_holds_up_no_retention() {
        events.createTopic(Topic.named("other").retention(new RetentionPolicy(Duration.ofDays(1), null)));
        publish("other", 0, 3);
        failing(null).close();
        publish("t", 0, 2);
        try (Consumer consumer = events.subscribe(Subscription.of("g").retry(PATIENT))) {
            consumer.next(Duration.ofSeconds(1)).orElseThrow().nack();
            simulation.pass(Duration.ofDays(2));

            assertThat(partition("other").start()).isEqualTo(3);
            assertThat(partition("t").start()).isEqualTo(2);
            assertThat(events.deadLetters().list("g", null, 0, 10))
                    .extracting(letter -> letter.event().data(Integer.class))
                    .containsExactly(0);
        }
    }

    @Test
    void what_waits_becomes_a_dead_letter_before_a_paused_group_has_read_it_again() {
        events.createTopic(Topic.named("t").retention(new RetentionPolicy(Duration.ofDays(1), null)));
        events.createConsumerGroup(
                ConsumerGroup.of("g", "t").config(ConsumerConfig.defaults().maxPollRecords(1)));
        Subscription patient = Subscription.of("g").retry(PATIENT);
        publish("t", 0, 8);
        try (ActiveSubscription subscription = events.subscribe(patient, this::handle)) {
            simulation.pass(Duration.ofHours(1));
            assertThat(subscription.failure()).isEmpty();
        }

        try (ActiveSubscription paused = events.subscribe(patient, this::handle)) {
            paused.pause();
            simulation.pass(Duration.ofDays(2));
            assertThat(partition("t").start()).isEqualTo(8);

            handled.clear();
            paused.resume();
            publish("t", 9, 10);
            simulation.pass(Duration.ofMinutes(1));
            assertThat(paused.failure()).isEmpty();
            assertThat(handled).as("it reads on behind what was deleted").containsExactly(9);
        }
        assertThat(events.deadLetters().list("g", null, 0, 10))
                .extracting(letter -> letter.event().data(Integer.class))
                .containsExactly(0, 2, 4, 6);
    }

    @Test
    void without_a_position_and_with_reset_none_subscribing_fails() {
        events.createTopic(Topic.named("t"));
        events.createConsumerGroup(ConsumerGroup.of("g", "t").autoOffsetReset(AutoOffsetReset.NONE));

        assertThatThrownBy(() -> events.subscribe(Subscription.of("g"), this::handle))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("no position");
        events.groups().reset("g", AutoOffsetReset.EARLIEST, false);
        publish("t", 1, 2);
        try (ActiveSubscription subscription = events.subscribe(Subscription.of("g"), this::handle)) {
            simulation.pass(Duration.ofMinutes(1));
            assertThat(subscription.failure()).isEmpty();
        }
        assertThat(handled).containsExactly(1);
    }
}
