package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.AppendToken;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Filter;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Projection;
import io.clusterdb.events.ProjectionStatus;
import io.clusterdb.events.Projections;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.View;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What projections promise, on every engine. */
public abstract class ProjectionContract extends StoreFixture {
    private final List<String> effects = Collections.synchronizedList(new ArrayList<>());

    /** A document: what a customer has ordered. */
    public record Customer(int orders, long total) {}

    private static Projection<Customer> customers() {
        return Projection.of("customers", Customer.class)
                .on(
                        OrderCreated.class,
                        OrderCreated::customer,
                        (before, event) -> before == null
                                ? new Customer(1, event.total())
                                : new Customer(before.orders() + 1, before.total() + event.total()));
    }

    /** As {@link #customers}, with totals in cents. */
    private static Projection<Customer> inCents() {
        return Projection.of("customers", Customer.class)
                .version(2)
                .on(
                        OrderCreated.class,
                        OrderCreated::customer,
                        (before, event) -> before == null
                                ? new Customer(1, 100 * event.total())
                                : new Customer(before.orders() + 1, before.total() + 100 * event.total()));
    }

    private Projections projections() {
        return events.store().projections();
    }

    private ProjectionStatus status() {
        return projections().list().get(0);
    }

    @Test
    void follows_the_events_and_can_be_waited_for() {
        View<Customer> view = projections().run(customers());

        events.storeEvent(created("o-1", 10));
        AppendToken token = events.storeEvents(List.of(created("o-2", 5), paid("o-1", 2, 10)));
        view.await(token, budget());

        assertThat(view.get("c-1")).contains(new Customer(2, 15));
        assertThat(view.get("nobody")).isEmpty();
        assertThat(view.status().position()).isEqualTo(3);
        assertThat(view.status().lag()).isZero();
        assertThat(view.status().version()).isEqualTo(1);
    }

    @Test
    void begins_with_what_was_there_and_goes_on_where_it_was() {
        for (int i = 0; i < 700; i++) {
            events.storeEvent(created("o-" + i, 1));
        }
        View<Customer> first = projections().run(customers());
        first.await(events.storeEvent(created("last", 1)), budget());
        reopen();
        View<Customer> view = projections().run(customers());
        assertThat(view.get("c-1")).contains(new Customer(701, 701));

        view.await(events.storeEvent(created("more", 1)), budget());

        assertThat(view.get("c-1")).contains(new Customer(702, 702));
    }

