package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.Aggregate;
import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.ExpectedVersion;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.StreamStatus;
import io.clusterdb.events.Upcaster;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What an event store promises, on every engine: appends with conditions, streams, and one order over all. */
public abstract class StoreContract extends StoreFixture {
    // --- append

    @Test
    void append_keeps_all_that_an_event_says() {
        Instant time = Instant.parse("2024-05-06T07:08:09.123456Z");
        DomainEvent event = created("o-1", 1_200)
                .withTime(time)
                .withMetadata(Map.of("user_id", "user-123", "correlation_id", "corr-123"));

        events.storeEvent(event);
        reopen();

        DomainEvent stored = events.getEvents("o-1").get(0);
        assertThat(stored.id()).isEqualTo("created-o-1");
        assertThat(stored.type()).isEqualTo("OrderCreated");
        assertThat(stored.aggregateId()).isEqualTo("o-1");
        assertThat(stored.aggregateType()).isEqualTo("Order");
        assertThat(stored.version()).isEqualTo(1);
        assertThat(stored.time()).isEqualTo(time);
        assertThat(stored.metadata()).isEqualTo(Map.of("user_id", "user-123", "correlation_id", "corr-123"));
        assertThat(stored.data(OrderCreated.class)).isEqualTo(new OrderCreated("c-1", 1_200));
    }

    @Test
    void append_fills_in_id_and_time() {
        events.storeEvent(DomainEvent.of("Order", "o-1", 1, new OrderCreated("c-1", 5)));

        DomainEvent stored = events.getEvents("o-1").get(0);
        assertThat(stored.id()).hasSize(36);
        assertThat(stored.time())
                .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
    }

    @Test
    void append_at_another_version_is_a_conflict_that_names_both() {
        grow("o-1", 7);

        ConflictException conflict = catchThrowableOfType(
                ConflictException.class,
                () -> events.storeEvent(paid("o-1", 6, 50).withId("x")));

        assertThat(conflict.code()).isEqualTo(ErrorCode.WRONG_VERSION);
        assertThat(conflict.problem().why()).contains("expected version 5").contains("actual is version 7");
        assertThat(events.getEvents("o-1")).hasSize(7);
    }

    @Test
    void append_far_ahead_is_a_conflict() {
        grow("o-1", 2);

        assertThatThrownBy(() -> events.storeEvent(paid("o-1", 9, 1))).isInstanceOf(ConflictException.class);
    }

    @Test
    void append_of_several_events_is_all_or_nothing() {
        grow("o-1", 2);

        assertThatThrownBy(() -> events.storeEvents(
                        List.of(created("o-2", 1), paid("o-1", 2, 1).withId("x"))))
                .isInstanceOf(ConflictException.class);

        assertThat(events.getEvents("o-2")).isEmpty();
        assertThat(events.getEvents("o-1")).hasSize(2);
    }

    @Test
    void append_of_several_streams_gives_the_version_of_each() {
        AppendToken token = events.storeEvents(List.of(created("o-1", 1), created("o-2", 1), paid("o-1", 2, 1)));

        assertThat(token.versions()).isEqualTo(Map.of("o-1", 2L, "o-2", 1L));
        assertThat(token.store()).isEqualTo("orders");
    }

