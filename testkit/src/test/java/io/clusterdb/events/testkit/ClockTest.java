package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Message;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.StoredEvent;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.memory.MemoryStorage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A calendar that jumps, forwards and back. */
class ClockTest {
    private final Simulation simulation = new Simulation(5);
    private final MemoryStorage storage = new MemoryStorage();
    private Events events = open();

    private Events open() {
        return Events.open(simulation, EventBroker.named("clock").store(new Memory(storage)));
    }

    private void publish(int from, int to) {
        for (int i = from; i < to; i++) {
            events.publish("t", Event.of("n", i));
        }
    }

    private long start() {
        return events.topics().status("t").partitions().getFirst().start();
    }

    private List<StoredEvent> read(LogQuery query) {
        List<StoredEvent> all = new ArrayList<>();
        try (EventReader reader = events.read(query)) {
            while (!reader.isCaughtUp()) {
                reader.next(Duration.ofMillis(1)).ifPresent(all::add);
            }
        }
        return all;
    }

    @Test
    void append_times_never_go_back_and_find_their_events() {
        events.createTopic(Topic.named("t"));
        publish(0, 5);
        simulation.jump(Duration.ofDays(2));
        publish(5, 10);
        Instant ahead = simulation.instant();
        simulation.jump(Duration.ofDays(-4));
        publish(10, 15);

        List<StoredEvent> all = read(LogQuery.of("t"));

        assertThat(all).hasSize(15);
        assertThat(all.stream().map(StoredEvent::appended)).isSorted();
        assertThat(all.getLast().appended()).isBeforeOrEqualTo(ahead);
        for (StoredEvent event : all) {
            List<StoredEvent> found = read(LogQuery.of("t").from(new LogQuery.At(event.appended())));
            assertThat(found.stream().map(StoredEvent::offset)).contains(event.offset());
            assertThat(found).allMatch(later -> !later.appended().isBefore(event.appended()));
        }
    }

    @Test
    void leap_ahead_deletes_nothing_until_it_has_lasted_an_hour() {
        events.createTopic(Topic.named("t").retention(new RetentionPolicy(Duration.ofDays(1), null)));
        publish(0, 10);

        simulation.jump(Duration.ofDays(30));
        simulation.pass(Duration.ofMinutes(50));
        assertThat(start()).as("while it is doubted").isZero();
        simulation.jump(Duration.ofDays(-30));
        simulation.pass(Duration.ofHours(2));
        assertThat(start()).as("when it was set back").isZero();

        simulation.jump(Duration.ofDays(30));
        simulation.pass(Duration.ofMinutes(70));
        assertThat(start()).as("when it is believed").isEqualTo(10);
    }

    @Test
    void time_that_passes_is_no_leap() {
        events.createTopic(Topic.named("t").retention(new RetentionPolicy(Duration.ofDays(1), null)));
        publish(0, 10);

        simulation.pass(Duration.ofHours(23));
        assertThat(start()).isZero();
        simulation.pass(Duration.ofHours(2));

        assertThat(start()).isEqualTo(10);
    }

    @Test
    void leases_and_retries_do_not_go_by_the_calendar() {
        try (Consumer consumer = subscribe()) {
            Message message = consumer.next(Duration.ofSeconds(1)).orElseThrow();
            simulation.jump(Duration.ofDays(30));
            simulation.pass(Duration.ofSeconds(1));
            message.nack();
            simulation.jump(Duration.ofDays(-60));

            Message again = consumer.next(Duration.ofSeconds(15)).orElseThrow();

            assertThat(again.attempt()).isEqualTo(2);
            again.commit();
        }
    }

    @Test
    void wait_for_a_retry_is_no_longer_for_a_calendar_that_went_back_meanwhile() {
        Consumer consumer = subscribe();
        consumer.next(Duration.ofSeconds(1)).orElseThrow().nack();
        simulation.kill();
        simulation.jump(Duration.ofDays(-30));
        events = open();

        try (Consumer next = events.subscribe(subscription())) {
            assertThat(next.next(Duration.ofSeconds(5)).map(Message::attempt)).isEmpty();
            Optional<Message> again = next.next(Duration.ofSeconds(15));
            assertThat(again.map(Message::attempt)).contains(2);
        }
    }

    private Consumer subscribe() {
        events.createTopic(Topic.named("t"));
        events.createConsumerGroup(ConsumerGroup.of("g", "t"));
        publish(0, 1);
        return events.subscribe(subscription());
    }

    private static Subscription subscription() {
        return Subscription.of("g")
                .retry(RetryPolicy.exponential(3, Duration.ofSeconds(10), Duration.ofSeconds(10), 1.0));
    }
}
