package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Published;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Scheduled;
import io.clusterdb.events.StoredEvent;
import io.clusterdb.events.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What scheduled publishing promises, on every engine. */
public abstract class ScheduleContract extends GroupFixture {
    private static final Duration SHORTLY = Duration.ofMillis(700);

    /** Long enough for what has to be done before, on a slow machine. */
    private static final Duration LATER = Duration.ofSeconds(2);

    private static final Duration LONG = Duration.ofDays(400);

    private static Event event(Object data, Instant due) {
        return Event.of("n", data).deliverAt(due);
    }

    private static Instant in(Duration time) {
        return Instant.now().plus(time);
    }

    private List<StoredEvent> delivered() {
        return all(topic);
    }

    private List<Integer> numbers() {
        return delivered().stream().map(s -> s.event().data(Integer.class)).toList();
    }

    private void await(int count) {
        PATIENCE.until(count + " are delivered", () -> numbers().size() >= count);
    }

    /** When what is due by now has been delivered: another event that is scheduled last is delivered last. */
    private void awaitDeliveries() {
        String last = "last-" + UUID.randomUUID();
        events.createTopic(Topic.named(last));
        events.publish(last, event(0, in(SHORTLY)));
        PATIENCE.until(
                "what is due is delivered",
                () -> events.topics().status(last).partitions().stream().anyMatch(p -> p.stableEnd() > 0));
    }

    private List<Scheduled> pending() {
        return events.schedules().list(topic, null, 1_000);
    }

    @Test
    void event_is_held_until_it_is_due_and_then_is_as_it_was_published() {
        topic(2);
        Instant due = in(LATER);
        Event event = event(new Order("o-1", 12.5), due)
                .withId(UUID.randomUUID().toString())
                .withKey("k")
                .withSubject("s")
                .withMetadata("trace", "t-1");
        Published published = events.publish(topic, event);
        assertThat(published.offset()).isEmpty();
        assertThat(published.id()).isEqualTo(event.id());

        PATIENCE.until("it is delivered", () -> !delivered().isEmpty());

        StoredEvent stored = delivered().getFirst();
        assertThat(stored.appended()).isAfterOrEqualTo(due.minusMillis(1));
        assertThat(stored.event().id()).isEqualTo(event.id());
        assertThat(stored.event().key()).isEqualTo("k");
        assertThat(stored.event().subject()).isEqualTo("s");
        assertThat(stored.event().metadata()).containsExactly(java.util.Map.entry("trace", "t-1"));
        assertThat(stored.event().time()).as("time of an event that names none").isEqualTo(due);
        assertThat(stored.event().data(Order.class)).isEqualTo(new Order("o-1", 12.5));
        assertThat(stored.event().deliverAt()).isNull();
        assertThat(pending()).isEmpty();
    }