    @Test
    void hands_over_from_what_was_there_to_what_comes_without_gap_or_duplicate() throws Exception {
        int count = 400;
        CompletableFuture<AppendToken> writer = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            AppendToken last = null;
            for (int i = 0; i < count; i++) {
                last = events.storeEvent(created("o-" + i, 1));
            }
            writer.complete(last);
        });
        thread.start();
        patience.until("some events", () -> events.store().all().lastPosition() > 20);
        View<Customer> view = projections().run(customers());

        view.await(patience.get(writer), budget());

        assertThat(view.get("c-1")).contains(new Customer(count, count));
    }

    @Test
    void lists_documents_by_a_condition() {
        View<Customer> view = projections()
                .run(Projection.of("orders", Customer.class)
                        .on(
                                "OrderCreated",
                                (event, context) -> context.put(
                                        event.aggregateId(),
                                        new Customer(
                                                1,
                                                event.data(OrderCreated.class).total())))
                        .on("OrderPaid", (event, context) -> context.delete(event.aggregateId())));
        events.storeEvents(List.of(created("o-1", 10), created("o-2", 20), created("o-3", 30)));
        view.await(events.storeEvent(paid("o-2", 2, 20)), budget());

        assertThat(view.list()).isEqualTo(Map.of("o-1", new Customer(1, 10), "o-3", new Customer(1, 30)));
        assertThat(view.list(Filter.expression("data.total > 20"))).containsOnlyKeys("o-3");
        assertThat(view.list(Filter.expression("key == 'o-1'"))).containsOnlyKeys("o-1");
        assertThatThrownBy(() -> view.list(Filter.expression("nonsense"))).isInstanceOf(RejectedException.class);
    }

    @Test
    void of_a_higher_version_is_built_beside_the_old_one_and_then_answers() {
        View<Customer> old = projections().run(customers());
        old.await(events.storeEvent(created("o-1", 7)), budget());
        reopen();

        View<Customer> view = projections().run(inCents());
        assertThat(view.get("c-1").orElseThrow().total()).isIn(7L, 700L);
        view.await(events.storeEvent(created("o-2", 1)), budget());

        patience.until("version 2 answers", () -> view.status().version() == 2);
        view.await(events.storeEvent(created("o-3", 1)), budget());
        assertThat(view.get("c-1")).contains(new Customer(3, 900));
        assertThat(view.status().building()).isNull();
    }

    @Test
    void goes_back_to_the_version_before_without_beginning_anew() {
        projections().run(customers()).await(events.storeEvent(created("o-1", 7)), budget());
        reopen();
        View<Customer> second = projections().run(inCents());
        patience.until("version 2 answers", () -> second.status().version() == 2);
        reopen();

        View<Customer> back = projections().run(customers());
        patience.until("version 1 answers", () -> back.status().version() == 1);
        back.await(events.storeEvent(created("o-2", 1)), budget());
        assertThat(back.get("c-1")).contains(new Customer(2, 8));
    }

    @Test
    void rebuilt_answers_as_before_meanwhile_and_is_the_same_afterwards() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        View<Customer> view = projections()
                .run(Projection.of("customers", Customer.class).on("OrderCreated", (event, context) -> {
                    if (context.isReplay()) {
                        wait(gate);
                    }
                    Customer before = context.get("c-1").orElse(new Customer(0, 0));
                    context.put("c-1", new Customer(before.orders() + 1, before.total() + 1));
                }));
        view.await(events.storeEvent(created("o-1", 1)), budget());
        view.await(events.storeEvent(created("o-2", 1)), budget());

        projections().rebuild("customers");
        assertThat(view.get("c-1")).contains(new Customer(2, 2));
        assertThatThrownBy(() -> projections().rebuild("customers")).hasMessageContaining("is being built");
        gate.countDown();

        patience.until("it is built", () -> view.status().building() == null);
        view.await(events.storeEvent(created("o-3", 1)), budget());
        assertThat(view.get("c-1")).contains(new Customer(3, 3));
    }

    private static void wait(CountDownLatch gate) {
        try {
            if (!gate.await(20, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the gate stays shut");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void does_effects_for_new_events_only_and_once() {
        events.storeEvent(created("before", 1));
        Projection<Customer> mailing = Projection.of("mails", Customer.class)
                .on("OrderCreated", (event, context) -> context.effect(() -> effects.add(event.aggregateId())));
        View<Customer> view = projections().run(mailing);
        view.await(events.storeEvent(created("o-1", 1)), budget());
        view.await(events.storeEvent(created("o-2", 1)), budget());
        patience.until("two effects", () -> effects.size() >= 2);

        projections().rebuild("mails");
        patience.until("it is built", () -> view.status().building() == null);
        view.await(events.storeEvent(created("o-3", 1)), budget());
        patience.until("three effects", () -> effects.size() >= 3);

        assertThat(effects).containsExactlyInAnyOrder("o-1", "o-2", "o-3");
    }

    private static Projection<Customer> picky() {
        return Projection.of("customers", Customer.class).on("OrderCreated", (event, context) -> {
            context.put("last", new Customer(0, 0));
            if (event.data(OrderCreated.class).total() == 13) {
                throw new IllegalArgumentException("not thirteen");
            }
            context.put(event.aggregateId(), new Customer(1, 1));
            context.delete("last");
        });
    }

    @Test
    void leaves_out_an_event_that_fails_and_keeps_a_record() {
        View<Customer> view = projections().run(picky());
        events.storeEvent(created("o-1", 1));
        events.storeEvent(created("o-2", 13));
        view.await(events.storeEvent(created("o-3", 1)), budget());

        assertThat(view.list()).containsOnlyKeys("o-1", "o-3");
        assertThat(view.status().skipped()).isEqualTo(1);
        List<Projections.Skipped> skipped = projections().skipped("customers");
        assertThat(skipped).hasSize(1);
        assertThat(skipped.get(0).position()).isEqualTo(2);
        assertThat(skipped.get(0).why()).contains("not thirteen");
        assertThat(skipped.get(0).event()).contains("o-2");
    }

    @Test
    void leaves_out_an_event_whose_document_has_a_key_that_can_not_be_kept() {
        Random random = new Random(7); // nothing makes these keys shorter
        String longest = random.ints(1_000, 'À', 'ƀ')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        Map<String, String> keys = Map.of("o-1", longest + 'x', "o-2", "half \uD83D", "o-3", longest);
        View<Customer> view = projections()
                .run(Projection.of("customers", Customer.class)
                        .on(
                                "OrderCreated",
                                (event, context) -> context.put(
                                        Objects.requireNonNull(keys.get(event.aggregateId())), new Customer(1, 1))));

        keys.keySet().forEach(id -> events.storeEvent(created(id, 1)));
        patience.until("all are handled", () -> view.status().position() == 3);

        assertThat(view.status().skipped()).isEqualTo(2);
        assertThat(view.list()).containsOnlyKeys(longest);
    }

    @Test
    void being_built_stops_at_an_event_that_fails_until_it_is_told_to_skip_it() {
        events.storeEvents(List.of(created("o-1", 1), created("o-2", 13), created("o-3", 1)));
        patience.until("positions", () -> events.store().all().lastPosition() == 3);
        View<Customer> view = projections().run(picky());
        patience.until("it stops", () -> view.status().failure() != null);

        assertThat(view.status().position()).isEqualTo(1);
        assertThat(view.status().failure()).contains("not thirteen").contains("o-2");
        AppendToken token = events.storeEvent(created("o-4", 1));
        UnavailableException refusal =
                catchThrowableOfType(UnavailableException.class, () -> view.await(token, Duration.ofMillis(50)));
        assertThat(refusal.code()).isEqualTo(ErrorCode.PROJECTION_STOPPED);

        projections().skip("customers", 2);
        view.await(token, budget());
        assertThat(view.list()).containsOnlyKeys("o-1", "o-3", "o-4");
        assertThat(view.status().failure()).isNull();
        assertThat(projections().skipped("customers")).hasSize(1);
    }

    @Test
    void corrected_goes_on_when_it_is_opened_again() {
        events.storeEvents(List.of(created("o-1", 1), created("o-2", 13)));
        patience.until("positions", () -> events.store().all().lastPosition() == 2);
        View<Customer> stopped = projections().run(picky());
        patience.until("it stops", () -> stopped.status().failure() != null);
        reopen();

        View<Customer> view = projections().run(customers());
        view.await(events.storeEvent(created("o-3", 1)), budget());

        assertThat(view.get("c-1")).contains(new Customer(2, 14));
    }

    @Test
    void abandons_a_version_that_does_not_get_on_when_the_one_before_is_run_again() {
        projections().run(customers()).await(events.storeEvent(created("o-1", 7)), budget());
        for (int round = 0; round < 2; round++) {
            reopen();
            View<Customer> stopped = projections()
                    .run(Projection.of("customers", Customer.class).version(2).on("OrderCreated", (event, context) -> {
                        context.put("left over", new Customer(0, 0));
                        throw new IllegalArgumentException("no orders");
                    }));
            patience.until("it stops", () -> stopped.status().failure() != null);
            reopen();

            View<Customer> view = projections().run(customers());
            assertThat(view.status().building()).isNull();
            assertThat(view.status().failure()).isNull();
            projections().rebuild("customers");
            patience.until("it is built", () -> view.status().building() == null);
            assertThat(view.list()).isEqualTo(Map.of("c-1", new Customer(1, 7)));
        }
    }

    @Test
    void that_nobody_runs_is_listed_and_told_to_skip_and_to_be_built_anew() {
        events.storeEvents(List.of(created("o-1", 1), created("o-2", 13)));
        patience.until("positions", () -> events.store().all().lastPosition() == 2);
        projections().run(picky());
        patience.until("it stops", () -> status().failure() != null);
        reopen();

        assertThat(status().failure()).contains("not thirteen");
        projections().skip("customers", 2);
        assertThat(status().failure()).isNull();
        View<Customer> view = projections().run(picky());
        view.await(events.storeEvent(created("o-3", 1)), budget());
        assertThat(projections().skipped("customers")).hasSize(1);
        reopen();

        projections().rebuild("customers");
        assertThat(status().building()).isEqualTo(1);
        View<Customer> mended = projections()
                .run(Projection.of("customers", Customer.class)
                        .on("OrderCreated", (event, context) -> context.put(event.aggregateId(), new Customer(2, 2))));
        patience.until("it is built", () -> mended.status().building() == null);
        assertThat(mended.list().values()).containsOnly(new Customer(2, 2)).hasSize(3);
    }

    @Test
    void only_events_that_are_there_and_were_not_handled_can_be_skipped() {
        View<Customer> view = projections().run(customers());
        view.await(events.storeEvent(created("o-1", 7)), budget());

        assertThatThrownBy(() -> projections().skip("customers", 1)).isInstanceOf(RejectedException.class);
        assertThatThrownBy(() -> projections().skip("customers", 2))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("it has handled all events");
        view.await(events.storeEvent(created("o-2", 7)), budget());
        assertThat(view.status().skipped()).isZero();
    }

    @Test
    void waits_no_longer_than_it_is_told() {
        CountDownLatch gate = new CountDownLatch(1);
        View<Customer> view = projections()
                .run(Projection.of("slow", Customer.class).on("OrderCreated", (event, context) -> wait(gate)));
        try {
            AppendToken token = events.storeEvent(created("o-1", 1));

            UnavailableException late =
                    catchThrowableOfType(UnavailableException.class, () -> view.await(token, Duration.ofMillis(1)));
            assertThat(late.code()).isEqualTo(ErrorCode.NOT_APPLIED_YET);
            assertThat(late.problem().why()).contains("position 0");
        } finally {
            gate.countDown();
        }
    }

    @Test
    void unknown_is_not_found_and_known_is_not_run_twice() {
        projections().run(customers());

        assertThatThrownBy(() -> projections().run(inCents())).isInstanceOf(RejectedException.class);
        NotFoundException refusal = catchThrowableOfType(
                NotFoundException.class, () -> projections().rebuild("custmers"));
        assertThat(refusal.code()).isEqualTo(ErrorCode.UNKNOWN_PROJECTION);
        assertThat(refusal.problem().why()).contains("customers");
        assertThat(status().name()).isEqualTo("customers");
    }
}
