package io.clusterdb.events.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.AppendToken;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.spi.StoreEngine.Page;
import io.clusterdb.events.spi.StoreEngine.Selection;
import io.clusterdb.events.spi.StoreEngine.Watch;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The ways in which stores on PostgreSQL lose events to their readers. None of them is here. */
class PostgresOrderIT extends EngineFixture {
    /** Waits until the sequencer has looked, and found stored events that it must not give positions to. */
    private String holder() {
        patience.until("stored events wait", () -> store.sequencer().holdup().holder() != null);
        return String.valueOf(store.sequencer().holdup().holder());
    }

    @Test
    void what_an_open_transaction_may_still_store_comes_before_what_was_stored_later() throws Exception {
        Connection parked = stranger();
        insert(parked, "early");
        AppendToken token = append(event("late-1"));
        append(event("late-2"));

        assertThat(holder()).contains("pid " + PostgresServer.ask(parked, "select pg_backend_pid()"));
        assertThat(store.lastPosition()).isZero();
        assertThat(store.position(token)).isZero();
        assertThat(store.all(0, 10, Selection.ALL)).isEqualTo(new Page(List.of(), 0));
        assertThat(store.stream("late-1", 1, 10)).hasSize(1);
        parked.commit();

        assertThat(all(3)).containsExactly("early", "late-1", "late-2");
        assertThat(store.position(token)).isEqualTo(2);
    }

    @Test
    void a_lower_number_that_commits_later_comes_behind_what_has_been_read() throws Exception {
        Connection slow = stranger();
        String number = PostgresServer.ask(slow, "select nextval('\"order-store\".ordinals')");
        slow.commit();
        append(event("first"));
        assertThat(all(1)).containsExactly("first");

        insert(slow, "second", number);
        slow.commit();

        assertThat(all(2)).containsExactly("first", "second");
    }

    @Test
    void a_lower_number_in_a_younger_transaction_waits_for_the_older_one() throws Exception {
        Connection older = stranger();
        Connection younger = stranger();
        String low = PostgresServer.ask(younger, "select nextval('\"order-store\".ordinals')");
        younger.commit();
        insert(older, "older");
        insert(younger, "younger", low);
        younger.commit();

        holder();
        assertThat(store.lastPosition()).isZero();
        older.commit();

        assertThat(all(2)).containsExactly("older", "younger");
    }

    @Test
    void while_the_order_is_held_up_looking_for_a_position_does_not_read_all_that_waits() throws Exception {
        append(event("first"));
        assertThat(all(1)).containsExactly("first");
        insert(stranger(), "held");
        try (Connection connection = PostgresServer.connect()) {
            PostgresServer.execute(
                    connection,
                    "insert into \"order-store\".events (ordinal, aggregate_id, aggregate_type, version, event_id,"
                            + " by_id, type, data_version, time, metadata, data) select"
                            + " nextval('\"order-store\".ordinals'), 'many', 'Order', n, 'many-' || n, false, 'Made', 1,"
                            + " now(), '{}', '{}' from generate_series(1, 3000) n");
            PostgresServer.execute(connection, "analyze \"order-store\".events");
            String position = EventRows.POSITION.replace("$.", "\"order-store\".");
            String plan = PostgresServer.ask(
                    connection,
                    "explain (analyze, format json) select " + position
                            + " from \"order-store\".events e where aggregate_id = 'many' and version = 3000");

            assertThat(Pattern.compile("\"Actual Rows\": ([\\d.]+)")
                            .matcher(plan)
                            .results())
                    .isNotEmpty()
                    .allSatisfy(rows -> assertThat(Double.parseDouble(rows.group(1)))
                            .as(plan)
                            .isLessThan(50));
        }
        assertThat(store.stream("many", 2_999, 10))
                .extracting(DomainEvent::position)
                .containsExactly(0L, 0L);
    }

    @Test
    void what_is_rolled_back_leaves_no_gap_and_holds_up_nobody() throws Exception {
        List<String> stored = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Connection undone = stranger();
            insert(undone, "undone-" + i);
            append(event("stored-" + i));
            stored.add("stored-" + i);
            undone.rollback();
        }