    @Test
    void append_without_a_version_takes_the_next_one() {
        grow("o-1", 3);

        AppendToken token = events.storeEvents(List.of(
                DomainEvent.of("Order", "o-1", 0, new OrderPaid(1)),
                DomainEvent.of("Order", "o-1", 0, new OrderPaid(2))));

        assertThat(token.versions()).isEqualTo(Map.of("o-1", 5L));
        assertThat(versions(events.getEvents("o-1"))).containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void append_holds_to_each_kind_of_condition() {
        grow("there", 3);
        DomainEvent next = DomainEvent.of("Order", "there", 0, new OrderPaid(1));
        DomainEvent first = DomainEvent.of("Order", "not-there", 0, new OrderCreated("c", 1));

        refused(Append.of(next).expecting("there", ExpectedVersion.noStream()));
        refused(Append.of(next).expecting("there", ExpectedVersion.exact(2)));
        refused(Append.of(first).expecting("not-there", ExpectedVersion.streamExists()));
        refused(Append.of(first).expecting("not-there", ExpectedVersion.exact(1)));
        events.storeEvents(Append.of(next).expecting("there", ExpectedVersion.exact(3)));
        events.storeEvents(Append.of(next).expecting("there", ExpectedVersion.streamExists()));
        events.storeEvents(Append.of(next).expecting("there", ExpectedVersion.any()));
        events.storeEvents(Append.of(first).expecting("not-there", ExpectedVersion.noStream()));

        assertThat(events.getEvents("there")).hasSize(6);
        assertThat(events.getEvents("not-there")).hasSize(1);
    }

    @Test
    void append_holds_to_conditions_on_streams_that_it_does_not_write() {
        grow("customer", 2);

        refused(Append.of(created("o-1", 1)).expecting("customer", ExpectedVersion.exact(1)));
        refused(Append.of(created("o-1", 1)).expecting("nobody", ExpectedVersion.streamExists()));
        events.storeEvents(Append.of(created("o-1", 1))
                .expecting("customer", ExpectedVersion.exact(2))
                .expecting("nobody", ExpectedVersion.noStream()));

        assertThat(events.getEvents("o-1")).hasSize(1);
    }

    private void refused(Append append) {
        ConflictException conflict = catchThrowableOfType(ConflictException.class, () -> events.storeEvents(append));
        assertThat(conflict.code()).isEqualTo(ErrorCode.WRONG_VERSION);
    }

    @Test
    void append_refuses_an_aggregate_of_another_type() {
        grow("o-1", 1);

        ConflictException conflict = catchThrowableOfType(
                ConflictException.class,
                () -> events.storeEvent(DomainEvent.of("Invoice", "o-1", 2, new OrderPaid(1))));

        assertThat(conflict.code()).isEqualTo(ErrorCode.WRONG_AGGREGATE_TYPE);
        assertThat(conflict.problem().why()).contains("Order").contains("Invoice");
    }

    @Test
    void append_refuses_versions_that_are_not_consecutive_before_anything_is_stored() {
        assertThatThrownBy(() -> events.storeEvents(List.of(created("o-1", 1), paid("o-1", 3, 1))))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("version");
        grow("o-1", 1);
        assertThat(events.getEvents("o-1")).hasSize(1);
    }

    @Test
    void append_refuses_data_that_are_too_large() {
        DomainEvent large = DomainEvent.of("Order", "o-1", 1, new OrderCreated("c".repeat(2 << 20), 1));

        RejectedException refusal = catchThrowableOfType(RejectedException.class, () -> events.storeEvent(large));

        assertThat(refusal.code()).isEqualTo(ErrorCode.TOO_LARGE);
        grow("o-1", 1);
        assertThat(events.getEvents("o-1")).hasSize(1);
    }

    // --- append again

    @Test
    void append_repeated_gives_the_same_answer_and_stores_nothing() {
        List<DomainEvent> both = List.of(created("o-1", 1), paid("o-1", 2, 1), created("o-2", 1));
        AppendToken first = events.storeEvents(both);
        events.storeEvent(paid("o-1", 3, 1));

        AppendToken again = events.storeEvents(both);

        assertThat(again).isEqualTo(first);
        assertThat(events.getEvents("o-1")).hasSize(3);
        assertThat(events.getEvents("o-2")).hasSize(1);
    }

    @Test
    void append_repeated_is_known_after_opening_again() {
        AppendToken first = events.storeEvent(created("o-1", 1));
        reopen();

        assertThat(events.storeEvent(created("o-1", 1))).isEqualTo(first);
        assertThat(events.getEvents("o-1")).hasSize(1);
    }

    @Test
    void append_repeated_without_versions_is_known_by_the_ids() {
        grow("o-1", 1);
        List<DomainEvent> both = List.of(
                DomainEvent.of("Order", "o-1", 0, new OrderPaid(1)).withId("a"),
                DomainEvent.of("Order", "o-1", 0, new OrderPaid(2)).withId("b"));
        AppendToken first = events.storeEvents(both);
        events.storeEvent(paid("o-1", 4, 1));

        assertThat(events.storeEvents(both)).isEqualTo(first);
        assertThat(events.getEvents("o-1")).hasSize(4);
    }

    @Test
    void append_of_a_known_event_beside_a_new_one_is_a_conflict() {
        grow("o-1", 1);
        DomainEvent known = DomainEvent.of("Order", "o-1", 0, new OrderPaid(1)).withId("a");
        DomainEvent more = DomainEvent.of("Order", "o-1", 0, new OrderPaid(2)).withId("b");
        events.storeEvent(known);

        for (List<DomainEvent> both : List.of(List.of(known, more), List.of(more, known), List.of(more, more))) {
            ConflictException conflict = catchThrowableOfType(ConflictException.class, () -> events.storeEvents(both));
            assertThat(conflict.code()).isEqualTo(ErrorCode.OTHER_CONTENT);
        }

        assertThat(events.getEvents("o-1")).hasSize(2);
        events.storeEvents(List.of(
                more, DomainEvent.of("Order", "o-2", 0, new OrderPaid(1)).withId("a")));
        assertThat(events.getEvents("o-1")).hasSize(3);
    }

    @Test
    void append_of_another_content_under_a_known_id_is_a_conflict() {
        events.storeEvent(created("o-1", 1));

        ConflictException conflict =
                catchThrowableOfType(ConflictException.class, () -> events.storeEvent(created("o-1", 2)));

        assertThat(conflict.code()).isEqualTo(ErrorCode.OTHER_CONTENT);
        assertThat(conflict.problem().what()).contains("created-o-1");
    }

    @Test
    void append_by_many_at_once_has_one_winner_for_each_version() throws Exception {
        events.storeEvent(created("o-1", 1));
        AtomicInteger conflicts = new AtomicInteger();
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int w = 0; w < 8; w++) {
            String writer = "w" + w;
            writers.add(run(() -> {
                for (int i = 0; i < 20; i++) {
                    boolean stored = false;
                    while (!stored) {
                        Aggregate<Order> order = events.loadAggregate(ORDER, "o-1");
                        try {
                            events.storeEvent(order.next(new OrderPaid(1)).withId(writer + "-" + i));
                            stored = true;
                        } catch (ConflictException e) {
                            conflicts.incrementAndGet();
                        }
                    }
                }
            }));
        }
        patience.get(CompletableFuture.allOf(writers.toArray(new CompletableFuture<?>[0])));

        assertThat(events.loadAggregate(ORDER, "o-1").state().paid()).isEqualTo(160);
        assertThat(versions(events.getEvents("o-1")))
                .hasSize(161)
                .doesNotHaveDuplicates()
                .isSorted();
        assertThat(conflicts.get()).isPositive();
    }

