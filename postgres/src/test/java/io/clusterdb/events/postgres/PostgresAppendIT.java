package io.clusterdb.events.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.ExpectedVersion;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Appends that race, and what they leave in the tables. */
class PostgresAppendIT extends EngineFixture {
    @Test
    void conditions_on_streams_that_are_not_written_hold_when_it_is_stored() throws Exception {
        AtomicInteger stored = new AtomicInteger();
        int rounds = 40;
        CyclicBarrier together = new CyclicBarrier(2);
        List<CompletableFuture<Void>> both = new ArrayList<>();
        for (String mine : List.of("left", "right")) {
            String other = mine.equals("left") ? "right" : "left";
            both.add(start(() -> {
                for (int i = 0; i < rounds; i++) {
                    together.await();
                    try {
                        store.append(
                                Append.of(event(mine + i)).expecting(other + i, ExpectedVersion.noStream()), List.of());
                        stored.incrementAndGet();
                    } catch (ConflictException e) {
                        assertThat(e.code()).isEqualTo(ErrorCode.WRONG_VERSION);
                    }
                }
            }));
        }
        finish(both);

        assertThat(stored.get()).isEqualTo(rounds);
        assertThat(all(rounds)).hasSize(rounds);
    }

    @Test
    void an_append_waits_for_another_one_that_only_looks_at_its_stream() throws Exception {
        append(event("customer"));
        Connection looking = stranger();
        insertHeld(looking, "customer", 2);
        CompletableFuture<Void> writing = start(() -> append(event("customer", 2, "moved")));

        try (Connection asking = PostgresServer.connect()) {
            patience.until("it waits", () -> waiting(asking) == 1);
        }
        assertThat(writing).isNotDone();
        looking.commit();
        patience.get(writing);

        assertThat(all(2)).containsExactly("customer", "moved");
    }

    @Test
    void what_somebody_appends_to_a_stream_that_is_only_looked_at_stays() throws Exception {
        append(event("customer"));
        Connection parked = stranger();
        insert(parked, "order");
        CompletableFuture<Void> writing = start(() -> store.append(
                Append.of(event("order")).expecting("customer", ExpectedVersion.streamExists()), List.of()));
        try (Connection asking = PostgresServer.connect()) {
            patience.until("it waits", () -> waiting(asking) == 1);
        }

        append(event("customer", 2, "moved"));
        parked.rollback();
        patience.get(writing);

        assertThat(all(3)).containsExactlyInAnyOrder("customer", "moved", "order");
    }

    @Test
    void appends_of_others_do_not_wait_for_the_aggregate_that_somebody_is_about_to_change() throws Exception {
        Connection parked = stranger();
        insert(parked, "held-1");
        insert(parked, "held-2");
        List<CompletableFuture<Void>> held = new ArrayList<>();
        List<CompletableFuture<Void>> others = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            String id = "order-" + i;
            others.add(start(() -> append(event(id))));
            if (i % 20 == 10) {
                String taken = "held-" + (1 + i / 20 % 2);
                held.add(start(() -> assertThatThrownBy(() -> append(event(taken, 1, "late")))
                        .isInstanceOf(ConflictException.class)));
            }
        }

        finish(others);
        assertThat(held).noneMatch(CompletableFuture::isDone);
        parked.commit();
        finish(held);

