package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.ExpectedVersion;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Projection;
import io.clusterdb.events.Projections;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.View;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What projections promise whose documents change in the writes that store events, on every engine. */
public abstract class InlineProjectionContract extends StoreFixture {
    private static final Sum NOTHING = new Sum(0, 0);

    private final List<String> effects = Collections.synchronizedList(new ArrayList<>());

    /** A document: what was ordered. */
    public record Sum(int orders, long total) {
        Sum plus(long more) {
            return new Sum(orders + 1, total + more);
        }
    }

    /** One document of all orders. An order of 13 fails. */
    private static Projection<Sum> sums(int version, long factor) {
        return Projection.of("sums", Sum.class).version(version).on("OrderCreated", (event, context) -> {
            long total = event.data(OrderCreated.class).total();
            Sum before = context.get("all").orElse(NOTHING);
            context.put("all", before.plus(factor * total));
            if (total == 13) {
                throw new IllegalArgumentException("not thirteen");
            }
        });
    }

    private static Projection<Sum> inline() {
        return sums(1, 1).inline();
    }

    private Projections projections() {
        return events.store().projections();
    }

    private static Sum all(View<Sum> view) {
        return view.get("all").orElse(NOTHING);
    }

    private void awaitInline(View<?> view) {
        patience.until("it is inline", () -> view.status().inline());
    }

    // --- an append and its documents

    @Test
    void is_seen_as_soon_as_the_event_is_stored() {
        View<Sum> view = projections().run(inline());

        for (int i = 1; i <= 20; i++) {
            AppendToken token = events.storeEvent(created("o-" + i, 2));
            assertThat(all(view)).isEqualTo(new Sum(i, 2L * i));
            view.await(token, Duration.ofNanos(1));
        }
        events.storeEvents(List.of(created("a", 1), created("b", 1), paid("a", 2, 1)));

        assertThat(all(view)).isEqualTo(new Sum(22, 42));
        assertThat(view.status().inline()).isTrue();
        assertThat(view.status().lag()).isZero();
    }

    @Test
    void refuses_an_append_that_its_function_fails_at_and_nothing_is_stored() {
        View<Sum> view = projections().run(inline());
        events.storeEvent(created("o-1", 1));

        RejectedException refusal = catchThrowableOfType(
                RejectedException.class,
                () -> events.storeEvents(List.of(created("o-2", 1), created("o-3", 13), created("o-4", 1))));

        assertThat(refusal.code()).isEqualTo(ErrorCode.PROJECTION_FAILED);
        assertThat(refusal.problem().what()).contains("sums");
        assertThat(refusal.problem().why()).contains("created-o-3").contains("not thirteen");
        assertThat(events.getEvents("o-2")).isEmpty();
        assertThat(all(view)).isEqualTo(new Sum(1, 1));
        events.storeEvent(created("o-2", 1));
        assertThat(all(view)).isEqualTo(new Sum(2, 2));
    }

    @Test
    void is_changed_once_by_an_append_that_is_repeated() {
        View<Sum> view = projections()
                .run(Projection.of("sums", Sum.class).inline().onOthers((event, context) -> {
                    Sum before = context.get("all").orElse(NOTHING);
                    if (before.orders() >= 3) {
                        throw new IllegalStateException("enough");
                    }
                    context.put("all", before.plus(1));
                    context.effect(() -> effects.add(event.aggregateId()));
                }));
        DomainEvent unversioned =
                DomainEvent.of("Order", "o-2", 0, new OrderCreated("c-1", 1)).withId("once");

        AppendToken first = events.storeEvent(created("o-1", 1));
        AppendToken second = events.storeEvent(unversioned);
        assertThat(events.storeEvent(created("o-1", 1))).isEqualTo(first);
        assertThat(events.storeEvent(unversioned)).isEqualTo(second);
        assertThat(all(view)).isEqualTo(new Sum(2, 2));

        events.storeEvent(created("o-3", 1));
        assertThat(events.storeEvent(created("o-1", 1)))
                .as("where its function would fail now")
                .isEqualTo(first);
        assertThat(all(view)).isEqualTo(new Sum(3, 3));
        patience.until("three effects", () -> effects.size() >= 3);
        assertThat(effects).containsExactlyInAnyOrder("o-1", "o-2", "o-3");
    }

    @Test
    void is_not_changed_by_what_is_refused() {
        View<Sum> view = projections().run(inline());
        events.storeEvent(created("o-1", 1));

        assertThatThrownBy(() -> events.storeEvent(DomainEvent.of("Order", "o-1", 1, new OrderCreated("c-2", 5))))
                .isInstanceOf(ConflictException.class);
        assertThatThrownBy(() -> events.store()
                        .storeEvents(Append.of(created("o-2", 1)).expecting("o-1", ExpectedVersion.exact(7))))
                .isInstanceOf(ConflictException.class);

        assertThat(all(view)).isEqualTo(new Sum(1, 1));
    }

