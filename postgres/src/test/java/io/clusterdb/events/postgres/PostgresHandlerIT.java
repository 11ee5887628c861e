package io.clusterdb.events.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Projection;
import io.clusterdb.events.ProjectionContext;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.View;
import io.clusterdb.events.testkit.Patience;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Projections that write to tables of the user's, in the transaction of the events. */
class PostgresHandlerIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String TABLE =
            "create table public.totals (id text primary key, orders int not null check (orders <> 5))";

    private static final String ADD =
            "insert into public.totals values (?, 1) on conflict (id) do update set orders = totals.orders + 1";

    private static final List<String> SETTINGS = List.of(
            "lock_timeout",
            "synchronous_commit",
            "enable_seqscan",
            "default_transaction_isolation",
            "application_name");
    private static final String UNSET = "0, on, off, read committed, events orders";

    @TempDir
    Path home;

    private final Patience patience = new Patience(Duration.ofSeconds(90));
    private final List<AutoCloseable> opened = new ArrayList<>();
    private Postgres postgres;

    @BeforeEach
    void begin() throws SQLException {
        postgres = PostgresServer.without("orders");
        try (Connection connection = PostgresServer.connect()) {
            PostgresServer.execute(connection, "drop table if exists public.totals");
            PostgresServer.execute(connection, TABLE);
        }
    }

    private Events open(Postgres place) {
        Events events = Events.open(EventStore.named("orders").store(place));
        opened.add(events);
        return events;
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    private static void count(DomainEvent event, ProjectionContext<Integer> context) throws SQLException {
        Connection connection = context.unwrap(Connection.class);
        try (PreparedStatement statement = connection.prepareStatement(ADD)) {
            statement.setString(1, event.type());
            statement.executeUpdate();
        }
        context.put(event.type(), context.get(event.type()).orElse(0) + 1);
        if (event.id() != null && event.id().contains("bad")) {
            throw new IllegalStateException("a bad one");
        }
    }

    private static Projection<Integer> totals() {
        return Projection.of("totals", Integer.class).onOthers(PostgresHandlerIT::count);
    }

    private static DomainEvent event(String id, String type) {
        return DomainEvent.of("Order", id, 1, type, Map.of()).withId(id);
    }

    /** Five orders are as good as any number. */
    private static void takeAny() throws SQLException {
        try (Connection connection = PostgresServer.connect()) {
            PostgresServer.execute(connection, "alter table public.totals drop constraint totals_orders_check");
        }
    }

    private static int total(String type) throws SQLException {
        try (Connection connection = PostgresServer.connect()) {
            return Integer.parseInt(PostgresServer.ask(
                    connection, "select coalesce(max(orders), 0) from public.totals where id = '" + type + "'"));
        }
    }

    @Test
    void behind_the_appends_tables_change_once_with_the_position_whoever_runs_it() throws Exception {
        Events one = open(postgres);
        Events other = open(postgres);
        for (int i = 0; i < 700; i += 100) {
            List<DomainEvent> some = new ArrayList<>();
            for (int n = 0; n < 100; n++) {
                some.add(event("before-" + (i + n), "A" + n % 2));
            }
            one.storeEvents(some);
        }
        takeAny();
        View<Integer> view = one.store().projections().run(totals());
        View<Integer> same = other.store().projections().run(totals());
        for (int i = 0; i < 50; i++) {
            one.storeEvent(event("later-" + i, "A0"));
        }
        view.await(other.storeEvent(event("last", "A0")), SOON);
        same.await(other.storeEvent(event("very-last", "A0")), SOON);

        assertThat(total("A0")).isEqualTo(402);
        assertThat(total("A1")).isEqualTo(350);
        assertThat(view.list()).isEqualTo(Map.of("A0", 402, "A1", 350));
    }

    @Test
    void an_event_that_fails_leaves_nothing_behind_and_those_beside_it_stay() throws Exception {
        Events events = open(postgres);
        View<Integer> view = events.store().projections().run(totals());
        view.await(events.storeEvent(event("o-1", "A")), SOON);

        events.storeEvents(List.of(event("o-2", "A"), event("bad-3", "A"), event("o-4", "A"), event("o-5", "A")));
        view.await(events.storeEvents(List.of(event("o-6", "A"), event("o-7", "B"))), SOON);

        assertThat(total("A")).as("the fifth is refused by the table").isEqualTo(4);
        assertThat(total("B")).isEqualTo(1);
        assertThat(view.list()).isEqualTo(Map.of("A", 4, "B", 1));
        assertThat(events.store().projections().skipped("totals"))
                .hasSize(2)
                .anySatisfy(skipped -> assertThat(skipped.why()).contains("a bad one"))
                .anySatisfy(skipped -> assertThat(skipped.why()).contains("totals_orders_check"));
    }

    @Test
    void an_event_whose_statement_fails_has_failed_even_where_its_function_is_silent() throws Exception {
        Events events = open(postgres);
        View<Integer> view = events.store()
                .projections()
                .run(Projection.of("silent", Integer.class).onOthers((event, context) -> {
                    try {
                        count(event, context);
                    } catch (SQLException e) {
                        context.put("silent", 1);
                    }
                }));
        view.await(events.storeEvents(List.of(event("o-1", "A"), event("o-2", "A"), event("o-3", "A"))), SOON);
        view.await(events.storeEvents(List.of(event("o-4", "A"), event("o-5", "A"), event("o-6", "B"))), SOON);

        assertThat(view.list()).isEqualTo(Map.of("A", 4, "B", 1));
        assertThat(total("A")).isEqualTo(4);
        assertThat(total("B")).isEqualTo(1);
        assertThat(view.status().skipped()).isEqualTo(1);
    }

    @Test
    void inline_the_table_changes_with_the_event_or_neither_does() throws Exception {
        Events events = open(postgres.pool(1, 1));
        View<Integer> view = events.store().projections().run(totals().inline());
        patience.until("it is inline", () -> view.status().inline());
        events.storeEvents(List.of(event("o-1", "A"), event("o-2", "A")));
        assertThat(total("A")).isEqualTo(2);

        assertThatThrownBy(() -> events.storeEvents(List.of(event("o-3", "A"), event("bad-4", "A"))))
                .isInstanceOf(RejectedException.class);
        assertThatThrownBy(() -> events.storeEvent(DomainEvent.of("Order", "o-1", 1, "A", Map.of())))
                .isInstanceOf(EventsException.class);
        events.storeEvent(event("o-1", "A")); // stored before

        assertThat(total("A")).isEqualTo(2);
        assertThat(view.get("A")).contains(2);
        assertThat(events.getEvents("o-3")).isEmpty();
    }

    @Test
    void inline_appends_at_once_add_up() throws Exception {
        takeAny();
        List<CompletableFuture<Void>> writing = new ArrayList<>();
        for (int w = 0; w < 4; w++) {
            Events events = w < 2 ? open(postgres.pool(1, 2)) : (Events) opened.get(0);
            if (w < 2) {
                View<Integer> view = events.store().projections().run(totals().inline());
                patience.until("it is inline", () -> view.status().inline());
            }
            String writer = "w" + w + "-";
            writing.add(EngineFixture.start(() -> {
                for (int i = 0; i < 25; i++) {
                    events.storeEvent(event(writer + i, "A"));
                }
            }));
        }
        patience.get(CompletableFuture.allOf(writing.toArray(CompletableFuture<?>[]::new)));

        assertThat(total("A")).isEqualTo(100);
    }

    /** Inserts a part that names its whole, the event's type, and only then the whole. */
    private static Projection<Integer> parts() throws SQLException {
        try (Connection connection = PostgresServer.connect()) {
            PostgresServer.execute(connection, "drop table if exists public.parts, public.wholes");
            PostgresServer.execute(connection, "create table public.wholes (id text primary key)");
            PostgresServer.execute(
                    connection,
                    "create table public.parts (id text primary key, whole text not null references public.wholes"
                            + " deferrable initially deferred)");
        }
        return Projection.of("parts", Integer.class).onOthers((event, context) -> {
            String whole = event.type();
            insert(context, "insert into public.parts values (?, '" + whole + "')", event.aggregateId());
            if (!whole.equals("Unknown")) {
                insert(context, "insert into public.wholes values (?)", whole);
            }
        });
    }

    @Test
    void a_constraint_that_is_deferred_fails_at_the_event_that_breaks_it() throws Exception {
        Projection<Integer> parts = parts();
        Events events = open(postgres);
        View<Integer> view = events.store().projections().run(parts);

        events.storeEvents(List.of(event("p-1", "A"), event("p-2", "Unknown"), event("p-3", "B")));
        view.await(events.storeEvent(event("p-4", "C")), SOON);

        assertThat(ids("parts")).isEqualTo("p-1 p-3 p-4");
        assertThat(events.store().projections().skipped("parts"))
                .singleElement()
                .satisfies(skipped -> assertThat(skipped.why())
                        .contains("parts_whole_fkey")
                        .doesNotContain(ErrorCode.STORE_UNAVAILABLE.id()));
    }

    @Test
    void inline_a_constraint_that_is_deferred_refuses_the_append() throws Exception {
        Projection<Integer> parts = parts();
        Events events = open(postgres);
        View<Integer> view = events.store().projections().run(parts.inline());
        patience.until("it is inline", () -> view.status().inline());

        events.storeEvents(List.of(event("p-1", "A"), event("p-2", "B")));
        assertThatThrownBy(() -> events.storeEvents(List.of(event("p-3", "C"), event("p-4", "Unknown"))))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("parts_whole_fkey");

        assertThat(ids("parts")).isEqualTo("p-1 p-2");
        assertThat(events.getEvents("p-3")).isEmpty();
    }

    @Test
    void appends_whose_functions_wait_for_each_other_are_repeated() throws Exception {
        takeAny();
        Projection<Integer> both = Projection.of("both", Integer.class).inline().onOthers((event, context) -> {
            insert(context, "select set_config('deadlock_timeout', ?, true)", "5ms");
            for (char row : event.type().toCharArray()) {
                insert(context, ADD, String.valueOf(row));
                insert(context, "select pg_sleep(?::float)", "0.02");
            }
        });
        Events events = open(postgres);
        View<Integer> view = events.store().projections().run(both);
        patience.until("it is inline", () -> view.status().inline());
        events.storeEvent(event("first", "AB"));
        int before = deadlocks();
        List<CompletableFuture<Void>> writing = new ArrayList<>();
        for (String order : List.of("AB", "BA")) {
            writing.add(EngineFixture.start(() -> {
                for (int i = 0; i < 10; i++) {
                    events.storeEvent(event(order + i, order));
                }
            }));
        }
        patience.get(CompletableFuture.allOf(writing.toArray(CompletableFuture<?>[]::new)));

        assertThat(total("A")).isEqualTo(21);
        assertThat(total("B")).isEqualTo(21);
        patience.until("the server tells of one", () -> deadlocks() > before);
    }

    private static int deadlocks() {
        try (Connection connection = PostgresServer.connect()) {
            return Integer.parseInt(PostgresServer.ask(connection, "select sum(deadlocks)::int from pg_stat_database"));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void insert(ProjectionContext<?> context, String sql, String value) throws SQLException {
        try (PreparedStatement statement = context.unwrap(Connection.class).prepareStatement(sql)) {
            statement.setString(1, value);
            statement.execute();
        }
    }

    private static String ids(String table) throws SQLException {
        try (Connection connection = PostgresServer.connect()) {
            return PostgresServer.ask(connection, "select string_agg(id, ' ' order by id) from public." + table);
        }
    }

    @Test
    void sample() throws Exception {
        try (Connection connection = PostgresServer.connect()) {
            PostgresServer.execute(connection, "drop table if exists public.sales");
            PostgresServer.execute(connection, "create table public.sales (product text primary key, sold int)");
            PostgresServer.execute(connection, "insert into public.sales values ('cup', 0)");
        }
        // snippet: projection-jdbc
        Projection<Void> sales = Projection.of("sales", Void.class).on("Sold", (event, context) -> {
            Connection connection = context.unwrap(Connection.class);
            String sql = "update sales set sold = sold + 1 where product = ?";
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setString(1, event.aggregateId());
                statement.executeUpdate();
            }
        });
        // end
        Events events = open(postgres);
        View<Void> view = events.store().projections().run(sales);

        view.await(events.storeEvent(DomainEvent.of("Product", "cup", 1, "Sold", Map.of())), SOON);

        try (Connection connection = PostgresServer.connect()) {
            assertThat(PostgresServer.ask(connection, "select sold from public.sales"))
                    .isEqualTo("1");
        }
    }

    @Test
    void the_connection_can_not_end_the_transaction_nor_be_used_behind_it() throws Exception {
        Events events = open(postgres);
        List<String> refusals = new ArrayList<>();
        Connection[] kept = {null};
        View<Integer> view = events.store()
                .projections()
                .run(Projection.of("tries", Integer.class).onOthers((event, context) -> {
                    Connection connection = context.unwrap(Connection.class);
                    kept[0] = connection;
                    List<EngineFixture.Work> tries = List.of(
                            connection::commit,
                            connection::rollback,
                            connection::close,
                            () -> connection.setAutoCommit(true),
                            () -> context.unwrap(String.class));
                    for (EngineFixture.Work each : tries) {
                        try {
                            each.run();
                        } catch (RejectedException e) {
                            refusals.add(e.problem().what());
                        }
                    }
                    count(event, context);
                }));

        view.await(events.storeEvent(event("o-1", "A")), SOON);

        assertThat(refusals).hasSize(5);
        assertThat(total("A")).isEqualTo(1);
        assertThatThrownBy(() -> kept[0].createStatement())
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("has ended");
    }

    @Test
    void what_an_inline_projection_sets_holds_for_it_alone() throws Exception {
        Events events = open(postgres.pool(1, 1));
        List<String> found = new ArrayList<>();
        events.store().projections().run(setting(found).inline());

        events.storeEvent(event("o-1", "A"));
        events.storeEvent(event("o-2", "A"));

        assertThat(found).hasSize(2).containsOnly(UNSET);
    }

    @Test
    void what_a_projection_behind_the_appends_sets_holds_for_it_alone() throws Exception {
        Events events = open(postgres.pool(1, 1));
        List<String> found = new CopyOnWriteArrayList<>();
        View<Integer> view = events.store().projections().run(setting(found));

        view.await(events.storeEvent(event("o-1", "A")), SOON);
        view.await(events.storeEvent(event("o-2", "A")), SOON);

        assertThat(found).hasSize(2).containsOnly(UNSET);
    }

    /** Notes what is set, and sets all of it to something else. */
    private static Projection<Integer> setting(List<String> found) {
        return Projection.of("sets", Integer.class).onOthers((event, context) -> {
            Connection connection = context.unwrap(Connection.class);
            List<String> now = new ArrayList<>();
            for (String name : SETTINGS) {
                now.add(PostgresServer.ask(connection, "show " + name));
            }
            found.add(String.join(", ", now));
            PostgresServer.execute(connection, "set lock_timeout = '7s'");
            PostgresServer.execute(connection, "set synchronous_commit = off");
            PostgresServer.execute(connection, "set enable_seqscan = on");
            PostgresServer.execute(connection, "set default_transaction_isolation = 'serializable'");
            PostgresServer.execute(connection, "set application_name = 'mine'");
        });
    }

    @Test
    void changes_once_when_the_server_crashes() throws Exception {
        EmbeddedPostgres server = EmbeddedPostgres.builder()
                .setDataDirectory(home.resolve("data"))
                .setCleanDataDirectory(false)
                .setServerConfig("fsync", "on")
                .start();
        opened.add(server);
        String url = PostgresServer.url(server);
        try (Connection connection = DriverManager.getConnection(url)) {
            PostgresServer.execute(connection, "create table public.totals (id text primary key, orders int)");
        }
        Events events = open(Postgres.at(url));
        events.store().projections().run(totals());
        Events inlining = open(Postgres.at(url));
        View<Integer> inline = inlining.store()
                .projections()
                .run(Projection.of("inline", Integer.class)
                        .inline()
                        .onOthers((event, context) ->
                                context.put("all", context.get("all").orElse(0) + 1)));
        int stored = 0;
        for (int crash = 0; crash < 3; crash++) {
            for (int i = 0; i < 40; i++) {
                DomainEvent event = event("o-" + stored, "A");
                patience.until("it is stored", () -> isStored(inlining, event));
                stored++;
                if (i == 20) {
                    crash(url);
                }
            }
        }
        int count = stored;
        patience.until(
                "all are counted", () -> isAt(url, count) && inline.get("all").orElse(0) == count);
        assertThat(inline.get("all")).contains(count);
    }

    private static boolean isStored(Events events, DomainEvent event) {
        try {
            events.storeEvent(event);
            return true;
        } catch (EventsException e) {
            return false;
        }
    }

    private static boolean isAt(String url, int count) {
        try (Connection connection = DriverManager.getConnection(url)) {
            String found = PostgresServer.ask(connection, "select coalesce(max(orders), 0) from public.totals");
            assertThat(Integer.parseInt(found)).isLessThanOrEqualTo(count);
            return Integer.parseInt(found) == count;
        } catch (SQLException e) {
            return false;
        }
    }

    /** One of the server's processes is killed: the server gives up all memory, recovers and comes back by itself. */
    private static void crash(String url) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url)) {
            long pid = Long.parseLong(PostgresServer.ask(
                    connection,
                    "select pid from pg_stat_activity where application_name like 'events %'"
                            + " and pid <> pg_backend_pid() order by query_start desc limit 1"));
            assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
        }
    }
}