        assertThat(all(62)).hasSize(62).contains("held-1", "held-2").doesNotContain("late");
    }

    private static void insertHeld(Connection connection, String id, int next) throws Exception {
        PostgresServer.execute(
                connection,
                ("select heads, mark from \"order-store\".append(array['" + id + "', 'order'], array[null, 'Order'],"
                                + " array[N, 0], array[N, 0], array[1, 2], array[1, 1], array[0, 1], array['', 'e'],"
                                + " array[false, false], array['', 'Made'], array[1, 1], array['epoch', 'epoch'],"
                                + " array['{}', '{}'], array['{}', '{}'])")
                        .replace("N,", (next - 1) + ","));
        PostgresServer.execute(connection, "delete from \"order-store\".events where aggregate_id = 'order'");
    }

    private static int waiting(Connection connection) {
        try {
            return Integer.parseInt(PostgresServer.ask(
                    connection,
                    "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                            + " and (query like 'insert into %' or query like 'select %append%')"));
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void appends_without_a_version_all_find_their_place() throws Exception {
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int w = 0; w < 6; w++) {
            String writer = "w" + w;
            writers.add(start(() -> {
                for (int i = 0; i < 20; i++) {
                    DomainEvent event = event("busy", 0, writer + "-" + i);
                    AppendToken first = append(event);
                    assertThat(append(event)).isEqualTo(first);
                }
            }));
        }
        finish(writers);

        assertThat(store.stream("busy", 1, 1_000).stream().map(DomainEvent::version))
                .hasSize(120)
                .isSorted();
        assertThat(all(120)).hasSize(120).doesNotHaveDuplicates();
    }

    @Test
    void an_append_over_many_streams_in_any_order_waits_for_no_one_in_a_circle() throws Exception {
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int w = 0; w < 4; w++) {
            int writer = w;
            writers.add(start(() -> {
                for (int i = 0; i < 15; i++) {
                    List<DomainEvent> events = new ArrayList<>();
                    for (int s = 0; s < 10; s++) {
                        events.add(event("s" + (s * (writer + 1)) % 11, 0, writer + "-" + i + "-" + s));
                    }
                    store.append(Append.of(events), List.of());
                }
            }));
        }
        finish(writers);

        List<String> all = all(600);
        assertThat(all).hasSize(600);
        int begin = all.indexOf("2-7-0");
        assertThat(all.subList(begin, begin + 10))
                .as("the events of one append, in its order")
                .containsExactly(
                        "2-7-0", "2-7-1", "2-7-2", "2-7-3", "2-7-4", "2-7-5", "2-7-6", "2-7-7", "2-7-8", "2-7-9");
    }

    @Test
    void a_known_id_with_new_events_beside_it_is_a_conflict() {
        append(event("o", 0, "a"));

        assertThatThrownBy(() -> append(event("o", 0, "a"), event("o", 0, "b")))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("a");
        assertThatThrownBy(() -> append(event("o", 0, "twice"), event("o", 0, "twice")))
                .isInstanceOf(ConflictException.class);
        assertThat(store.stream("o", 1, 10)).hasSize(1);
    }

    @Test
    void a_time_that_postgres_does_not_know_is_refused() {
        DomainEvent event = event("o").withTime(java.time.Instant.parse("+300000-01-01T00:00:00Z"));

        assertThatThrownBy(() -> append(event))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("300000");
    }

    // --- documents

    @Test
    void documents_change_with_the_events_or_not_at_all() {
        Bytes one = Bytes.utf8("1");
        store.append(Append.of(event("a")), List.of(DocumentChange.replace("c", "k", null, one)));
        assertThat(store.document("c", "k")).isEqualTo(one);

        assertThatThrownBy(() -> store.append(
                        Append.of(event("b")),
                        List.of(
                                DocumentChange.put("c", "z", one),
                                DocumentChange.replace("c", "k", null, Bytes.utf8("2")))))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("Document k of c");
        assertThat(store.stream("b", 1, 10)).isEmpty();
        assertThat(store.document("c", "z")).isNull();
        AppendToken again = store.append(Append.of(event("a")), List.of(DocumentChange.put("c", "k", null)));
        assertThat(again.versions()).containsEntry("a", 1L);
        assertThat(store.document("c", "k")).as("a repeated append").isEqualTo(one);

        store.write(
                List.of(DocumentChange.replace("c", "k", one, null), DocumentChange.replace("c", "gone", null, null)));
        assertThat(store.documents("c", "", 10)).isEmpty();
    }

    @Test
    void documents_are_listed_by_their_keys_in_the_order_of_bytes() {
        for (String key : List.of("b", "B", "a ", "a", "ä", "")) {
            store.write(List.of(DocumentChange.put("c", key, Bytes.utf8(key))));
        }
        store.write(List.of(DocumentChange.put("d", "other", Bytes.EMPTY)));

        assertThat(store.documents("c", "", 10).stream().map(d -> d.key())).containsExactly("B", "a", "a ", "b", "ä");
        assertThat(store.documents("c", "a", 2).stream().map(d -> d.key())).containsExactly("a ", "b");
        store.drop("c");
        assertThat(store.documents("c", "", 10)).isEmpty();
        assertThat(store.document("d", "other")).isEqualTo(Bytes.EMPTY);
    }

    @Test
    void a_document_changed_by_many_keeps_every_change() throws Exception {
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int w = 0; w < 4; w++) {
            writers.add(start(() -> {
                for (int i = 0; i < 15; i++) {
                    while (!increment()) {}
                }
            }));
        }
        finish(writers);

        assertThat(count(store.document("c", "count"))).isEqualTo(60);
    }

    private boolean increment() {
        Bytes before = store.document("c", "count");
        try {
            Bytes after = Bytes.utf8(Integer.toString(count(before) + 1));
            store.write(List.of(DocumentChange.replace("c", "count", before, after)));
            return true;
        } catch (ConflictException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.DOCUMENT_CHANGED);
            return false;
        }
    }

    private static int count(@org.jspecify.annotations.Nullable Bytes document) {
        return document == null ? 0 : Integer.parseInt(document.utf8());
    }

    // --- scripts

    @Test
    void several_processes_that_open_a_new_store_at_once_all_succeed() throws Exception {
        store.close();
        PostgresServer.without(STORE);
        List<CompletableFuture<Void>> opening = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            opening.add(start(() -> postgres.open(
                            io.clusterdb.events.EventStore.named(STORE),
                            io.clusterdb.events.spi.DataCodec.NONE,
                            new io.clusterdb.events.spi.Threads())
                    .close()));
        }
        finish(opening);

        try (Connection connection = PostgresServer.connect()) {
            assertThat(PostgresServer.ask(connection, "select count(*) from \"order-store\".scripts"))
                    .isEqualTo("1");
        }
    }

    @Test
    void a_schema_that_a_newer_version_has_changed_is_refused() throws Exception {
        try (Connection connection = PostgresServer.connect()) {
            PostgresServer.execute(connection, "insert into \"order-store\".scripts values (99, 'V099__later.sql')");
        }

        EventsException refusal = patience.refusal(this::open);

        assertThat(refusal).isInstanceOf(CorruptionException.class);
        assertThat(refusal.code()).isEqualTo(ErrorCode.UNKNOWN_FORMAT);
        assertThat(refusal.problem().why()).contains("99");
    }
}
