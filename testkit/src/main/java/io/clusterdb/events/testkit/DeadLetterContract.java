package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.AfterDeadLetter;
import io.clusterdb.events.AutoOffsetReset;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DeadLetter;
import io.clusterdb.events.Disposition;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Filter;
import io.clusterdb.events.GroupLag;
import io.clusterdb.events.Groups;
import io.clusterdb.events.Message;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What dead letters, answers in transactions and the positions of groups promise, on every engine. */
public abstract class DeadLetterContract extends GroupFixture {
    // --- dead letters

    @Test
    void exhausted_event_becomes_a_dead_letter_with_all_that_is_known_and_the_key_flows_on() {
        topicAndGroup(1);
        events.publish(
                topic, Event.of("order", new Order("bad", 1)).withKey("k").withMetadata("trace", "t-1"));
        events.publish(topic, Event.of("order", new Order("good", 2)).withKey("k"));
        Queue<String> handled = new ConcurrentLinkedQueue<>();
        try (ActiveSubscription s = events.subscribe(subscription(), m -> {
            if (m.data(Order.class).id().equals("bad")) {
                throw new IllegalArgumentException("bad order");
            }
            handled.add(m.data(Order.class).id());
        })) {
            PATIENCE.until("the good one", () -> handled.size() == 1 && lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }

        assertThat(deadLetters()).singleElement().satisfies(letter -> {
            assertThat(letter.event().data(Order.class).id()).isEqualTo("bad");
            assertThat(letter.event().key()).isEqualTo("k");
            assertThat(letter.event().metadata()).isEqualTo(Map.of("trace", "t-1"));
            assertThat(letter.topic()).isEqualTo(topic);
            assertThat(letter.offset()).isZero();
            assertThat(letter.attempts()).isEqualTo(3);
            assertThat(letter.disposition()).isEqualTo(Disposition.EXHAUSTED);
            assertThat(letter.error()).isEqualTo(IllegalArgumentException.class.getName());
            assertThat(letter.message()).isEqualTo("bad order");
            assertThat(letter.firstFailure()).isBefore(letter.lastFailure());
        });
    }

    @Test
    void dead_letters_whose_topic_is_deleted_under_the_group_get_another() {
        topicAndGroup(1);
        publish(0, 2);
        try (Consumer consumer = events.subscribe(subscription())) {
            Message first = take(consumer);
            events.topics().delete(group + ".dlq");
            first.term("bad");
            take(consumer).commit();
        }
        assertThat(deadLetters()).extracting(DeadLetter::message).containsExactly("bad");
        assertThat(lag().events()).isZero();
    }

    @Test
    void data_that_can_not_be_read_is_a_dead_letter_at_once() {
        topicAndGroup(1);
        events.publish(topic, Event.of("order").withContent(new byte[] {'{', 'x'}, "application/json"));
        events.publish(topic, Event.of("order", new Order("good", 2)));
        AtomicInteger handled = new AtomicInteger();
        try (ActiveSubscription s = events.subscribe(subscription(), m -> {
            m.data(Order.class);
            handled.incrementAndGet();
        })) {
            PATIENCE.until("the good one", () -> handled.get() == 1 && lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }
        assertThat(deadLetters()).singleElement().satisfies(letter -> {
            assertThat(letter.disposition()).isEqualTo(Disposition.UNDECODABLE);
            assertThat(letter.attempts()).isEqualTo(1);
            assertThat(letter.event().bytes()).containsExactly('{', 'x');
        });
    }

    @Test
    void an_expression_selects_dead_letters_by_what_was_published_and_none_that_can_not_be_read() {
        topic(1);
        String other = topic + "-other";
        events.createTopic(Topic.named(other));
        events.createConsumerGroup(ConsumerGroup.of(group, topic, other));
        events.publish(topic, Event.of("order").withContent(new byte[] {'{', 'x'}, "application/json"));
        events.publish(topic, Event.of("order", new Order("a", 5)));
        events.publish(other, Event.of("order", new Order("b", 5)));
        try (Consumer consumer = events.subscribe(Subscription.of(group))) {
            for (int i = 0; i < 3; i++) {
                take(consumer).term("bad");
            }
        }

        assertThat(deadLetters()).hasSize(3);
        assertThat(events.deadLetters().list(group, Filter.expression("data.total >= 2"), 0, 10))
                .hasSize(2);
        assertThat(events.deadLetters().list(group, Filter.expression("topic == '" + other + "'"), 0, 10))
                .singleElement()
                .satisfies(letter ->
                        assertThat(letter.event().data(Order.class).id()).isEqualTo("b"));
        assertThat(events.deadLetters().replay(group, Filter.expression("data.total >= 2 && offset == 1"), 10, false))
                .isEqualTo(1);
        assertThat(deadLetters()).hasSize(2);
    }

    @Test
    void dead_letters_in_a_topic_that_somebody_has_made_with_more_partitions_are_all_there() {
        topicAndGroup(1);
        events.createTopic(Topic.named(group + ".dlq").partitions(3));
        for (int i = 0; i < 10; i++) {
            events.publish(topic, Event.of("n", i).withKey("k" + i));
        }
        try (Consumer consumer = events.subscribe(subscription())) {
            for (int i = 0; i < 10; i++) {
                take(consumer).term("bad");
            }
        }

        assertThat(deadLetters()).hasSize(10);
    }

    @Test
    void replayed_dead_letters_come_to_their_group_alone_in_order_with_their_origin() {
        topicAndGroup(1);
        events.createConsumerGroup(ConsumerGroup.of(group + "-other", topic));
        for (int i = 0; i < 5; i++) {
            events.publish(topic, Event.of("order", new Order("o" + i, i)).withKey("k"));
        }
        try (Consumer consumer = events.subscribe(subscription())) {
            for (int i = 0; i < 5; i++) {
                take(consumer).term("for now");
            }
        }

        Filter wanted = Filter.expression("data.total >= 2");
        assertThat(events.deadLetters().replay(group, wanted, 100, true)).isEqualTo(3);
        assertThat(deadLetters()).hasSize(5);
        assertThat(events.deadLetters().replay(group, wanted, 100, false)).isEqualTo(3);
        assertThat(deadLetters()).extracting(DeadLetter::offset).containsExactly(0L, 1L);
        assertThat(events.deadLetters().replay(group, wanted, 100, false)).isZero();

        try (Consumer consumer = events.subscribe(subscription())) {
            for (int i = 2; i < 5; i++) {
                Message message = take(consumer);
                assertThat(message.topic()).isEqualTo(topic);
                assertThat(message.offset()).isEqualTo(i);
                assertThat(message.attempt()).isEqualTo(1);
                assertThat(message.payload().metadata()).isEmpty();
                message.commit();
            }
            assertThat(consumer.next(A_MOMENT)).isEmpty();
        }
        assertThat(events.topics().status(topic).partitions().get(0).end()).isEqualTo(5);
    }

    @Test
    void parked_key_follows_its_dead_letter_until_it_is_replayed_and_keeps_its_order() {
        topicAndGroup(1);
        Queue<Integer> handled = new ConcurrentLinkedQueue<>();
        AtomicBoolean healthy = new AtomicBoolean();
        Subscription parking = subscription().afterDeadLetter(AfterDeadLetter.PARK);
        try (ActiveSubscription s = events.subscribe(parking, m -> {
            if (number(m) == 0 && !healthy.get()) {
                throw new IllegalStateException("ill");
            }
            handled.add(number(m));
        })) {
            for (int i = 0; i < 3; i++) {
                events.publish(topic, Event.of("n", i).withKey("k"));
                events.publish(topic, Event.of("n", 100 + i).withKey("other"));
            }
            PATIENCE.until("the key is parked", () -> deadLetters().size() == 3 && lag().events() == 0);
            assertThat(deadLetters())
                    .extracting(DeadLetter::disposition)
                    .containsExactly(Disposition.EXHAUSTED, Disposition.PARKED, Disposition.PARKED);
            assertThat(handled).containsExactly(100, 101, 102);
            events.publish(topic, Event.of("n", 3).withKey("k"));
            PATIENCE.until("the next one too", () -> deadLetters().size() == 4);

            healthy.set(true);
            assertThat(events.deadLetters().replay(group, null, 100, false)).isEqualTo(4);
            PATIENCE.until("all replayed", () -> handled.size() == 7);
            PATIENCE.until("the key flows again", () -> {
                events.deadLetters().replay(group, null, 100, false); // what came before it was free is parked, too
                events.publish(topic, Event.of("n", 4 + handled.size()).withKey("k"));
                return handled.size() > 7;
            });
            assertThat(s.failure()).isEmpty();
        }
        List<Integer> ofTheKey = handled.stream().filter(n -> n < 100).toList();
        assertThat(ofTheKey).startsWith(0, 1, 2, 3).isSorted().hasSizeGreaterThan(4);
    }

    @Test
    void nothing_of_a_parked_key_is_handled_behind_what_its_handler_has_terminated() {
        topicAndGroup(1);
        for (int i = 0; i < 100; i++) {
            events.publish(topic, Event.of("n", i).withKey("k"));
        }
        Queue<Integer> handled = new ConcurrentLinkedQueue<>();
        Subscription parking = subscription().afterDeadLetter(AfterDeadLetter.PARK);
        try (ActiveSubscription s = events.subscribe(parking, m -> {
            if (number(m) == 51) {
                m.term("bad");
            } else {
                handled.add(number(m));
            }
        })) {
            PATIENCE.until("the rest is parked", () -> deadLetters().size() == 49 && lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }
        assertThat(handled).hasSize(51).allMatch(number -> number < 51);
    }

    @Test
    void parked_key_stays_parked_over_a_restart_and_flows_again_after_a_purge() {
        topicAndGroup(1);
        Subscription parking = subscription().afterDeadLetter(AfterDeadLetter.PARK);
        events.publish(topic, Event.of("n", 0).withKey("k"));
        try (Consumer consumer = events.subscribe(parking)) {
            take(consumer).term("hopeless");
        }
        events.close();
        events = open(home);
        events.publish(topic, Event.of("n", 1).withKey("k"));

        try (Consumer consumer = events.subscribe(parking)) {
            assertThat(consumer.next(A_MOMENT)).isEmpty();
            PATIENCE.until("it is parked", () -> deadLetters().size() == 2);
            assertThat(events.deadLetters().purge(group, null, 100, false)).isEqualTo(2);
            assertThat(consumer.next(A_MOMENT)).isEmpty();
            events.publish(topic, Event.of("n", 2).withKey("k"));
            assertThat(number(take(consumer))).isEqualTo(2);
        }
    }

    @Test
    void purged_dead_letters_are_gone() {
        topicAndGroup(1);
        publish(0, 3);
        try (Consumer consumer = events.subscribe(subscription())) {
            for (int i = 0; i < 3; i++) {
                take(consumer).term("no");
            }
        }
        long second = deadLetters().get(1).number();

        assertThat(events.deadLetters().get(group, second).event().data(Integer.class))
                .isEqualTo(1);
        assertThat(events.deadLetters().purge(group, Filter.expression("data == 1"), 10, false))
                .isEqualTo(1);
        assertThatThrownBy(() -> events.deadLetters().get(group, second)).isInstanceOf(NotFoundException.class);
        assertThat(events.deadLetters().purge(group, null, 10, false)).isEqualTo(2);
        assertThat(deadLetters()).isEmpty();
    }

    // --- exactly once, positions

    @Test
    void transaction_answers_a_message_and_publishes_all_or_nothing() {
        topicAndGroup(1);
        String accepted = topic + "-accepted";
        events.createTopic(Topic.named(accepted));
        publish(0, 50);

        try (ActiveSubscription s = events.subscribe(
                subscription().concurrency(5),
                m -> events.transaction(tx -> {
                    tx.publish(accepted, Event.of("accepted", number(m)));
                    if (number(m) % 5 == 0 && m.attempt() == 1) {
                        throw new IllegalStateException("after publishing");
                    }
                    tx.commit(m);
                }))) {
            PATIENCE.until("all answered", () -> lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }

        String check = group + "-check";
        events.createConsumerGroup(ConsumerGroup.of(check, accepted));
        List<Integer> seen = new ArrayList<>();
        try (Consumer consumer = events.subscribe(Subscription.of(check).concurrency(100))) {
            for (int i = 0; i < 50; i++) {
                seen.add(number(take(consumer)));
            }
            assertThat(consumer.next(A_MOMENT)).isEmpty();
        }
        assertThat(seen).doesNotHaveDuplicates().hasSize(50);
    }

    @Test
    void reset_moves_a_group_that_has_no_members() {
        topicAndGroup(1);
        publish(0, 4);
        try (Consumer consumer = events.subscribe(subscription())) {
            take(consumer).commit();
            take(consumer).nack(Duration.ofHours(1));
            EventsException busy = catchThrowableOfType(
                    EventsException.class, () -> events.groups().reset(group, AutoOffsetReset.EARLIEST, false));
            assertThat(busy.code()).isEqualTo(ErrorCode.GROUP_ACTIVE);
        }

        assertThat(events.groups().reset(group, AutoOffsetReset.LATEST, true))
                .containsExactly(new Groups.PositionChange(topic, 0, 1, 4));
        assertThat(lag().events()).isEqualTo(3);
        events.groups().reset(group, AutoOffsetReset.EARLIEST, false);
        try (Consumer consumer = events.subscribe(subscription())) {
            assertThat(number(take(consumer))).isZero();
        }
    }

    @Test
    void an_altered_group_keeps_its_positions_and_begins_in_a_topic_that_it_gets_by_its_policy() {
        topicAndGroup(1);
        publish(0, 3);
        try (Consumer consumer = events.subscribe(subscription())) {
            take(consumer).commit();
            expectConflict(() -> events.groups().alter(group, g -> g));
        }
        String other = topic + "-too";
        events.createTopic(Topic.named(other));
        events.publish(other, Event.of("n", 10));

        ConsumerGroup altered = events.groups()
                .alter(
                        group,
                        g -> new ConsumerGroup(
                                group, Set.of(topic, other), g.config().autoOffsetReset(AutoOffsetReset.LATEST)));
        assertThat(events.groups().get(group)).isEqualTo(altered);
        assertThat(altered.topics()).containsExactly(topic, other);
        assertThat(lag().events()).isEqualTo(2);
        expectConflict(() -> events.createConsumerGroup(ConsumerGroup.of(group, topic)));
    }

    @Test
    void a_deleted_group_leaves_its_dead_letters_and_nothing_else() {
        topicAndGroup(1);
        publish(0, 2);
        try (Consumer consumer = events.subscribe(subscription())) {
            take(consumer).term("bad");
            take(consumer).term("bad");
            events.deadLetters().replay(group, null, 1, false);
            take(consumer).commit();
        }
        events.createTopic(Topic.named(topic + "-other"));
        events.groups().alter(group, g -> ConsumerGroup.of(group, topic + "-other"));
        events.groups().delete(group);
        assertThat(events.groups().list()).extracting(ConsumerGroup::name).doesNotContain(group);

        events.createConsumerGroup(ConsumerGroup.of(group, topic));
        assertThat(deadLetters()).hasSize(1);
        try (Consumer consumer = events.subscribe(subscription())) {
            for (int i = 0; i < 2; i++) {
                Message anew = take(consumer);
                assertThat(number(anew)).isEqualTo(i);
                anew.commit();
            }
            assertThat(consumer.next(A_MOMENT))
                    .as("what was replayed to the group before it")
                    .isEmpty();
        }
    }

    private static void expectConflict(Runnable work) {
        assertThatExceptionOfType(ConflictException.class).isThrownBy(work::run);
    }

    @Test
    void lag_counts_what_is_unanswered_and_how_old_it_is() {
        topicAndGroup(1);
        publish(0, 3);

        GroupLag before = lag();
        assertThat(before.events()).isEqualTo(3);
        assertThat(before.members()).isZero();
        assertThat(before.behind()).isBetween(Duration.ZERO, Duration.ofSeconds(30));
        try (Consumer consumer = events.subscribe(subscription())) {
            take(consumer).commit();
            assertThat(lag().events()).isEqualTo(2);
            assertThat(lag().partitions().get(0).member()).isNotNull();
        }
    }

    @Test
    void what_waits_for_its_retry_survives_a_restart() {
        topicAndGroup(1);
        publish(0, 2);
        try (Consumer consumer = events.subscribe(subscription())) {
            take(consumer).nack(Duration.ofMillis(500));
            take(consumer).commit();
        }
        events.close();
        events = open(home);

        try (Consumer consumer = events.subscribe(subscription())) {
            Message again = take(consumer);
            assertThat(number(again)).isZero();
            assertThat(again.attempt()).isEqualTo(2);
            again.commit();
        }
        assertThat(lag().events()).isZero();
    }
}