    @Test
    void what_is_due_comes_in_the_order_of_its_times() {
        topic(1);
        Instant due = in(LATER);
        for (int n : List.of(3, 1, 4, 0, 2)) {
            events.publish(topic, event(n, due.plusMillis(n)));
        }
        await(5);

        assertThat(numbers()).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void time_that_is_past_is_no_schedule() {
        topic(1);

        Published published = events.publish(topic, event(1, in(Duration.ofDays(-1))));

        assertThat(published.offset()).hasValue(0);
        assertThat(numbers()).containsExactly(1);
        assertThat(pending()).isEmpty();
    }

    @Test
    void event_without_data_stays_one() {
        events.createTopic(Topic.named(topic).cleanup(CleanupPolicy.COMPACT));
        events.publish(topic, Event.of("gone").withKey("k").deliverAt(in(SHORTLY)));

        PATIENCE.until("it is delivered", () -> !delivered().isEmpty());

        assertThat(delivered().getFirst().event().hasData()).isFalse();
        assertThat(delivered().getFirst().event().key()).isEqualTo("k");
    }

    @Test
    void schedules_survive_a_restart_and_are_delivered_once() {
        topic(1);
        events.publish(topic, event(1, in(SHORTLY)));
        events.publish(topic, event(2, in(LONG)));
        events.close();
        events = open(home);

        await(1);
        events.close();
        events = open(home);
        awaitDeliveries();

        assertThat(numbers()).containsExactly(1);
        assertThat(pending()).hasSize(1);
        assertThat(pending().getFirst().event().data(Integer.class)).isEqualTo(2);
    }

    @Test
    void list_is_paged_by_due_time_and_by_topic() {
        topic(1);
        events.createTopic(Topic.named(topic + "-other"));
        Instant due = in(LONG);
        for (int n = 0; n < 7; n++) {
            events.publish(topic, event(n, due.minusSeconds(n / 2)));
            events.publish(topic + "-other", event(100 + n, due.minusSeconds(n)));
        }

        List<Scheduled> paged = new ArrayList<>();
        List<Scheduled> page = events.schedules().list(topic, null, 3);
        while (!page.isEmpty()) {
            paged.addAll(page);
            page = events.schedules().list(topic, page.getLast(), 3);
        }

        assertThat(paged.stream().map(s -> s.event().data(Integer.class))).containsExactly(6, 4, 5, 2, 3, 0, 1);
        assertThat(paged.stream().map(Scheduled::deliverAt)).isSorted();
        assertThat(paged).allMatch(s -> s.topic().equals(topic));
        assertThat(events.schedules().list(null, null, 10_000)).hasSizeGreaterThan(13);
    }

    @Test
    void one_is_found_by_its_id() {
        topic(1);
        Instant due = in(LONG).truncatedTo(java.time.temporal.ChronoUnit.MILLIS);
        String id = events.publish(topic, event(7, due)).id();

        Scheduled found = events.schedules().get(id);

        assertThat(found.id()).isEqualTo(id);
        assertThat(found.topic()).isEqualTo(topic);
        assertThat(found.deliverAt()).isEqualTo(due);
        assertThat(found.event().data(Integer.class)).isEqualTo(7);
        NotFoundException unknown = catchThrowableOfType(
                NotFoundException.class, () -> events.schedules().get("nothing-" + UUID.randomUUID()));
        assertThat(unknown.code()).isEqualTo(ErrorCode.UNKNOWN_SCHEDULE);
    }

    @Test
    void cancelled_event_is_never_delivered() {
        topic(1);
        String id = events.publish(topic, event(1, in(LATER))).id();
        String late = events.publish(topic, event(2, in(LONG))).id();

        assertThat(events.schedules().cancel(id)).isTrue();
        assertThat(events.schedules().cancel(id)).isFalse();
        assertThat(events.schedules().cancel(late)).isTrue();
        assertThat(pending()).isEmpty();
        events.publish(topic, event(3, in(LATER)));
        await(1);

        assertThat(numbers()).containsExactly(3);
    }

    @Test
    void event_is_either_cancelled_or_delivered() {
        topic(1);
        List<Integer> kept = new ArrayList<>();
        Instant due = in(Duration.ofMillis(400));
        List<String> ids = new ArrayList<>();
        for (int n = 0; n < 40; n++) {
            ids.add(events.publish(topic, event(n, due.plusMillis(5L * n))).id());
        }
        for (int n = 0; n < 40; n++) {
            if (!events.schedules().cancel(ids.get(n))) {
                kept.add(n);
            }
        }
        awaitDeliveries();

        // In any order: where publishing was slow, some were due by then and were never held.
        assertThat(numbers()).containsExactlyInAnyOrderElementsOf(kept);
        assertThat(pending()).isEmpty();
    }

    @Test
    void publishing_a_pending_id_again_takes_its_place() {
        topic(1);
        String id = UUID.randomUUID().toString();
        events.publish(topic, event(1, in(LONG)).withId(id));
        events.publish(topic, event(2, in(LATER)).withId(id));
        assertThat(pending()).hasSize(1);
        await(1);
        awaitDeliveries();

        assertThat(numbers()).containsExactly(2);
        assertThat(pending()).isEmpty();
    }

    @Test
    void retried_publish_is_delivered_once() {
        topic(1);
        Event event = event(1, in(LATER)).withId(UUID.randomUUID().toString());
        for (int n = 0; n < 5; n++) {
            events.publish(topic, event);
        }
        await(1);
        awaitDeliveries();

        assertThat(numbers()).containsExactly(1);
    }

    @Test
    void transaction_schedules_with_all_it_does_or_not_at_all() {
        topic(1);
        Instant due = in(LATER);
        events.transaction(tx -> {
            assertThat(tx.publish(topic, event(1, due)).offset()).isEmpty();
            tx.publish(topic, Event.of("n", 0));
            assertThat(pending()).as("before the commit").isEmpty();
        });
        assertThatThrownBy(() -> events.transaction(tx -> {
                    tx.publish(topic, event(2, due));
                    throw new IllegalStateException("not this time");
                }))
                .isInstanceOf(IllegalStateException.class);
        await(2);
        awaitDeliveries();

        assertThat(numbers()).containsExactly(0, 1);
    }

    @Test
    void event_whose_topic_is_gone_is_kept_aside_and_holds_up_nothing() {
        topic(1);
        String gone = topic + "-gone";
        events.createTopic(Topic.named(gone));
        String id = events.publish(gone, event("precious", in(LATER))).id();
        events.publish(topic, event(1, in(LATER)));
        events.deleteTopic(gone);
        await(1);

        List<StoredEvent> kept = new ArrayList<>();
        try (EventReader reader = events.read(LogQuery.of("_events.undelivered").where("id == '" + id + "'"))) {
            reader.next(SOON).ifPresent(kept::add);
        }

        assertThat(kept).hasSize(1);
        assertThat(kept.getFirst().event().data(String.class)).isEqualTo("precious");
        assertThat(kept.getFirst().event().metadata())
                .containsEntry("schedule_topic", gone)
                .containsEntry("schedule_reason", "there is no topic " + gone);
        assertThat(events.schedules().list(gone, null, 10)).isEmpty();
    }

    @Test
    void event_is_routed_when_it_is_delivered_and_kept_aside_with_its_copy_when_that_does_not_fit() {
        String copies = "large-" + topic;
        events.createTopic(Topic.named(copies).maxMessageSize(ByteSize.kib(2)));
        events.createTopic(Topic.named(topic).route("data.total >= 1000", copies));
        Instant due = in(LATER);
        events.publish(topic, event(new Order("small", 10), due).withId("small"));
        events.publish(topic, event(new Order("large", 1_000), due).withId("large"));
        events.publish(topic, event(new Order("x".repeat(5_000), 1_000), due).withId("too-large"));
        assertThat(idsOf(copies)).isEmpty();

        PATIENCE.until("those that fit are delivered", () -> idsOf(topic).size() == 2);
        awaitDeliveries();

        assertThat(idsOf(copies)).containsExactly("large");
        assertThat(idsOf(topic)).containsExactlyInAnyOrder("small", "large");
        assertThat(pending()).isEmpty();
    }

    private List<String> idsOf(String name) {
        return all(name).stream().map(stored -> stored.event().id()).toList();
    }

    @Test
    void what_its_topic_would_refuse_is_refused_when_it_is_scheduled() {
        events.createTopic(Topic.named(topic).cleanup(CleanupPolicy.COMPACT).maxMessageSize(ByteSize.kib(4)));

        assertThat(refusal(topic, event(1, in(LONG)))).isEqualTo(ErrorCode.KEY_MISSING);
        assertThat(refusal(topic, event("x".repeat(5_000), in(LONG)).withKey("k")))
                .isEqualTo(ErrorCode.TOO_LARGE);
        assertThat(refusal(topic + "-none", event(1, in(LONG)))).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
        assertThatThrownBy(() -> event(1, Instant.MAX)).isInstanceOf(RejectedException.class);
        assertThat(pending()).isEmpty();
    }

    private ErrorCode refusal(String to, Event event) {
        return catchThrowableOfType(EventsException.class, () -> events.publish(to, event))
                .code();
    }
}
