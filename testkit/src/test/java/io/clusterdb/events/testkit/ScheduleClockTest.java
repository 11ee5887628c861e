package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Topic;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.memory.MemoryStorage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scheduled events by a virtual clock, to the second, over jumps of the calendar and deaths of the process. */
class ScheduleClockTest {
    private static final Duration TOLERANCE = Duration.ofSeconds(1);

    private final MemoryStorage storage = new MemoryStorage();
    private Simulation simulation = new Simulation(7);
    private Events events = open();

    private Events open() {
        return Events.open(simulation, EventBroker.named("clock").store(new Memory(storage)));
    }

    private void schedule(int n, Duration later) {
        events.publish(
                "t",
                Event.of("n", n).withId("e-" + n).deliverAt(simulation.instant().plus(later)));
    }

    private List<Integer> delivered() {
        List<Integer> all = new ArrayList<>();
        try (EventReader reader = events.read(LogQuery.of("t"))) {
            while (!reader.isCaughtUp()) {
                reader.next(Duration.ofMillis(1))
                        .ifPresent(stored -> all.add(stored.event().data(Integer.class)));
            }
        }
        return all;
    }

    @Test
    void event_is_visible_within_a_second_of_its_time_and_not_before() {
        events.createTopic(Topic.named("t"));
        schedule(1, Duration.ofDays(1));

        simulation.pass(Duration.ofDays(1).minus(TOLERANCE));
        assertThat(delivered()).isEmpty();
        simulation.pass(TOLERANCE.multipliedBy(2));

        assertThat(delivered()).containsExactly(1);
    }

    @Test
    void leap_ahead_delivers_what_became_due_in_order() {
        events.createTopic(Topic.named("t"));
        schedule(3, Duration.ofHours(3));
        schedule(1, Duration.ofHours(1));
        schedule(2, Duration.ofHours(2));
        schedule(4, Duration.ofDays(30));

        simulation.jump(Duration.ofHours(4));
        simulation.pass(TOLERANCE);

        assertThat(delivered()).containsExactly(1, 2, 3);
    }

    @Test
    void leap_back_holds_what_is_not_due_any_more_and_delivers_nothing_twice() {
        events.createTopic(Topic.named("t"));
        schedule(1, Duration.ofMinutes(1));
        schedule(2, Duration.ofHours(1));
        simulation.pass(Duration.ofMinutes(2));
        assertThat(delivered()).containsExactly(1);

        simulation.jump(Duration.ofDays(-1));
        simulation.pass(Duration.ofHours(24));
        assertThat(delivered()).containsExactly(1);
        simulation.pass(Duration.ofHours(1));

        assertThat(delivered()).containsExactly(1, 2);
    }