    private static CompletableFuture<Void> run(Runnable work) {
        return CompletableFuture.runAsync(work, task -> new Thread(task).start());
    }

    // --- load

    @Test
    void load_folds_all_events() {
        events.storeEvents(List.of(created("o-1", 1_200), paid("o-1", 2, 200), paid("o-1", 3, 300)));

        Aggregate<Order> order = events.loadAggregate(ORDER, "o-1");

        assertThat(order.state()).isEqualTo(new Order("c-1", 1_200, 500));
        assertThat(order.version()).isEqualTo(3);
        assertThat(order.id()).isEqualTo("o-1");
    }

    @Test
    void load_of_an_unknown_aggregate_is_not_found() {
        grow("o-1", 1);

        NotFoundException refusal =
                catchThrowableOfType(NotFoundException.class, () -> events.loadAggregate(ORDER, "o-9"));

        assertThat(refusal.code()).isEqualTo(ErrorCode.UNKNOWN_AGGREGATE);
        assertThat(refusal.problem().what()).contains("o-9");
        assertThat(events.getEvents("o-9")).isEmpty();
        assertThat(events.loadAggregate(ORDER, "o-1").version()).isEqualTo(1);
    }

    @Test
    void load_as_another_type_is_a_conflict() {
        events.storeEvent(DomainEvent.of("Invoice", "i-1", 1, new OrderCreated("c", 1)));

        ConflictException conflict =
                catchThrowableOfType(ConflictException.class, () -> events.loadAggregate(ORDER, "i-1"));

        assertThat(conflict.code()).isEqualTo(ErrorCode.WRONG_AGGREGATE_TYPE);
    }

