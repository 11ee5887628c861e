package io.clusterdb.events.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.Disposition;
import io.clusterdb.events.Event;
import io.clusterdb.events.Ordering;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What handlers, retries, ordering and filters promise, on every engine. */
public abstract class HandlerContract extends GroupFixture {
    // --- handlers, retries and order

    @Test
    void handler_that_throws_is_retried_until_it_works() {
        topicAndGroup(1);
        publish(0, 1);
        Queue<Integer> attempts = new ConcurrentLinkedQueue<>();

        try (ActiveSubscription s = events.subscribe(subscription(), m -> {
            attempts.add(m.attempt());
            if (m.attempt() < 3) {
                throw new IllegalStateException("not yet");
            }
        })) {
            PATIENCE.until("handled", () -> attempts.size() == 3 && lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }
        assertThat(attempts).containsExactly(1, 2, 3);
        assertThat(deadLetters()).isEmpty();
    }

    @Test
    void handlers_work_at_the_same_time_as_the_concurrency_says() throws InterruptedException {
        topicAndGroup(2);
        CountDownLatch together = new CountDownLatch(5);
        publish(0, 5);
        try (ActiveSubscription s = events.subscribe(subscription().concurrency(5), m -> {
            together.countDown();
            together.await();
        })) {
            together.await();
            PATIENCE.until("all handled", () -> lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }
    }

    @Test
    void no_more_handlers_work_at_the_same_time_than_the_concurrency_says() {
        topicAndGroup(2);
        publish(0, 30);
        AtomicInteger atWork = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        try (ActiveSubscription s = events.subscribe(subscription().concurrency(3), m -> {
            most.accumulateAndGet(atWork.incrementAndGet(), Math::max);
            for (int spin = 0; spin < 20_000; spin++) {
                Thread.onSpinWait();
            }
            atWork.decrementAndGet();
        })) {
            PATIENCE.until("all handled", () -> lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }
        assertThat(most).hasValueBetween(1, 3);
    }

    @Test
    void events_of_one_key_are_handled_in_order_one_at_a_time_whatever_fails() {
        topicAndGroup(3);
        for (int i = 0; i < 300; i++) {
            events.publish(topic, Event.of("n", i).withKey("k" + i % 7));
        }
        Map<String, List<Integer>> order = new ConcurrentHashMap<>();
        Map<String, AtomicInteger> busy = new ConcurrentHashMap<>();
        Queue<String> violations = new ConcurrentLinkedQueue<>();

        try (ActiveSubscription s = events.subscribe(subscription().concurrency(10), m -> {
            String key = String.valueOf(m.payload().key());
            if (busy.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet() > 1) {
                violations.add("two of " + key);
            }
            try {
                if (number(m) % 10 == 0 && m.attempt() == 1) {
                    throw new IllegalStateException("once");
                }
                order.computeIfAbsent(key, k -> new ArrayList<>()).add(number(m));
            } finally {
                busy.get(key).decrementAndGet();
            }
        })) {
            PATIENCE.until("all handled", () -> lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }
        assertThat(violations).isEmpty();
        assertThat(order.values())
                .allSatisfy(numbers -> assertThat(numbers).isSorted().doesNotHaveDuplicates());
        assertThat(order.values().stream().mapToInt(List::size).sum()).isEqualTo(300);
    }

    @Test
    void a_topic_of_a_deleted_ones_name_is_read_from_its_beginning() {
        topicAndGroup(1);
        publish(0, 5);
        try (Consumer consumer = events.subscribe(subscription().concurrency(5))) {
            take(consumer);
            for (int n = 1; n < 5; n++) {
                take(consumer).commit();
            }
        }
        events.deleteTopic(topic);
        topic(1);
        publish(10, 18);

        Queue<Integer> handled = new ConcurrentLinkedQueue<>();
        try (ActiveSubscription s = events.subscribe(subscription(), m -> handled.add(number(m)))) {
            PATIENCE.until("all handled", () -> handled.size() == 8);
            assertThat(s.failure()).isEmpty();
        }
        assertThat(handled).containsExactlyInAnyOrder(10, 11, 12, 13, 14, 15, 16, 17);
    }

    @Test
    void ordering_by_partition_holds_everything_back_behind_a_failure() {
        topicAndGroup(1);
        publish(0, 20);
        Queue<Integer> order = new ConcurrentLinkedQueue<>();

        try (ActiveSubscription s =
                events.subscribe(subscription().ordering(Ordering.PARTITION).concurrency(5), m -> {
                    if (number(m) == 7 && m.attempt() < 3) {
                        throw new IllegalStateException("twice");
                    }
                    order.add(number(m));
                })) {
            PATIENCE.until("all handled", () -> order.size() == 20);
            assertThat(s.failure()).isEmpty();
        }
        assertThat(List.copyOf(order)).isSorted();
    }

    @Test
    void ordering_none_lets_others_of_the_key_pass() {
        topicAndGroup(1);
        for (int i = 0; i < 3; i++) {
            events.publish(topic, Event.of("n", i).withKey("same"));
        }
        try (Consumer consumer = events.subscribe(subscription().ordering(Ordering.NONE))) {
            take(consumer).nack(Duration.ofHours(1));
            assertThat(number(take(consumer))).isEqualTo(1);
        }
    }

    @Test
    void batch_handler_gets_several_and_answers_them_together() {
        topicAndGroup(1);
        publish(0, 50);
        Queue<Integer> sizes = new ConcurrentLinkedQueue<>();
        AtomicInteger handled = new AtomicInteger();

        try (ActiveSubscription s = events.subscribeBatches(subscription().batchSize(20), messages -> {
            sizes.add(messages.size());
            if (messages.get(0).attempt() == 1 && handled.get() == 0 && sizes.size() == 1) {
                throw new IllegalStateException("the first time");
            }
            handled.addAndGet(messages.size());
        })) {
            PATIENCE.until("all handled", () -> handled.get() == 50 && lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }
        assertThat(sizes).allMatch(size -> size <= 20).anyMatch(size -> size > 1);
    }

    @Test
    void one_of_a_batch_that_can_not_be_read_is_no_fault_of_the_others() {
        topicAndGroup(1);
        publish(0, 5);
        events.publish(topic, Event.of("n").withContent(new byte[] {'{', 'x'}, "application/json"));
        publish(5, 10);
        Queue<Integer> handled = new ConcurrentLinkedQueue<>();

        try (ActiveSubscription s = events.subscribeBatches(
                subscription()
                        .retry(RetryPolicy.exponential(1, A_MOMENT, A_MOMENT, 1))
                        .batchSize(20),
                messages -> {
                    List<Integer> numbers =
                            messages.stream().map(GroupFixture::number).toList();
                    handled.addAll(numbers);
                })) {
            PATIENCE.until("all handled", () -> lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }
        assertThat(handled).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(deadLetters())
                .singleElement()
                .satisfies(letter -> assertThat(letter.disposition()).isEqualTo(Disposition.UNDECODABLE));
    }

    @Test
    void handler_at_work_when_it_is_closed_may_publish_to_its_end() throws InterruptedException {
        topicAndGroup(1);
        String copies = topic + "-copies";
        events.createTopic(Topic.named(copies));
        publish(0, 1);
        CountDownLatch begun = new CountDownLatch(1);
        Thread closing = Thread.ofPlatform().daemon().unstarted(() -> events.close());
        events.subscribe(subscription().retry(RetryPolicy.exponential(1, A_MOMENT, A_MOMENT, 1)), m -> {
            begun.countDown();
            PATIENCE.until("it is being closed", () -> switch (closing.getState()) {
                case WAITING, TIMED_WAITING -> true;
                default -> false;
            });
            events.publish(copies, Event.of("n", m.data(Integer.class)));
        });
        begun.await();
        closing.start();
        closing.join();
        events = open(home);

        assertThat(all(copies)).hasSize(1);
        assertThat(deadLetters()).isEmpty();
        assertThat(lag().events()).isZero();
    }

    @Test
    void paused_subscription_hands_out_nothing_until_it_is_resumed() {
        topicAndGroup(1);
        AtomicInteger handled = new AtomicInteger();
        try (ActiveSubscription s = events.subscribe(subscription(), m -> handled.incrementAndGet())) {
            publish(0, 1);
            PATIENCE.until("the first", () -> handled.get() == 1);
            s.pause();
            publish(1, 3);
            PATIENCE.until("what the lag shows", () -> lag().events() == 2);
            assertThat(handled).hasValue(1);
            s.resume();
            PATIENCE.until("the rest", () -> handled.get() == 3);
        }
    }

    @Test
    void handler_that_never_returns_is_interrupted_and_blocks_nobody() {
        topicAndGroup(1);
        publish(0, 3);
        CountDownLatch interrupted = new CountDownLatch(1);
        Queue<Integer> handled = new ConcurrentLinkedQueue<>();
        try (ActiveSubscription s = events.subscribe(subscription().timeout(Duration.ofSeconds(1)), m -> {
            if (number(m) == 0 && m.attempt() == 1) {
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                    throw e;
                }
            }
            handled.add(number(m));
        })) {
            PATIENCE.until("all handled", () -> handled.size() == 3 && lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }
        assertThat(interrupted.getCount()).isZero();
    }

    // --- filters

    @Test
    void filter_leaves_out_what_it_does_not_want_and_that_counts_as_answered() {
        topicAndGroup(2);
        for (int i = 0; i < 100; i++) {
            events.publish(topic, Event.of("order", new Order("o" + i, i)).withKey("k" + i));
        }
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        try (ActiveSubscription s = events.subscribe(
                subscription().filter("data.total >= 90 && type == 'order'"),
                m -> seen.add(m.data(Order.class).id()))) {
            PATIENCE.until("all answered", () -> lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }
        assertThat(seen).hasSize(10).allMatch(id -> Integer.parseInt(id.substring(1)) >= 90);
    }

    @Test
    void filter_over_a_missing_field_does_not_match() {
        topicAndGroup(1);
        events.publish(topic, Event.of("other", Map.of("amount", 5)));
        events.publish(topic, Event.of("order", new Order("o", 5)));
        events.publish(topic, Event.of("blob", new byte[] {1, 2, 3}));
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        try (ActiveSubscription s = events.subscribe(
                subscription().filter("data.total == 5"),
                m -> seen.add(m.payload().type()))) {
            PATIENCE.until("all answered", () -> lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }
        assertThat(seen).containsExactly("order");
        assertThat(deadLetters()).isEmpty();
    }

    @Test
    void filter_sees_the_fields_beside_one_that_is_null() {
        topicAndGroup(1);
        for (int i = 0; i < 10; i++) {
            byte[] data = "{\"total\": %d, \"coupon\": null}".formatted(i).getBytes(UTF_8);
            events.publish(topic, Event.of("order").withContent(data, "application/json"));
        }
        Queue<Integer> seen = new ConcurrentLinkedQueue<>();
        try (ActiveSubscription s = events.subscribe(
                subscription().filter("data.total >= 8 && data.coupon == null"),
                m -> seen.add(m.payload().data().path("total").asInt()))) {
            PATIENCE.until("all answered", () -> lag().events() == 0);
            assertThat(s.failure()).isEmpty();
        }
        assertThat(seen).containsExactlyInAnyOrder(8, 9);
    }
}