    /** Of one size and of others, so that steps of the delivery end at any of them, and at deaths of the process. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void many_that_are_due_together_come_in_their_order(long seed) {
        Random random = new Random(seed);
        simulation = new Simulation(seed);
        events = open();
        events.createTopic(Topic.named("t"));
        List<Integer> all = IntStream.range(0, 2_000).boxed().toList();
        List<Integer> shuffled = new ArrayList<>(all);
        Collections.shuffle(shuffled, random);
        Instant begin = simulation.instant();
        for (int n : shuffled) {
            Event event = Event.of("n", n).withMetadata("filler", "x".repeat(n % 50 == 7 ? 600_000 : 1));
            events.publish("t", event.deliverAt(begin.plus(Duration.ofHours(1)).plusMillis(n)));
        }

        simulation.jump(Duration.ofHours(2));
        for (int deaths = 0; deaths < 5; deaths++) {
            simulation.steps(20 + random.nextInt(100));
            simulation.kill();
            events = open();
        }
        simulation.pass(Duration.ofMinutes(2));

        assertThat(delivered()).isEqualTo(all);
    }

    /** The one whose topic goes at the moment at which it is delivered is kept aside, and holds up none of the others. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void topic_that_is_deleted_while_its_events_are_delivered_holds_up_nothing(long seed) {
        simulation = new Simulation(seed);
        events = open();
        events.createTopic(Topic.named("t"));
        List<Integer> all = IntStream.range(0, 600).boxed().toList();
        all.forEach(n -> schedule(n, Duration.ofMinutes(1).plusMillis(n)));
        for (int n = 0; n < 20; n++) {
            events.createTopic(Topic.named("gone-" + n));
            Instant due = simulation.instant().plus(Duration.ofMinutes(1).plusMillis(30L * n));
            events.publish("gone-" + n, Event.of("n", n).deliverAt(due));
        }

        simulation.jump(Duration.ofMinutes(2));
        for (int n = 19; n >= 0; n--) {
            events.deleteTopic("gone-" + n);
        }
        simulation.pass(Duration.ofSeconds(20));

        assertThat(delivered()).isEqualTo(all);
        assertThat(events.schedules().list(null, null, 10)).isEmpty();
    }

    /** More than is read at once: what was delivered is not delivered again before that is read. */
    @Test
    void next_process_reads_all_before_it_delivers() {
        events.createTopic(Topic.named("t"));
        List<Integer> all = IntStream.range(0, 1_500).boxed().toList();
        all.forEach(n -> schedule(n, Duration.ofHours(1).plusMillis(n)));
        simulation.pass(Duration.ofHours(2));
        assertThat(delivered()).isEqualTo(all);

        simulation.kill();
        events = open();
        simulation.pass(Duration.ofMinutes(1));

        assertThat(delivered()).isEqualTo(all);
    }

    /** Moved to another time at the moment at which it is delivered: what was acknowledged last is delivered in any case. */
    @Test
    void event_that_is_moved_while_it_is_delivered_is_not_lost() {
        events.createTopic(Topic.named("t"));
        Set<Integer> both = new HashSet<>();
        for (int n = 0; n < 400; n++) {
            publish("moved-" + n, 2 * n, Duration.ofMillis(20));
            simulation.pass(Duration.ofMillis(15));
            simulation.steps(n % 40);
            publish("moved-" + n, 2 * n + 1, Duration.ofMillis(900));
            if (n % 3 == 0) {
                simulation.kill();
                events = open();
            }
            simulation.pass(Duration.ofMillis(1_500));
            if (delivered().contains(2 * n)) {
                both.add(n);
            }
        }

        assertThat(delivered()).doesNotHaveDuplicates();
        assertThat(delivered().stream().filter(version -> version % 2 == 1)).hasSize(400);
        assertThat(both).as("deliveries before the move").hasSizeBetween(1, 399);
        assertThat(events.schedules().list(null, null, 10)).isEmpty();
    }

    private void publish(String id, int data, Duration later) {
        Event event = Event.of("n", data).withId(id);
        events.publish("t", event.deliverAt(simulation.instant().plus(later)));
    }

    /** Killed at any step, the calendar set at will: each is delivered once. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void each_is_delivered_once_whatever_happens(long seed) {
        Random random = new Random(seed);
        simulation = new Simulation(seed);
        events = open();
        events.createTopic(Topic.named("t").partitions(1));
        Set<Integer> scheduled = new HashSet<>();
        for (int n = 0; n < 60; n++) {
            if (random.nextInt(3) > 0) {
                Duration later = Duration.ofMillis(1 + random.nextInt(20_000));
                scheduled.add(n);
                schedule(n, later);
            }
            switch (random.nextInt(8)) {
                case 0 -> simulation.jump(Duration.ofMillis(random.nextInt(10_000) - 5_000));
                case 1 -> {
                    simulation.kill();
                    simulation.pass(Duration.ofMillis(1 + random.nextInt(2_000)));
                    events = open();
                }
                default -> simulation.steps(random.nextInt(30));
            }
            assertThat(delivered()).doesNotHaveDuplicates();
            assertThat(scheduled).containsAll(delivered());
        }
        simulation.pass(Duration.ofMinutes(2));

        assertThat(delivered()).containsExactlyInAnyOrderElementsOf(scheduled);
        assertThat(events.schedules().list(null, null, 10)).isEmpty();
    }
}