    @Test
    void load_names_the_event_that_a_fold_throws_at() {
        events.storeEvents(List.of(created("o-1", 1), paid("o-1", 2, -1)));
        var strict = io.clusterdb.events.AggregateType.of("Order", Order.class)
                .starts(OrderCreated.class, Order::created)
                .on(OrderPaid.class, (order, event) -> {
                    throw new IllegalArgumentException("a payment of " + event.amount());
                });

        EventsException failure =
                catchThrowableOfType(EventsException.class, () -> events.loadAggregate(strict, "o-1"));

        assertThat(failure.code()).isEqualTo(ErrorCode.FOLD_FAILED);
        assertThat(failure.problem().why())
                .contains("paid-o-1-2")
                .contains("version 2")
                .contains("a payment of -1");
    }

    @Test
    void load_lifts_old_events() {
        events.storeEvent(created("o-1", 7));
        reopen(Upcaster.of(
                "OrderCreated",
                1,
                data -> data.asObject().put("total", data.get("total").asLong() * 100)));

        assertThat(events.loadAggregate(ORDER, "o-1").state().total()).isEqualTo(700);
        assertThat(events.getEvents("o-1").get(0).dataVersion()).isEqualTo(1);
        events.storeEvent(created("o-2", 7));
        assertThat(events.loadAggregate(ORDER, "o-2").state().total()).isEqualTo(7);
        assertThat(events.getEvents("o-2").get(0).dataVersion()).isEqualTo(2);
    }

    // --- streams

    @Test
    void stream_is_read_from_a_version_and_backwards() {
        grow("o-1", 1_203);

        assertThat(versions(events.getEventStream("o-1"))).hasSize(1_203).isSorted();
        assertThat(versions(events.getEventStream("o-1").from(1_201))).containsExactly(1_201L, 1_202L, 1_203L);
        assertThat(versions(events.getEventStream("o-1").from(1_204))).isEmpty();
        List<Long> backwards = versions(events.getEventStream("o-1").backwards());
        assertThat(backwards).hasSize(1_203).startsWith(1_203L, 1_202L).endsWith(2L, 1L);
        assertThat(versions(events.getEventStream("o-1").backwards().from(2))).containsExactly(2L, 1L);
    }

    // --- all

    @Test
    void all_gives_every_event_once_in_the_order_of_positions() throws Exception {
        for (int i = 0; i < 30; i++) {
            grow("o-" + i, 1 + i % 5);
        }

        List<DomainEvent> all = all(90);

        assertThat(all.stream().map(DomainEvent::position)).isSorted().doesNotHaveDuplicates();
        assertThat(all.get(0).position()).isEqualTo(1);
        assertThat(all.get(89).position()).isEqualTo(90);
        Map<String, Long> last = new java.util.HashMap<>();
        for (DomainEvent event : all) {
            assertThat(event.version()).isEqualTo(last.getOrDefault(event.aggregateId(), 0L) + 1);
            last.put(event.aggregateId(), event.version());
        }
    }

