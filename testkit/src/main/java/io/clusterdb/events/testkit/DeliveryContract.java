package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.AutoOffsetReset;
import io.clusterdb.events.ByteSize;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerConfig;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Disposition;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Message;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Published;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What groups, their members and the answers to messages promise, on every engine. */
public abstract class DeliveryContract extends GroupFixture {
    // --- groups

    @Test
    void group_is_created_listed_and_deleted() {
        topic(1);
        ConsumerGroup wanted = ConsumerGroup.of(group, topic)
                .config(ConsumerConfig.defaults()
                        .maxPollRecords(7)
                        .session(Duration.ofSeconds(20), Duration.ofSeconds(2))
                        .autoOffsetReset(AutoOffsetReset.back(Duration.ofHours(1))));

        events.createConsumerGroup(wanted);

        assertThat(events.groups().get(group)).isEqualTo(wanted);
        assertThat(events.groups().list()).contains(wanted);
        assertThat(events.createConsumerGroup(wanted)).isEqualTo(wanted);
        assertThatThrownBy(() -> events.createConsumerGroup(wanted.autoOffsetReset(AutoOffsetReset.LATEST)))
                .isInstanceOf(ConflictException.class);
        events.groups().delete(group);
        assertThatThrownBy(() -> events.groups().get(group)).isInstanceOf(NotFoundException.class);
    }

    @Test
    void group_settings_that_contradict_are_rejected() {
        assertThatThrownBy(() -> ConsumerConfig.defaults().session(Duration.ofSeconds(3), Duration.ofSeconds(10)))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("heartbeatInterval");
    }

