package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.AutoOffsetReset;
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
import java.util.concurrent.ConcurrentLinkedQueue;
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
