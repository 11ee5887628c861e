package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Message;
import io.clusterdb.events.memory.Memory;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a topic's deletion is to those who consume it. Where members are in other processes, these learn of it later. */
class DeletedTopicTest extends GroupFixture {
    private final Memory memory = Memory.create();

    @Override
    protected Events open(Path home) {
        return Events.open(EventBroker.named("deleted").store(memory));
    }

    @Test
    void who_handles_goes_on_with_the_next_topic_of_its_name() {
        topicAndGroup(2);
        Queue<Integer> handled = new ConcurrentLinkedQueue<>();
        try (ActiveSubscription active = events.subscribe(subscription(), m -> handled.add(number(m)))) {
            for (int life = 0; life < 20; life++) {
                int first = 100 * life;
                publish(first, first + 50 - life);
                PATIENCE.until("all handled", () -> handled.size() == 50 - (first / 100));
                List<Integer> expected =
                        IntStream.range(first, first + 50 - life).boxed().toList();
                assertThat(handled).containsExactlyInAnyOrderElementsOf(expected);
                handled.clear();
                events.deleteTopic(topic);
                topic(2);
            }
            assertThat(active.failure()).isEmpty();
        }
    }

    @Test
    void dead_letters_are_listed_in_a_topic_for_them_that_is_made_again() {
        topicAndGroup(1);
        try (ActiveSubscription active = events.subscribe(subscription(), m -> {
            throw new IllegalStateException("never");
        })) {
            publish(0, 3);
            PATIENCE.until("letters", () -> deadLetters().size() == 3);
            assertThat(events.deadLetters().purge(group, null, 10, false)).isEqualTo(3);
            events.deleteTopic(group + ".dlq");
            publish(3, 5);
            PATIENCE.until("more letters", () -> !deadLetters().isEmpty());
            PATIENCE.until("all handled", () -> lag().events() == 0);
            assertThat(active.failure()).isEmpty();
        }
        assertThat(deadLetters())
                .extracting(letter -> letter.event().data(Integer.class))
                .containsExactlyInAnyOrder(3, 4);
    }

    @Test
    void what_is_out_is_lost_with_its_topic() {
        topicAndGroup(1);
        publish(0, 10);
        try (Consumer consumer = events.subscribe(subscription().concurrency(2))) {
            Message first = take(consumer);
            events.deleteTopic(topic);
            topic(1);
            publish(20, 22);

            assertThat(number(take(consumer))).isEqualTo(20);
            assertThatThrownBy(first::commit)
                    .isInstanceOfSatisfying(
                            EventsException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LEASE_LOST));
            Message last = take(consumer);
            assertThat(number(last)).isEqualTo(21);
            last.commitUpTo();
        }
        assertThat(lag().events()).isZero();
    }
}