        assertThat(all(20)).isEqualTo(stored);
    }

    @Test
    void a_client_that_is_idle_in_its_transaction_is_named() throws Exception {
        Connection idle = stranger();
        PostgresServer.execute(idle, "set application_name = 'forgotten'");
        PostgresServer.execute(idle, "select pg_current_xact_id()");
        append(event("waits"));

        assertThat(holder())
                .contains("pid " + PostgresServer.ask(idle, "select pg_backend_pid()"))
                .contains("forgotten")
                .contains("since 2");
        assertThat(store.lastPosition()).isZero();
        idle.rollback();

        assertThat(all(1)).containsExactly("waits");
        patience.until("nobody is named", () -> store.sequencer().holdup().holder() == null);
    }

    @Test
    void a_prepared_transaction_is_named_and_waited_for() throws Exception {
        Connection coordinator = stranger();
        insert(coordinator, "prepared");
        PostgresServer.execute(coordinator, "prepare transaction 'left-over'");
        coordinator.commit();
        append(event("waits"));

        assertThat(holder()).contains("left-over");
        assertThat(store.lastPosition()).isZero();
        coordinator.setAutoCommit(true);
        PostgresServer.execute(coordinator, "commit prepared 'left-over'");

        assertThat(all(2)).containsExactly("prepared", "waits");
    }

    @Test
    void readers_that_start_anywhere_see_every_event_whatever_many_writers_do() throws Exception {
        int writers = 6;
        int each = 40;
        List<CompletableFuture<Void>> writing = new ArrayList<>();
        for (int w = 0; w < writers; w++) {
            int writer = w;
            writing.add(start(() -> write(writer, each)));
        }
        int stored = writers * each + writers * each / 8;
        List<CompletableFuture<Void>> reading = new ArrayList<>();
        List<Map<Long, String>> seen = new ArrayList<>();
        for (int r = 0; r < 3; r++) {
            long from = (long) r * stored / 3;
            patience.until("position " + from, () -> store.lastPosition() >= from);
            Map<Long, String> own = new HashMap<>();
            seen.add(own);
            reading.add(start(() -> follow(from, stored, own)));
        }
        finish(writing);
        finish(reading);

        List<String> all = all(store);
        assertThat(all).hasSize(stored).doesNotHaveDuplicates();
        for (int r = 0; r < 3; r++) {
            long from = (long) r * stored / 3;
            assertThat(seen.get(r)).hasSize((int) (stored - from));
            seen.get(r).forEach((position, id) -> assertThat(id).isEqualTo(all.get((int) (position - 1))));
        }
    }

    /** Appends, with a transaction beside it that stays open for four of them, and is undone every other time. */
    private void write(int writer, int count) throws Exception {
        try (Connection beside = PostgresServer.connect()) {
            beside.setAutoCommit(false);
            for (int i = 0; i < count; i++) {
                String id = writer + "-" + i;
                if (i % 4 == 0) {
                    insert(beside, "beside-" + id);
                }
                append(event(id));
                if (i % 8 == 3) {
                    beside.commit();
                } else if (i % 8 == 7) {
                    beside.rollback();
                }
            }
        }
    }

    private void follow(long from, int end, Map<Long, String> seen) {
        long[] position = {from};
        patience.until("position " + end, () -> {
            Page page = store.all(position[0], 7, Selection.ALL);
            for (DomainEvent event : page.events()) {
                assertThat(event.position()).isEqualTo(++position[0]);
                seen.put(event.position(), String.valueOf(event.id()));
            }
            return position[0] == end;
        });
    }

    @Test
    void several_processes_give_one_order_and_go_on_when_one_ends() throws Exception {
        PostgresStore other = open();
        AtomicInteger signals = new AtomicInteger();
        Watch watch = other.watch(signals::incrementAndGet);
        for (int i = 0; i < 20; i++) {
            append(event("here-" + i));
            other.append(io.clusterdb.events.Append.of(event("there-" + i)), List.of());
        }
        assertThat(all(40)).isEqualTo(all(other));
        patience.until("the other one is told", () -> signals.get() > 0);
        watch.close();
        store.close();
        other.append(io.clusterdb.events.Append.of(event("alone")), List.of());

        patience.until("a position", () -> other.lastPosition() == 41);
        assertThat(all(other)).last().isEqualTo("alone");
    }

    @Test
    void a_dump_restored_in_a_cluster_with_lower_transactions_goes_on() throws Exception {
        append(event("a"));
        append(event("b"));
        append(event("c"));
        assertThat(all(3)).hasSize(3);
        store.close();
        try (Connection restore = PostgresServer.connect()) {
            for (String table : List.of("events", "positions")) {
                PostgresServer.execute(
                        restore,
                        "update \"order-store\"." + table
                                + " set xid = (xid::text::bigint + 1000000000000)::text::xid8");
            }
            PostgresServer.execute(restore, "delete from \"order-store\".positions where last = 3");
        }

        store = open();
        append(event("d"));
        assertThat(all(4)).containsExactly("a", "b", "c", "d");
        store.close();
        store = open();
        append(event("e"));

        assertThat(all(5)).containsExactly("a", "b", "c", "d", "e");
    }

    @Test
    void transactions_of_a_restored_dump_that_come_again_stand_in_their_own_place() throws Exception {
        List<String> stored = new ArrayList<>();
        for (int life = 0; life < 3; life++) {
            for (int i = 0; i < 50; i++) {
                stored.add(life + "-" + i);
                append(event(stored.getLast()));
            }
            all(stored.size());
            store.close();
            try (Connection restore = PostgresServer.connect()) {
                for (String table : List.of("events", "positions")) {
                    PostgresServer.execute(
                            restore,
                            "update \"order-store\"." + table + " set xid = (xid::text::bigint + 30)::text::xid8");
                }
            }
            store = open();
        }

        assertThat(all(150)).containsExactlyElementsOf(stored);
        for (int i = 0; i < stored.size(); i++) {
            assertThat(store.stream(stored.get(i), 1, 10)).singleElement().returns(i + 1L, DomainEvent::position);
            assertThat(store.all(i, 1, Selection.ALL).events()).singleElement().returns(stored.get(i), DomainEvent::id);
            assertThat(store.all(i, 1, new Selection(Set.of("Order"), Set.of())).events())
                    .singleElement()
                    .returns(stored.get(i), DomainEvent::id);
        }
        assertThat(store.all(45, 10, Selection.ALL).events())
                .extracting(DomainEvent::position)
                .startsWith(46L, 47L);
    }
}
