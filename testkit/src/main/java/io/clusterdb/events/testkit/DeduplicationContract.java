package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.Acks;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Producer;
import io.clusterdb.events.Published;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a topic's deduplication window promises, on every engine that has it. */
public abstract class DeduplicationContract extends GroupFixture {
    private static final Duration WINDOW = Duration.ofMinutes(2);

    private void windowed() {
        events.createTopic(Topic.named(topic).partitions(3).deduplication(WINDOW));
    }

    private static Event order(String id, double total) {
        return Event.of("order.created", new Order(id, total))
                .withId("evt-" + id)
                .withKey(id);
    }

    private List<String> ids() {
        List<String> ids = new ArrayList<>();
        try (EventReader reader = events.read(LogQuery.of(topic))) {
            while (!reader.isCaughtUp()) {
                reader.next(A_MOMENT).ifPresent(stored -> ids.add(stored.event().id()));
            }
        }
        return ids;
    }

    private ConflictException conflict(Event event) {
        ConflictException conflict = catchThrowableOfType(ConflictException.class, () -> events.publish(topic, event));
        assertThat(conflict.code()).isEqualTo(ErrorCode.DUPLICATE_ID);
        return conflict;
    }

    @ParameterizedTest
    @EnumSource
    void the_same_event_gets_the_first_answer(Acks acks) {
        windowed();
        Producer producer = Producer.defaults().withAcks(acks);

        Published first = events.publish(topic, order("1", 10), producer);
        events.publish(topic, order("2", 10), producer);

        assertThat(events.publish(topic, order("1", 10), producer)).isEqualTo(first);
        assertThat(events.publish(topic, order("1", 10))).isEqualTo(first);
        assertThat(first.offset()).isPresent();
        assertThat(ids()).containsExactlyInAnyOrder("evt-1", "evt-2");
    }

    @Test
    void another_event_of_the_same_id_is_a_conflict_that_names_both() {
        windowed();
        Published first = events.publish(topic, order("1", 10).withTime(Instant.EPOCH));
        String place = topic + "-" + first.partition() + "@" + first.offset().orElseThrow();

        assertThat(conflict(order("1", 11))).hasMessageContainingAll("evt-1", place, "expected 23 bytes", "11.0");
        assertThat(conflict(order("1", 10).withKey("k"))).hasMessageContaining("key: expected 1, found k");
        assertThat(conflict(order("1", 10).withSource("s"))).hasMessageContaining("source");
        assertThat(conflict(order("1", 10).withMetadata("a", "b"))).hasMessageContaining("metadata");
        assertThat(conflict(order("1", 10).withTime(Instant.ofEpochSecond(1))))
                .hasMessageContaining("time: expected 1970-01-01T00:00:00Z, found 1970-01-01T00:00:01Z");
        assertThat(ids()).containsExactly("evt-1");
    }

    @Test
    void time_counts_when_it_is_given() {
        windowed();
        Instant time = Instant.parse("2024-05-06T07:08:09Z");

        Published first = events.publish(topic, order("1", 10).withTime(time));

        assertThat(events.publish(topic, order("1", 10).withTime(time))).isEqualTo(first);
        assertThat(events.publish(topic, order("1", 10))).isEqualTo(first);
        conflict(order("1", 10).withTime(time.plusMillis(1)));
    }

    @Test
    void concurrent_publishes_of_an_id_are_one() {
        windowed();
        int count = 200;
        List<CompletableFuture<Published>> answers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int n = i % 4;
            answers.add(CompletableFuture.supplyAsync(() -> events.publish(topic, order(Integer.toString(n), n))));
            answers.add(events.publishAsync(topic, order(Integer.toString(n), n)));
        }

        Set<Published> places = new HashSet<>();
        answers.forEach(answer -> places.add(answer.join()));

