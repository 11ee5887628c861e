package io.clusterdb.events.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.AggregateType;
import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.testkit.HastyTime;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A server that does not answer, or whose answers are lost. */
class PostgresFaultIT extends EngineFixture {
    private Wire wire() throws Exception {
        return new Wire(
                URI.create(PostgresServer.url().substring("jdbc:".length())).getPort());
    }

    /** A store beyond a wire that broke no connection yet, with one connection that waits for work. */
    private PostgresStore beyond(Wire wire) {
        return open(beyondAt(wire));
    }

    private static Postgres beyondAt(Wire wire) {
        return Postgres.at("postgres://postgres@localhost:" + wire.port() + "/postgres")
                .pool(1, 1);
    }

    @Test
    void an_append_whose_answer_is_lost_is_found_by_reading_back() throws Exception {
        try (Wire wire = wire()) {
            PostgresStore far = beyond(wire);
            far.sequencer().close(); // so that the wire carries nothing else
            far.append(Append.of(event("before")), List.of());

            wire.breakAtAnswer();
            AppendToken token = far.append(Append.of(event("a"), event("b")), List.of());

            assertThat(token.versions()).containsEntry("a", 1L).containsEntry("b", 1L);
            assertThat(all(3)).containsExactly("before", "a", "b");
            assertThat(store.position(token)).isEqualTo(3);
        }
    }

    @Test
    void an_append_that_never_arrived_is_sent_again() throws Exception {
        try (Wire wire = wire()) {
            PostgresStore far = beyond(wire);
            far.sequencer().close();
            far.append(Append.of(event("before")), List.of());

            wire.breakAtQuestion();
            far.append(Append.of(event("a", 0, "a")), List.of());

            assertThat(all(2)).containsExactly("before", "a");
        }
    }

    @Test
    void an_append_whose_server_never_comes_back_has_an_unknown_outcome() throws Exception {
        DomainEvent event = event("a");
        try (Wire wire = wire()) {
            PostgresStore far = open(beyondAt(wire).timeout(Duration.ofMillis(250)), new HastyTime());
            far.sequencer().close();
            far.append(Append.of(event("before")), List.of());

            wire.cutAtAnswer();
            EventsException outcome = patience.refusal(() -> far.append(Append.of(event), List.of()));

            assertThat(outcome).isInstanceOf(OutcomeUnknownException.class);
            assertThat(outcome.problem().what()).contains("An append of 1 events to event store " + STORE);
        }
        AppendToken token = append(event); // as its remedy says

        assertThat(token.versions()).containsExactly(Map.entry("a", 1L));
        assertThat(all(2)).as("it had been stored").containsExactly("before", "a");
    }

    @Test
    void a_read_on_a_broken_connection_is_asked_again() throws Exception {
        append(event("a"));
        try (Wire wire = wire()) {
            PostgresStore far = beyond(wire);
            far.sequencer().close();
            far.head("a");

            wire.breakAtAnswer();

            assertThat(far.stream("a", 1, 10)).hasSize(1);
        }
    }

    /** A state. */
    record Count(int made) {}

    @Test
    void a_snapshot_that_is_damaged_on_the_server_is_ignored_and_counted() throws Exception {
        AggregateType<Count> type = AggregateType.of("Order", Count.class)
                .starts("Made", String.class, of -> new Count(1))
                .on("Made", String.class, (count, of) -> new Count(count.made() + 1));
        try (Events events = Events.open(EventStore.named(STORE).store(postgres))) {
            for (int version = 1; version <= 3; version++) {
                events.storeEvent(DomainEvent.of("Order", "a", version, "Made", "a"));
            }
            events.createSnapshot(events.loadAggregate(type, "a"));
            assertThat(events.store().snapshots("a")).hasSize(1);
            try (Connection connection = PostgresServer.connect()) {
                PostgresServer.execute(
                        connection,
                        "update \"" + STORE + "\".documents set value = set_byte(value, 20, get_byte(value, 20) # 1)"
                                + " where collection = 'snapshots'");
            }

            assertThat(events.loadAggregate(type, "a").state()).isEqualTo(new Count(3));
            assertThat(events.store().ignoredSnapshots()).isEqualTo(1);
            events.createSnapshot(events.loadAggregate(type, "a"));
            assertThat(events.store().snapshots("a")).hasSize(1);
        }
    }

    @Test
    void a_server_that_is_down_is_said_at_once() throws Exception {
        EventsException refusal = patience.refusal(() -> open(Postgres.at("postgres://me:secret@localhost:1/events")));

        assertThat(refusal).isInstanceOf(UnavailableException.class);
        assertThat(refusal.code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
        assertThat(refusal.problem().why()).contains("localhost:1").doesNotContain("secret");
    }

    @Test
    void a_pool_that_is_exhausted_is_named_with_its_size() throws Exception {
        PostgresStore small = open(postgres.pool(1, 1).timeout(Duration.ofSeconds(2)));
        Connection parked = stranger();
        insert(parked, "a");
        CompletableFuture<Void> waiting = start(() -> small.append(Append.of(event("a", 1, "other")), List.of()));
        EventsException[] refusal = {null};
        patience.until("the pool is exhausted", () -> {
            try {
                small.head("b");
                return false;
            } catch (UnavailableException e) {
                refusal[0] = e;
                return true;
            }
        });
        parked.rollback();
        patience.get(waiting);

        assertThat(refusal[0].code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
        assertThat(refusal[0].problem().why())
                .contains("all 1 connections of its pool")
                .contains("2000 ms");
        assertThat(all(1)).as("its order has a connection of its own").containsExactly("other");
    }

    @Test
    void a_virtual_thread_that_is_interrupted_hears_what_became_of_its_append() throws Exception {
        Connection parked = stranger();
        insert(parked, "a");
        CompletableFuture<AppendToken> answer = new CompletableFuture<>();
        Thread appending = Thread.ofVirtual().start(() -> {
            try {
                answer.complete(store.append(Append.of(event("a", 1, "other")), List.of()));
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        patience.until("it waits for the other", () -> locked() == 1);

        appending.interrupt();
        patience.until(
                "it waits to ask again what became of it",
                () -> appending.getState() == Thread.State.TIMED_WAITING
                        && Stream.of(appending.getStackTrace())
                                .anyMatch(frame -> frame.getMethodName().equals("settled")));
        parked.rollback();

        assertThat(patience.get(answer).versions()).containsExactly(Map.entry("a", 1L));
        assertThat(all(1)).containsExactly("other");
    }

    private static int locked() {
        try (Connection connection = PostgresServer.connect()) {
            return Integer.parseInt(PostgresServer.ask(
                    connection, "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
