package io.clusterdb.events.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.Projection;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.View;
import io.clusterdb.events.testkit.Patience;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Inline projections of a store that several programs have open. */
class PostgresInlineIT {
    private final Patience patience = new Patience(Duration.ofSeconds(90));
    private final List<Events> opened = new ArrayList<>();
    private Postgres postgres;
    private Events one;
    private Events other;

    @BeforeEach
    void open() {
        postgres = PostgresServer.without("orders");
        one = another();
        other = another();
    }

    private Events another() {
        Events events = Events.open(EventStore.named("orders").store(postgres));
        opened.add(events);
        return events;
    }

    @AfterEach
    void close() {
        opened.forEach(Events::close);
    }

    private static Projection<Integer> counts(int version) {
        return Projection.of("counts", Integer.class)
                .version(version)
                .onOthers((event, context) ->
                        context.put("all", context.get("all").orElse(0) + version));
    }

    private static DomainEvent made(String aggregate) {
        return DomainEvent.of("Order", aggregate, 1, "Made", Map.of()).withId(aggregate);
    }

    @Test
    void a_program_that_does_not_run_it_is_refused_and_told() {
        View<Integer> view = one.store().projections().run(counts(1).inline());
        one.storeEvent(made("a"));

        for (DomainEvent event : List.of(made("b"), DomainEvent.of("Order", "c", 0, "Made", Map.of()))) {
            RejectedException refusal = catchThrowableOfType(RejectedException.class, () -> other.storeEvent(event));
            assertThat(refusal.code()).isEqualTo(ErrorCode.INLINE_PROJECTION);
            assertThat(refusal.problem().why()).contains("counts 1.0");
            assertThat(other.getEvents(event.aggregateId())).isEmpty();
        }

        View<Integer> here = other.store().projections().run(counts(1).inline());
        other.storeEvent(made("b"));
        assertThat(here.get("all")).contains(2);
        assertThat(view.get("all")).contains(2);
    }

    @Test
    void a_program_that_does_not_run_it_can_stop_it() {
        View<Integer> view = one.store().projections().run(counts(1));
        one.storeEvent(made("a"));
        Events passing = another();
        passing.store().projections().run(counts(1).inline());
        passing.storeEvent(made("b"));
        passing.close();
        assertThatThrownBy(() -> other.storeEvent(made("c"))).isInstanceOf(RejectedException.class);

        other.store().projections().stop("counts");

        view.await(other.storeEvent(made("c")), Duration.ofSeconds(60));
        assertThat(view.get("all")).as("it goes on behind the appends").contains(3);
    }

    @Test
    void a_newer_version_takes_over_from_programs_that_run_the_older_one() {
        one.store().projections().run(counts(1).inline());
        one.storeEvent(made("a"));

        View<Integer> newer = other.store().projections().run(counts(2).inline());
        patience.until(
                "version 2 is inline",
                () -> newer.status().version() == 2 && newer.status().inline());
        other.storeEvent(made("b"));

        assertThat(newer.get("all")).contains(4);
        RejectedException refusal = catchThrowableOfType(RejectedException.class, () -> one.storeEvent(made("c")));
        assertThat(refusal.problem().why()).contains("counts 2.1").contains("counts 1.0");
    }

    @Test
    void a_newer_version_is_built_while_its_programs_go_on() {
        one.store().projections().run(counts(1).inline());
        for (int page = 0; page < 20; page++) {
            List<DomainEvent> events = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                events.add(made("e-" + page + "-" + i));
            }
            one.storeEvents(events);
        }

        AtomicBoolean stored = new AtomicBoolean();
        Projection<Integer> built = Projection.of("counts", Integer.class)
                .version(2)
                .onOthers((event, context) -> {
                    patience.until("the older version stored an event", stored::get);
                    context.put("all", context.get("all").orElse(0) + 2);
                });
        View<Integer> newer = other.store().projections().run(built.inline());
        other.storeEvent(made("a"));
        one.storeEvent(made("b"));
        stored.set(true);
        patience.until(
                "version 2 is inline",
                () -> newer.status().version() == 2 && newer.status().inline());
        other.storeEvent(made("c"));

        assertThat(newer.get("all")).contains(2 * 2_003);
    }

    @Test
    void two_programs_hand_over_while_both_store_events_without_gap_or_duplicate() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger written = new AtomicInteger();
        List<CompletableFuture<Void>> writing = new ArrayList<>();
        one.store().projections().run(counts(1));
        other.store().projections().run(counts(1));
        for (int w = 0; w < 4; w++) {
            Events events = w % 2 == 0 ? one : other;
            String writer = "w" + w + "-";
            writing.add(EngineFixture.start(() -> {
                for (int i = 0; !stop.get(); i++) {
                    events.storeEvent(made(writer + i));
                    written.incrementAndGet();
                }
            }));
        }
        for (int change = 0; change < 3; change++) {
            progress(written);
            Events third = another();
            View<Integer> view = third.store().projections().run(counts(1).inline());
            patience.until("it is inline", () -> view.status().inline());
            progress(written);
            one.store().projections().stop("counts");
            one.store().projections().run(counts(1));
            third.close();
        }
        progress(written);
        stop.set(true);
        patience.get(CompletableFuture.allOf(writing.toArray(CompletableFuture<?>[]::new)));

        View<Integer> view = another().store().projections().run(counts(1).inline());
        patience.until("it is inline", () -> view.status().inline());
        assertThat(view.get("all")).contains(written.get());
        try (Connection connection = PostgresServer.connect()) {
            assertThat(PostgresServer.ask(connection, "select count(*) from orders.restores"))
                    .as("taken for a restored dump")
                    .isEqualTo("0");
        }
    }

    private void progress(AtomicInteger written) {
        int before = written.get();
        patience.until("some more events", () -> written.get() >= before + 40);
    }

    @Test
    void a_transaction_that_is_left_open_delays_it_and_appends_go_on() throws Exception {
        one.storeEvent(made("a"));
        try (Connection parked = PostgresServer.connect()) {
            parked.setAutoCommit(false);
            PostgresServer.execute(parked, "create table if not exists public.anything (n int)");
            one.storeEvent(made("b")); // has no position as long as that one is open

            View<Integer> view = one.store().projections().run(counts(1).inline());
            one.storeEvent(made("c"));
            assertThat(view.status().inline()).isFalse();
            parked.rollback();
            patience.until("it is inline", () -> view.status().inline());

            assertThat(view.get("all")).contains(3);
        }
    }
}
