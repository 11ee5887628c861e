package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DeadLetter;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Message;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.TopicStatus;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogEngine;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Retention where several processes have one log open, as on Kafka: each of them applies it, and rescues what it can. */
class RetentionAmongProcessesTest {
    private static final RetryPolicy PATIENT = RetryPolicy.exponential(100, Duration.ofDays(3), Duration.ofDays(3), 1);

    /** One log for all who open it, which outlives each of them. */
    private record Shared(LogEngine log) implements Backend {
        @Override
        public String type() {
            return Memory.TYPE;
        }

        @Override
        public LogEngine open(EventBroker broker, Environment environment) {
            Class<?>[] one = {LogEngine.class};
            return (LogEngine) Proxy.newProxyInstance(LogEngine.class.getClassLoader(), one, (proxy, method, args) -> {
                try {
                    return method.getName().equals("close") ? null : method.invoke(log, args);
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            });
        }
    }

    /** Two processes. */
    private static final class Two {
        private final Simulation simulation;
        private final Events one;
        private final Events two;

        Two(long seed, Topic topic) {
            simulation = new Simulation(seed);
            Shared shared = new Shared(Memory.create().open(EventBroker.named("shared"), simulation));
            one = Events.open(simulation, EventBroker.named("one").store(shared));
            two = Events.open(simulation, EventBroker.named("two").store(shared));
            one.createTopic(topic.retention(new RetentionPolicy(Duration.ofDays(1), null)));
        }

        void publishAndPassRetention() {
            simulation.pass(Duration.ofMinutes(1));
            for (int i = 0; i < 8; i++) {
                one.publish("t", Event.of("n", i).withKey("k" + i));
            }
            simulation.pass(Duration.ofDays(2));
        }

        List<Integer> letters(String group) {
            return one.deadLetters().list(group, null, 0, 100).stream()
                    .map(DeadLetter::event)
                    .map(event -> event.data(Integer.class))
                    .toList();
        }

        void assertAllTrimmed() {
            assertThat(one.topics().status("t").partitions())
                    .allSatisfy(partition -> assertThat(partition.start()).isEqualTo(partition.end()))
                    .extracting(TopicStatus.Partition::end)
                    .doesNotContain(0L);
        }
    }

    private static void handle(Message message) {
        if (message.data(Integer.class) % 2 == 0) {
            throw new IllegalStateException("even");
        }
    }

    private static void subscribe(Events events, String group) {
        events.subscribe(Subscription.of(group).retry(PATIENT), RetentionAmongProcessesTest::handle);
    }

    @Test
    void groups_at_work_in_other_processes_rescue_their_own_and_hold_nothing_up() {
        Two both = new Two(11, Topic.named("t"));
        both.one.createConsumerGroup(ConsumerGroup.of("a", "t"));
        both.one.createConsumerGroup(ConsumerGroup.of("b", "t"));
        subscribe(both.one, "a");
        subscribe(both.two, "b");

        both.publishAndPassRetention();

        both.assertAllTrimmed();
        assertThat(both.letters("a")).containsExactly(0, 2, 4, 6);
        assertThat(both.letters("b")).containsExactly(0, 2, 4, 6);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void what_waits_in_the_other_half_of_a_group_is_not_deleted_before_it_is_rescued(long seed) {
        Two both = new Two(seed, Topic.named("t").partitions(2));
        both.one.createConsumerGroup(ConsumerGroup.of("g", "t"));
        subscribe(both.one, "g");
        subscribe(both.two, "g");

        both.publishAndPassRetention();

        both.assertAllTrimmed();
        assertThat(both.letters("g")).containsExactlyInAnyOrder(0, 2, 4, 6);
    }
}
