package io.clusterdb.events.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.Projection;
import io.clusterdb.events.ProjectionContext;
import io.clusterdb.events.View;
import io.clusterdb.events.testkit.Patience;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Functions that keep the failures of their statements to themselves: an event fails by its own fault alone, and then it does. */
class PostgresSwallowedIT {
    private static final Duration SOON = Duration.ofSeconds(60);

    /** What the server says where it ends a deadlock. */
    private static final String GIVE_WAY = "do $$ begin raise exception 'deadlock' using errcode = '40P01'; end $$";

    private final Patience patience = new Patience(Duration.ofSeconds(90));
    private final AtomicInteger tries = new AtomicInteger();
    private Events events;

    @BeforeEach
    void open() {
        events = Events.open(EventStore.named("orders").store(PostgresServer.without("orders")));
    }

    @AfterEach
    void close() {
        events.close();
    }

    /** What an event of a type does before its document is read and put. */
    private interface Deed {
        void on(ProjectionContext<Integer> context, Connection connection) throws SQLException;
    }

    private static Projection<Integer> doing(Map<String, Deed> deeds) {
        return Projection.of("deeds", Integer.class).onOthers((event, context) -> {
            Deed deed = deeds.get(event.type());
            if (deed != null) {
                deed.on(context, context.unwrap(Connection.class));
            }
            context.put(event.aggregateId(), context.get(event.aggregateId()).orElse(0) + 1);
        });
    }

    /** @return whether it has failed */
    private static boolean fails(Connection connection, String sql) {
        try {
            PostgresServer.execute(connection, sql);
            return false;
        } catch (SQLException e) {
            return true;
        }
    }

    private static DomainEvent event(String id, String type) {
        return DomainEvent.of("Order", id, 1, type, Map.of()).withId(id);
    }

    private View<Integer> handled(Projection<Integer> projection) {
        View<Integer> view = events.store().projections().run(projection);
        view.await(
                events.storeEvents(
                        List.of(event("a", "Good"), event("b", "Bad"), event("c", "Plain"), event("d", "Good"))),
                SOON);
        return view;
    }

    @Test
    void an_event_that_reads_behind_a_statement_that_has_failed_is_left_out() {
        View<Integer> view = handled(doing(Map.of(
                "Good", (context, connection) -> fails(connection, "select 1"),
                "Bad", (context, connection) -> fails(connection, "select 1/0"))));

        assertThat(view.list()).containsOnlyKeys("a", "c", "d");
        assertThat(events.store().projections().skipped("deeds"))
                .hasSize(1)
                .allSatisfy(skipped -> assertThat(skipped.why()).contains("division by zero"));
    }

    @Test
    void an_event_that_asks_for_a_key_that_postgres_does_not_know_is_left_out_alone() {
        View<Integer> view = events.store()
                .projections()
                .run(Projection.of("keys", Integer.class).onOthers((event, context) -> {
                    if (event.type().equals("Good")) {
                        fails(context.unwrap(Connection.class), "select 1");
                    }
                    context.get(event.type().equals("Bad") ? "b\0" : "new " + event.aggregateId());
                    context.put(event.aggregateId(), 1);
                }));
        view.await(
                events.storeEvents(
                        List.of(event("a", "Good"), event("b", "Bad"), event("c", "Plain"), event("d", "Good"))),
                SOON);

        assertThat(view.list()).containsOnlyKeys("a", "c", "d");
    }

    @Test
    void an_event_whose_transaction_gave_way_is_handled_again_whatever_its_function_makes_of_it() {
        View<Integer> view = handled(doing(Map.of(
                "Good",
                (context, connection) -> {
                    if (tries.getAndIncrement() == 0) {
                        fails(connection, GIVE_WAY);
                    }
                },
                "Bad",
                (context, connection) -> {
                    if (tries.getAndIncrement() < 5 && fails(connection, GIVE_WAY)) {
                        throw new IllegalStateException("no reason given");
                    }
                })));

        assertThat(view.list()).containsOnlyKeys("a", "b", "c", "d");
        assertThat(view.status().skipped()).isZero();
        assertThat(tries.get()).isGreaterThan(5);
    }

    @Test
    void inline_an_append_whose_transaction_gave_way_unheard_is_repeated() {
        View<Integer> view = events.store()
                .projections()
                .run(doing(Map.of("Good", (context, connection) -> {
                            if (tries.getAndIncrement() < 2) {
                                fails(connection, GIVE_WAY);
                            }
                        }))
                        .inline());
        patience.until("it is inline", () -> view.status().inline());

        events.storeEvent(event("a", "Good"));

        assertThat(view.list()).isEqualTo(Map.of("a", 1));
        assertThat(tries.get()).isEqualTo(3);
    }

    @Test
    void a_role_that_a_function_sets_writes_no_documents() throws Exception {
        try (Connection connection = PostgresServer.connect()) {
            fails(connection, "create role weak");
        }
        View<Integer> view = events.store()
                .projections()
                .run(Projection.of("roles", Integer.class).onOthers((event, context) -> {
                    boolean isBad = event.type().equals("Bad");
                    fails(context.unwrap(Connection.class), "set role weak");
                    context.put(
                            event.aggregateId(), isBad ? context.get("other").orElse(0) : 1);
                }));
        view.await(events.storeEvent(event("a", "Good")), SOON);
        view.await(events.storeEvent(event("b", "Bad")), SOON);
        view.await(events.storeEvent(event("c", "Good")), SOON);

        assertThat(view.list()).containsOnlyKeys("a", "c");
        assertThat(events.store().projections().skipped("roles"))
                .hasSize(1)
                .allSatisfy(skipped -> assertThat(skipped.why()).contains("permission denied"));
    }
}