    @Test
    void sees_the_versions_that_events_without_one_get() {
        View<Sum> view = projections()
                .run(Projection.of("versions", Sum.class)
                        .inline()
                        .onOthers(
                                (event, context) -> context.put(event.aggregateId() + "/" + event.version(), NOTHING)));

        events.storeEvent(DomainEvent.of("Order", "o-1", 0, new OrderPaid(1)));
        events.storeEvents(List.of(
                DomainEvent.of("Order", "o-1", 0, new OrderPaid(1)),
                DomainEvent.of("Order", "o-2", 0, new OrderPaid(1)),
                DomainEvent.of("Order", "o-1", 0, new OrderPaid(1))));

        assertThat(view.list()).containsOnlyKeys("o-1/1", "o-1/2", "o-1/3", "o-2/1");
    }

    /** Writers of as many orders each. */
    private List<CompletableFuture<Void>> write(String name, int writers, int orders) {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int w = 0; w < writers; w++) {
            String writer = name + w;
            CompletableFuture<Void> done = new CompletableFuture<>();
            all.add(done);
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    for (int i = 0; i < orders; i++) {
                        events.storeEvent(created(writer + "-" + i, 1));
                    }
                    done.complete(null);
                } catch (Throwable e) {
                    done.completeExceptionally(e);
                }
            });
        }
        return all;
    }

    private void finish(List<CompletableFuture<Void>> all) throws Exception {
        for (CompletableFuture<Void> each : all) {
            patience.get(each);
        }
    }

    @Test
    void adds_up_exactly_when_appends_at_once_change_one_document() throws Exception {
        View<Sum> view = projections().run(inline());

        finish(write("w", 6, 25));

        assertThat(all(view)).isEqualTo(new Sum(150, 150));
    }

    @Test
    void two_are_changed_together_or_not_at_all() {
        View<Sum> sums = projections().run(inline());
        View<Sum> others = projections()
                .run(Projection.of("others", Sum.class)
                        .inline()
                        .onOthers((event, context) -> context.put(event.aggregateId(), NOTHING)));
        events.storeEvent(created("o-1", 1));
        assertThatThrownBy(() -> events.storeEvent(created("o-2", 13))).isInstanceOf(RejectedException.class);

        assertThat(all(sums)).isEqualTo(new Sum(1, 1));
        assertThat(others.list()).containsOnlyKeys("o-1");
    }

    // --- how one becomes inline, and ceases to be

    @Test
    void catches_up_with_what_was_there_and_is_then_inline_without_gap_or_duplicate_while_writers_go_on()
            throws Exception {
        for (int page = 0; page < 3; page++) {
            List<DomainEvent> orders = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                orders.add(created("before-" + page + "-" + i, 1));
            }
            events.storeEvents(orders);
        }
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger written = new AtomicInteger();
        List<CompletableFuture<Void>> writing = new ArrayList<>();
        for (int w = 0; w < 3; w++) {
            String writer = "w" + w;
            CompletableFuture<Void> done = new CompletableFuture<>();
            writing.add(done);
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    for (int i = 0; !stop.get(); i++) {
                        events.storeEvent(created(writer + "-" + i, 1));
                        written.incrementAndGet();
                    }
                    done.complete(null);
                } catch (Throwable e) {
                    done.completeExceptionally(e);
                }
            });
        }
        patience.until("writers are at it", () -> written.get() > 10);

        View<Sum> view = projections().run(inline());
        awaitInline(view);
        int then = written.get();
        patience.until("some more", () -> written.get() > then + 30);
        stop.set(true);
        finish(writing);

        int count = 1_200 + written.get();
        assertThat(all(view)).isEqualTo(new Sum(count, count));
    }

    @Test
    void goes_on_when_the_store_is_opened_again() {
        View<Sum> first = projections().run(inline());
        events.storeEvent(created("o-1", 1));
        assertThat(all(first)).isEqualTo(new Sum(1, 1));
        reopen();

        View<Sum> view = projections().run(inline());
        awaitInline(view);
        events.storeEvent(created("o-2", 1));

        assertThat(all(view)).isEqualTo(new Sum(2, 2));
    }

    @Test
    void declared_without_inline_follows_behind_and_can_become_inline_again() {
        projections().run(inline());
        events.storeEvent(created("o-1", 1));
        reopen();

        View<Sum> behind = projections().run(sums(1, 1));
        behind.await(events.storeEvent(created("o-2", 1)), budget());
        assertThat(all(behind)).isEqualTo(new Sum(2, 2));
        assertThat(behind.status().inline()).isFalse();
        reopen();

        View<Sum> view = projections().run(inline());
        awaitInline(view);
        events.storeEvent(created("o-3", 1));
        assertThat(all(view)).isEqualTo(new Sum(3, 3));
    }

    @Test
    void stopped_lets_appends_alone_and_goes_on_from_there() {
        View<Sum> view = projections().run(inline());
        events.storeEvent(created("o-1", 1));

        projections().stop("sums");
        events.storeEvent(created("o-2", 13));
        assertThat(all(view)).isEqualTo(new Sum(1, 1));
        assertThatThrownBy(() -> projections().stop("sums")).isInstanceOf(NotFoundException.class);

        View<Sum> again = projections().run(sums(1, 1));
        again.await(events.storeEvent(created("o-3", 1)), budget());
        assertThat(all(again))
                .as("what fails when it is not inline is left out")
                .isEqualTo(new Sum(2, 2));
        assertThat(again.status().skipped()).isEqualTo(1);
    }

    @Test
    void of_a_higher_version_is_built_beside_and_then_inline() {
        projections().run(inline());
        events.storeEvents(List.of(created("o-1", 7), created("o-2", 1)));
        reopen();

        View<Sum> view = projections().run(sums(2, 100).inline());
        events.storeEvent(created("o-3", 1));
        patience.until("version 2 answers", () -> view.status().version() == 2);
        awaitInline(view);
        events.storeEvent(created("o-4", 1));

        assertThat(all(view)).isEqualTo(new Sum(4, 1_000));
        reopen();
        View<Sum> back = projections().run(inline());
        patience.until("version 1 answers", () -> back.status().version() == 1);
        awaitInline(back);
        events.storeEvent(created("o-5", 1));
        assertThat(all(back)).isEqualTo(new Sum(5, 11));
    }

    @Test
    void of_a_higher_version_goes_beyond_the_one_before_which_nobody_runs() {
        View<Sum> before = projections().run(sums(1, 1));
        before.await(events.storeEvent(created("first", 1)), budget());
        reopen();
        List<DomainEvent> many = new ArrayList<>();
        for (int i = 1; i <= 700; i++) {
            many.add(created("o-" + i, i == 650 ? 13 : 1));
        }
        events.storeEvents(many);

        View<Sum> view = projections().run(sums(2, 100).inline());
        patience.until("version 2 answers", () -> view.status().version() == 2);
        awaitInline(view);
        events.storeEvent(created("last", 1));

        assertThat(view.status().skipped())
                .as("what nobody had handled is not replayed")
                .isOne();
        assertThat(all(view)).isEqualTo(new Sum(701, 70_100));
    }

    @Test
    void of_the_version_before_is_inline_again_when_the_higher_one_is_given_up() {
        projections().run(inline());
        events.storeEvent(created("o-1", 7));
        reopen();
        View<Sum> stopped = projections()
                .run(Projection.of("sums", Sum.class).version(2).inline().on("OrderCreated", (event, context) -> {
                    throw new IllegalArgumentException("no orders");
                }));
        patience.until("it stops", () -> stopped.status().failure() != null);
        reopen();

        View<Sum> view = projections().run(inline());
        awaitInline(view);
        events.storeEvent(created("o-2", 1));
        assertThat(all(view)).isEqualTo(new Sum(2, 8));

        projections().rebuild("sums");
        patience.until("it is built", () -> view.status().building() == null);
        assertThat(all(view)).isEqualTo(new Sum(2, 8));
    }

    @Test
    void becomes_inline_while_it_is_made_anew() {
        View<Sum> behind = projections().run(sums(1, 1));
        events.storeEvent(created("o-1", 1));
        behind.await(events.storeEvent(created("o-2", 13)), budget());
        projections().rebuild("sums");
        patience.until("it stops at the thirteen", () -> behind.status().failure() != null);
        reopen();

        View<Sum> view = projections().run(inline());
        awaitInline(view);
        events.storeEvent(created("o-3", 1));
        assertThat(all(view)).isEqualTo(new Sum(2, 2));

        projections().skip("sums", 2);
        patience.until("it is built", () -> view.status().building() == null);
        awaitInline(view);
        assertThat(all(view)).isEqualTo(new Sum(2, 2));
    }

    @Test
    void rebuilt_is_inline_before_and_after_without_effects_meanwhile() throws Exception {
        View<Sum> view = projections()
                .run(inline().on(
                                "OrderPaid",
                                (event, context) -> context.effect(() -> effects.add(event.aggregateId()))));
        finish(write("before", 2, 20));
        events.storeEvents(List.of(created("a", 1), paid("a", 2, 1)));
        patience.until("its effect", () -> effects.size() == 1);

        projections().rebuild("sums");
        List<CompletableFuture<Void>> writing = write("meanwhile", 2, 20);
        patience.until("it is built", () -> view.status().building() == null);
        finish(writing);
        awaitInline(view);
        events.storeEvents(List.of(created("b", 1), paid("b", 2, 1)));

        assertThat(all(view)).isEqualTo(new Sum(82, 82));
        patience.until("two effects", () -> effects.size() >= 2);
        assertThat(effects).containsExactly("a", "b");
    }
}