    @Test
    void all_goes_on_behind_a_position() throws Exception {
        grow("o-1", 10);
        all(10);

        List<Long> rest = new ArrayList<>();
        events.store().all().after(7).forEach(event -> rest.add(event.position()));

        assertThat(rest).containsExactly(8L, 9L, 10L);
        assertThat(events.store().all().after(10)).isEmpty();
    }

    @Test
    void all_is_narrowed_to_types() throws Exception {
        grow("o-1", 3);
        events.storeEvent(DomainEvent.of("Invoice", "i-1", 1, new OrderCreated("c", 1)));
        all(4);

        assertThat(ids(events.store().all().aggregateTypes(Set.of("Invoice")))).containsExactly("i-1");
        assertThat(ids(events.store().all().eventTypes(Set.of("OrderCreated"))))
                .containsExactlyInAnyOrder("o-1", "i-1");
        assertThat(ids(events.store().all().eventTypes(Set.of("OrderCreated")).aggregateTypes(Set.of("Order"))))
                .containsExactly("o-1");
    }

    @Test
    void all_is_narrowed_by_an_expression() throws Exception {
        grow("o-1", 3);
        grow("o-2", 5);
        all(8);

        assertThat(ids(events.store().all().where("aggregateId == 'o-2' && version >= 4")))
                .containsExactly("o-2", "o-2");
        assertThat(ids(events.store().all().where("data.total >= 1000 || position == 3")))
                .containsExactly("o-1", "o-1", "o-2");
        assertThatThrownBy(() -> events.store().all().where("offset > 1"))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("offset");
    }

    @Test
    void streams_are_listed_page_by_page_in_the_order_of_their_ids() {
        List.of("o-2", "o", "o-10", "\u00f6").forEach(id -> grow(id, id.length()));
        events.storeEvent(DomainEvent.of("Invoice", "i-1", 0, "Written", Map.of()));
        reopen();

        assertThat(events.store().streams("", 3))
                .containsExactly(
                        new StreamStatus("i-1", "Invoice", 1),
                        new StreamStatus("o", "Order", 1),
                        new StreamStatus("o-10", "Order", 4));
        assertThat(events.store().streams("o-10", 3))
                .containsExactly(new StreamStatus("o-2", "Order", 3), new StreamStatus("\u00f6", "Order", 1));
    }

    @Test
    void all_skips_nothing_whatever_many_writers_do() throws Exception {
        int perWriter = 50;
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int w = 0; w < 6; w++) {
            String writer = "w" + w;
            writers.add(run(() -> {
                for (int i = 0; i < perWriter; i++) {
                    events.storeEvents(List.of(created(writer + "-" + i, 1), paid(writer + "-" + i, 2, 1)));
                }
            }));
        }

        Set<String> seen = new HashSet<>();
        long[] position = {0};
        patience.until("all events are seen", () -> {
            for (DomainEvent event : events.store().all().after(position[0])) {
                assertThat(event.position()).isEqualTo(position[0] + 1);
                assertThat(seen.add(event.id()))
                        .as("event %s for the first time", event)
                        .isTrue();
                position[0] = event.position();
            }
            return seen.size() == 6 * perWriter * 2;
        });
        patience.get(CompletableFuture.allOf(writers.toArray(new CompletableFuture<?>[0])));
    }

    private static List<String> ids(Iterable<DomainEvent> all) {
        List<String> ids = new ArrayList<>();
        all.forEach(event -> ids.add(event.aggregateId()));
        return ids;
    }

    /** All events, when as many have their positions. */
    private List<DomainEvent> all(int count) throws Exception {
        patience.until(count + " positions", () -> events.store().all().lastPosition() == count);
        List<DomainEvent> all = new ArrayList<>();
        events.store().all().forEach(all::add);
        assertThat(all).hasSize(count);
        return all;
    }
}
