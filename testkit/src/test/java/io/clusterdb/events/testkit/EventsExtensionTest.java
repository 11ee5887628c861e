package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Message;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.Upcaster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.testkit.engine.EngineTestKit;

@ExtendWith(EventsExtension.class)
class EventsExtensionTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @BeforeEach
    void topic(Events events) {
        assertThat(events.topics().list()).isEmpty();
        events.createTopic(Topic.named("orders").retention(Duration.ofDays(7), ByteSize.gb(1)));
        events.createConsumerGroup(ConsumerGroup.of("billing", "orders"));
    }

    @Test
    void retries_take_no_longer_than_the_test_wants(Events events, TestClock clock) {
        List<Integer> attempts = new CopyOnWriteArrayList<>();
        Subscription hourly = Subscription.of("billing")
                .retry(RetryPolicy.exponential(3, Duration.ofHours(1), Duration.ofHours(1), 1));
        try (var active = events.subscribe(hourly, message -> {
            attempts.add(message.attempt());
            throw new IllegalStateException("not yet");
        })) {
            events.publish("orders", Event.of("order.created"));
            clock.passUntil(
                    "it is a dead letter",
                    Duration.ofMinutes(10),
                    () -> !events.deadLetters().list("billing", null, 0, 1).isEmpty());
            assertThat(active.failure()).isEmpty();
        }
        assertThat(attempts).containsExactly(1, 2, 3);
    }

    @Test
    void subscription_lives_through_days_that_pass(Events events, TestClock clock) {
        try (Consumer consumer = events.subscribe(Subscription.of("billing"))) {
            Instant begun = clock.instant();
            events.publish("orders", Event.of("order.created", 1));
            Message first = consumer.next(SOON).orElseThrow();
            first.commit();
            clock.pass(Duration.ofDays(8));
            events.publish("orders", Event.of("order.created", 2));

            Message second = consumer.next(SOON).orElseThrow();
            assertThat(second.data(Integer.class)).isEqualTo(2);
            assertThat(second.appended())
                    .isAfterOrEqualTo(begun.plus(Duration.ofDays(8)).truncatedTo(ChronoUnit.MILLIS));
            second.commit();
        }
    }

    @Test
    void time_that_passes_ends_a_wait(Events events, TestClock clock) {
        try (Consumer consumer = events.subscribe(Subscription.of("billing"))) {
            Thread waiting = Thread.startVirtualThread(() -> consumer.next(Duration.ofDays(1)));
            clock.passUntil("it waits no more", Duration.ofHours(1), () -> !waiting.isAlive());
        }
        assertThatThrownBy(() -> clock.pass(Duration.ofSeconds(-1))).isInstanceOf(IllegalArgumentException.class);
    }

    /** Run by the test below. */
    static final class Kept {
        static volatile Path folder = Path.of("");
        static volatile Events events = Events.open();

        @RegisterExtension
        final EventsExtension extension = EventsExtension.with(
                given -> {
                    folder = given;
                    return EventBroker.named("kept");
                },
                Upcaster.of("n", 1, n -> n.asObject().put("lifted", true)));

        @Test
        void leaves_something(Events given) throws Exception {
            events = given;
            Files.writeString(folder.resolve("file"), "text");
            given.createTopic(Topic.named("orders"));
            given.publish("orders", Event.of("n", 1));
            assertThat(given.configuration().name()).isEqualTo("kept");
        }
    }

    @Test
    void what_a_test_had_is_closed_and_deleted() {
        EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(Kept.class))
                .execute()
                .testEvents()
                .assertStatistics(statistics -> statistics.succeeded(1).failed(0));

        assertThat(Kept.folder).doesNotExist();
        assertThatThrownBy(() -> Kept.events.topics()).isInstanceOf(RejectedException.class);
    }
}