    @Test
    void subscribe_to_an_unknown_group_or_topic_is_not_found() {
        topic(1);
        assertThatThrownBy(() -> events.subscribe(subscription())).isInstanceOf(NotFoundException.class);
        events.createConsumerGroup(ConsumerGroup.of(group, topic, "nowhere-" + topic));
        assertThatThrownBy(() -> events.subscribe(Subscription.of(group))).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> events.subscribe(Subscription.of(group, "another")))
                .isInstanceOf(RejectedException.class);
    }

    @Test
    void subscribe_with_a_bad_filter_is_rejected_at_once() {
        topicAndGroup(1);
        for (String bad : List.of("data.total >=", "nothing.like.this == 1", "id")) {
            assertThatThrownBy(() -> events.subscribe(subscription().filter(bad)))
                    .isInstanceOf(RejectedException.class)
                    .hasMessageContaining(bad);
        }
    }

    @Test
    void reset_policy_decides_where_a_group_begins() {
        topic(1);
        publish(0, 5);
        events.createConsumerGroup(ConsumerGroup.of(group, topic).autoOffsetReset(AutoOffsetReset.LATEST));
        try (Consumer consumer = events.subscribe(subscription())) {
            assertThat(consumer.next(A_MOMENT)).isEmpty();
            assertThat(firstOfNew(consumer, 5)).isGreaterThanOrEqualTo(5);
        }
        String second = group + "-2";
        events.createConsumerGroup(ConsumerGroup.of(second, topic));
        try (Consumer consumer = events.subscribe(Subscription.of(second))) {
            assertThat(number(take(consumer))).isZero();
        }
    }

    /** Publishes until one comes: an engine may take a while to give the partition, and the latest is then later. */
    private int firstOfNew(Consumer consumer, int from) {
        List<Integer> came = new ArrayList<>();
        int[] next = {from};
        PATIENCE.until("one of the new events", () -> {
            publish(next[0], ++next[0]);
            consumer.next(A_MOMENT).ifPresent(message -> came.add(number(message)));
            return !came.isEmpty();
        });
        return came.get(0);
    }

    @Test
    void partition_added_later_is_read_from_its_beginning() {
        topic(1);
        events.createConsumerGroup(ConsumerGroup.of(group, topic).autoOffsetReset(AutoOffsetReset.LATEST));
        events.subscribe(subscription()).close();
        events.topics().alter(topic, t -> t.partitions(4));
        for (int i = 0; i < 20; i++) {
            events.publish(topic, Event.of("n", i).withKey("k" + i));
        }
        Queue<Integer> seen = new ConcurrentLinkedQueue<>();

        try (ActiveSubscription all = events.subscribe(subscription(), m -> seen.add(number(m)))) {
            PATIENCE.until("those of the new partitions", () -> seen.size() >= 10);
            assertThat(all.failure()).isEmpty();
        }
    }

    @Test
    void groups_are_independent() {
        topicAndGroup(1);
        events.createConsumerGroup(ConsumerGroup.of(group + "-b", topic));
        publish(0, 3);

        for (String name : List.of(group, group + "-b")) {
            try (Consumer consumer = events.subscribe(Subscription.of(name))) {
                for (int i = 0; i < 3; i++) {
                    Message message = take(consumer);
                    assertThat(number(message)).isEqualTo(i);
                    message.commit();
                }
            }
        }
    }

    @Test
    void members_share_the_work_and_none_does_it_twice() {
        topicAndGroup(6);
        Map<Integer, AtomicInteger> handled = new ConcurrentHashMap<>();
        List<ActiveSubscription> members = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            members.add(events.subscribe(
                    subscription().concurrency(4),
                    m -> handled.computeIfAbsent(number(m), n -> new AtomicInteger())
                            .incrementAndGet()));
        }
        for (int i = 0; i < 600; i++) {
            events.publish(topic, Event.of("n", i).withKey("k" + i));
        }

        PATIENCE.until("all handled", () -> handled.size() == 600 && lag().events() == 0);
        assertThat(lag().members()).isEqualTo(3);
        members.forEach(ActiveSubscription::close);
        assertThat(handled.values()).allMatch(n -> n.get() == 1);
    }

    @Test
    void member_that_leaves_hands_over_what_it_had_not_answered() {
        topicAndGroup(1);
        publish(0, 2);
        Consumer first = events.subscribe(subscription().concurrency(2));
        take(first).commit();
        assertThat(number(take(first))).isEqualTo(1);
        first.close();

        try (Consumer second = events.subscribe(subscription())) {
            Message again = take(second);
            assertThat(number(again)).isEqualTo(1);
            assertThat(again.attempt()).isEqualTo(2);
        }
    }

    @Test
    void member_that_takes_nothing_for_the_session_timeout_loses_its_partitions() {
        topic(1);
        events.createConsumerGroup(ConsumerGroup.of(group, topic)
                .config(ConsumerConfig.defaults().session(Duration.ofSeconds(7), Duration.ofSeconds(1))));
        publish(0, 1);
        Consumer silent = events.subscribe(subscription());
        Message held = take(silent);

        try (Consumer other = events.subscribe(subscription())) {
            Message again = take(other);
            assertThat(again.attempt()).isEqualTo(2);
            EventsException late =
                    catchThrowableOfType(EventsException.class, () -> events.transaction(tx -> tx.commit(held)));
            assertThat(late.code()).isEqualTo(ErrorCode.LEASE_LOST);
            assertThatThrownBy(held::inProgress).isInstanceOf(ConflictException.class);
            assertThatThrownBy(held::commit).isInstanceOf(ConflictException.class);
            again.commit();
        }
        silent.close();
    }

    // --- answers

    @Test
    void commit_is_for_good() {
        topicAndGroup(1);
        publish(0, 3);
        try (Consumer consumer = events.subscribe(subscription().concurrency(3))) {
            Message first = take(consumer);
            Message second = take(consumer);
            second.commit();
            assertThat(lag().partitions().get(0).floor()).isZero();
            first.commit();
            assertThat(lag().partitions().get(0).floor()).isEqualTo(2);
            assertThatThrownBy(first::commit).isInstanceOf(ConflictException.class);
        }
        events.close();
        events = open(home);
        try (Consumer consumer = events.subscribe(subscription())) {
            assertThat(number(take(consumer))).isEqualTo(2);
        }
    }

    @Test
    void commit_up_to_answers_all_that_was_handed_out_before() {
        topicAndGroup(1);
        publish(0, 5);
        try (Consumer consumer = events.subscribe(subscription().concurrency(5))) {
            take(consumer);
            take(consumer);
            take(consumer).commitUpTo();
            assertThat(lag().partitions().get(0).floor()).isEqualTo(3);
        }
    }

    @Test
    void nack_delivers_again_after_the_backoff_with_the_next_attempt() {
        topicAndGroup(1);
        publish(0, 1);
        try (Consumer consumer = events.subscribe(subscription())) {
            Message first = take(consumer);
            assertThat(first.attempt()).isEqualTo(1);
            first.nack();
            Message second = take(consumer);
            assertThat(second.attempt()).isEqualTo(2);
            assertThat(second.payload().id()).isEqualTo(first.payload().id());
            second.commit();
        }
    }

    @Test
    void nack_with_a_delay_waits_for_that() {
        topicAndGroup(1);
        publish(0, 2);
        try (Consumer consumer = events.subscribe(subscription())) {
            take(consumer).nack(Duration.ofHours(1));
            Message next = take(consumer);
            assertThat(number(next)).isEqualTo(1);
            next.commit();
            assertThat(consumer.next(A_MOMENT)).isEmpty();
            assertThat(lag().partitions().get(0).parked()).isEqualTo(1);
        }
    }

    @Test
    void nack_takes_the_longest_delay_there_is() {
        topicAndGroup(1);
        publish(0, 1);
        try (Consumer consumer = events.subscribe(subscription())) {
            take(consumer).nack(ChronoUnit.FOREVER.getDuration());
            assertThat(lag().partitions().get(0).parked()).isEqualTo(1);
        }
        events.close();
        events = open(home);
        try (Consumer consumer = events.subscribe(subscription())) {
            assertThat(consumer.next(A_MOMENT)).isEmpty();
        }
    }

    @Test
    void term_makes_a_dead_letter_at_once() {
        topicAndGroup(1);
        publish(0, 1);
        try (Consumer consumer = events.subscribe(subscription())) {
            take(consumer).term("not an order");
            assertThat(consumer.next(A_MOMENT)).isEmpty();
        }
        assertThat(deadLetters()).singleElement().satisfies(letter -> {
            assertThat(letter.disposition()).isEqualTo(Disposition.TERMINATED);
            assertThat(letter.message()).isEqualTo("not an order");
        });
        assertThat(lag().events()).isZero();
    }

    @Test
    void skip_leaves_no_dead_letter() {
        topicAndGroup(1);
        publish(0, 1);
        try (Consumer consumer = events.subscribe(subscription())) {
            take(consumer).skip("test data");
            assertThat(consumer.next(A_MOMENT)).isEmpty();
        }
        assertThat(deadLetters()).isEmpty();
        assertThat(lag().events()).isZero();
    }

    @Test
    void skip_takes_an_event_as_large_as_its_topic_does() {
        events.createTopic(Topic.named(topic).maxMessageSize(ByteSize.mib(3)));
        events.createConsumerGroup(ConsumerGroup.of(group, topic));
        events.publish(topic, Event.of("blob", new byte[2 << 20]));
        try (Consumer consumer = events.subscribe(subscription())) {
            take(consumer).skip("too large for us");
        }
        assertThat(lag().events()).isZero();
    }

    @Test
    void no_answer_in_time_is_a_nack_and_the_late_answer_is_refused() {
        topicAndGroup(1);
        publish(0, 1);
        try (Consumer consumer = events.subscribe(subscription().timeout(Duration.ofSeconds(1)))) {
            Message late = take(consumer);
            Message again = take(consumer);

            assertThat(again.attempt()).isEqualTo(2);
            assertThatThrownBy(late::commit)
                    .isInstanceOfSatisfying(
                            ConflictException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LEASE_LOST));
            again.commit();
        }
    }

    @Test
    void in_progress_keeps_the_lease() {
        topicAndGroup(1);
        publish(0, 1);
        try (Consumer consumer = events.subscribe(subscription().timeout(Duration.ofSeconds(2)))) {
            Message message = take(consumer);
            for (int i = 0; i < 4; i++) {
                assertThat(consumer.next(Duration.ofMillis(600))).isEmpty();
                message.inProgress();
            }
            message.commit();
        }
        assertThat(lag().events()).isZero();
    }

    @Test
    void auto_commit_answers_with_the_next_take() {
        topic(1);
        events.createConsumerGroup(
                ConsumerGroup.of(group, topic).config(ConsumerConfig.defaults().autoCommit(true)));
        publish(0, 3);
        try (Consumer consumer = events.subscribe(subscription())) {
            take(consumer);
            take(consumer);
            assertThat(lag().partitions().get(0).floor()).isEqualTo(1);
        }
    }

    @Test
    void an_answer_that_comes_after_the_close_is_refused_at_once() {
        topicAndGroup(1);
        publish(0, 2);
        Consumer consumer = events.subscribe(subscription().concurrency(2));
        Message first = take(consumer);
        Message second = take(consumer);
        consumer.close();

        assertThat(catchThrowableOfType(EventsException.class, first::commit).code())
                .isEqualTo(ErrorCode.LEASE_LOST);
        assertThat(catchThrowableOfType(EventsException.class, () -> events.transaction(tx -> tx.commit(second))))
                .isNotNull();
        try (Consumer again = events.subscribe(subscription().concurrency(2))) {
            assertThat(List.of(number(take(again)), number(take(again)))).containsExactlyInAnyOrder(0, 1);
        }
    }

    @Test
    void what_is_chained_to_a_publish_in_a_transaction_may_wait_for_the_broker() throws Exception {
        topic(1);
        List<CompletableFuture<Published>> chained = new ArrayList<>();
        events.transaction(tx -> chained.add(
                tx.publishAsync(topic, Event.of("n", 1)).thenApply(first -> events.publish(topic, Event.of("n", 2)))));

        assertThat(PATIENCE.get(chained.getFirst()).topic()).isEqualTo(topic);
    }
}