        assertThat(places).hasSize(4);
        assertThat(ids()).hasSize(4);
    }

    @Test
    void the_window_survives_a_restart() {
        windowed();
        Published first = events.publish(topic, order("1", 10));
        events.transaction(tx -> tx.publish(topic, order("2", 20)));
        assertThatThrownBy(() -> events.transaction(tx -> {
                    tx.publish(topic, order("3", 30));
                    throw new IllegalStateException("not this time");
                }))
                .isInstanceOf(IllegalStateException.class);

        events.close();
        events = open(home);

        assertThat(events.topics().get(topic).config().deduplication()).isEqualTo(WINDOW);
        assertThat(events.publish(topic, order("1", 10))).isEqualTo(first);
        assertThat(conflict(order("2", 21))).hasMessageContaining("data: expected");
        events.publish(topic, order("3", 31));
        assertThat(ids()).containsExactlyInAnyOrder("evt-1", "evt-2", "evt-3");
    }

    @Test
    void a_transaction_publishes_an_id_once() {
        windowed();
        Published before = events.publish(topic, order("1", 10));
        List<Published> within = new ArrayList<>();

        events.transaction(tx -> {
            within.add(tx.publish(topic, order("1", 10)));
            within.add(tx.publish(topic, order("2", 20)));
            within.add(tx.publish(topic, order("2", 20)));
            assertThatThrownBy(() -> tx.publish(topic, order("2", 21))).isInstanceOf(ConflictException.class);
            assertThat(conflict(order("2", 20))).hasMessageContaining("may abort");
        });

        assertThat(within.get(0)).isEqualTo(before);
        assertThat(within.get(2)).isEqualTo(within.get(1));
        assertThat(events.publish(topic, order("2", 20))).isEqualTo(within.get(1));
        assertThat(ids()).containsExactlyInAnyOrder("evt-1", "evt-2");
    }

    @Test
    void an_aborted_transaction_leaves_its_ids_free() {
        windowed();
        assertThatThrownBy(() -> events.transaction(tx -> {
                    tx.publish(topic, order("1", 10));
                    throw new IllegalStateException("not this time");
                }))
                .isInstanceOf(IllegalStateException.class);

        events.publish(topic, order("1", 11));

        assertThat(ids()).containsExactly("evt-1");
    }

    @Test
    void what_was_published_before_there_was_a_window_is_known() {
        topic(1);
        Published first = events.publish(topic, order("1", 10));

        events.topics().alter(topic, t -> t.deduplication(WINDOW));

        assertThat(events.publish(topic, order("1", 10))).isEqualTo(first);
        events.topics().alter(topic, t -> t.deduplication(null));
        assertThat(events.publish(topic, order("1", 10))).isNotEqualTo(first);
    }

    @Test
    void an_id_is_free_again_after_the_window() {
        events.createTopic(Topic.named(topic).deduplication(Duration.ofMillis(1)));
        Published first = events.publish(topic, order("1", 10));

        PATIENCE.until(
                "the id is free", () -> !events.publish(topic, order("1", 10)).equals(first));
    }

    @Test
    void a_refused_event_can_be_published_when_it_is_correct() {
        windowed();
        assertThatThrownBy(() ->
                        events.publish(topic, Event.of("big", new byte[2 << 20]).withId("evt-1")))
                .isInstanceOf(RejectedException.class);

        events.publish(topic, order("1", 10));

        assertThat(ids()).containsExactly("evt-1");
    }

    @Test
    void a_topic_of_the_same_name_begins_anew() {
        windowed();
        events.publish(topic, order("1", 10));
        events.deleteTopic(topic);
        windowed();

        events.publish(topic, order("1", 11));

        assertThat(ids()).containsExactly("evt-1");
    }

    @Test
    void what_is_known_again_is_not_routed_again() {
        String copies = "copies-" + topic;
        events.createTopic(Topic.named(copies));
        events.createTopic(Topic.named(topic).deduplication(WINDOW).route("true", copies));

        events.publish(topic, order("1", 10));
        events.publish(topic, order("1", 10));

        assertThat(events.topics().status(copies).partitions().getFirst().end()).isOne();
    }

    @Test
    void what_is_held_for_later_does_not_go_together_with_a_window() {
        windowed();

        assertThatThrownBy(() -> events.publish(
                        topic, order("1", 10).deliverAt(Instant.now().plusSeconds(60))))
                .isInstanceOf(RejectedException.class)
                .hasMessageContainingAll("deliverAt", "deduplication window");
        assertThat(events.schedules().list(topic, null, 10)).isEmpty();
    }

    @Test
    void a_window_is_not_given_while_events_are_held_for_later() {
        topic(1);
        events.publish(topic, order("1", 10).deliverAt(Instant.now().plusSeconds(3_600)));

        assertThatThrownBy(() -> events.topics().alter(topic, t -> t.deduplication(WINDOW)))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("scheduled");
        assertThat(events.schedules().cancel("evt-1")).isTrue();
        events.topics().alter(topic, t -> t.deduplication(WINDOW));
    }

    @Test
    void what_came_while_there_was_no_window_is_known_to_the_next() {
        windowed();
        events.publish(topic, order("1", 10));
        events.topics().alter(topic, t -> t.deduplication(null));
        Published meanwhile = events.publish(topic, order("2", 10));
        events.topics().alter(topic, t -> t.deduplication(WINDOW));

        assertThat(events.publish(topic, order("2", 10))).isEqualTo(meanwhile);
    }

    @Test
    void a_compacted_topic_has_no_window() {
        Topic compacted = Topic.named(topic).cleanup(CleanupPolicy.COMPACT).deduplication(WINDOW);

        assertThatThrownBy(() -> events.createTopic(compacted))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("compacted");
    }

    @Test
    void windows_out_of_range_are_refused() {
        for (Duration bad : List.of(Duration.ZERO, Duration.ofDays(-1), Duration.ofDays(8))) {
            assertThatThrownBy(() -> Topic.named(topic).deduplication(bad))
                    .isInstanceOf(RejectedException.class)
                    .hasMessageContaining("deduplication");
        }
    }
}
