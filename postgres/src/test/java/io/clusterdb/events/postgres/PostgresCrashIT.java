package io.clusterdb.events.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Append;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Threads;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that is killed while many write to it: it may have stored what it did not answer, never the other way round. */
class PostgresCrashIT {
    private static final int WRITERS = 4;

    @TempDir
    Path home;

    private final io.clusterdb.events.testkit.Patience patience =
            new io.clusterdb.events.testkit.Patience(java.time.Duration.ofSeconds(90));
    private final AtomicIntegerArray acknowledged = new AtomicIntegerArray(WRITERS);
    private final AtomicInteger lost = new AtomicInteger();
    private volatile boolean stop;

    private EmbeddedPostgres start(int port) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(home.resolve("data"))
                .setPort(port)
                .setCleanDataDirectory(false)
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "off") // the store turns it on for itself
                .start();
    }

    @Test
    void what_was_acknowledged_is_there_once_after_each_crash() throws Exception {
        EmbeddedPostgres server = start(0);
        try (PostgresStore store = open(server)) {
            List<CompletableFuture<Void>> writing = new ArrayList<>();
            for (int w = 0; w < WRITERS; w++) {
                int writer = w;
                writing.add(EngineFixture.start(() -> write(store, writer)));
            }
            progress();
            kill(backend(server)); // the server gives up all memory, recovers and comes back by itself
            progress();
            int port = server.getPort();
            kill(Long.parseLong(
                    Files.readAllLines(home.resolve("data/postmaster.pid")).get(0)));
            server.close();
            server = start(port);
            progress();
            stop = true;
            patience.get(CompletableFuture.allOf(writing.toArray(CompletableFuture<?>[]::new)));

            verify(store);
        } finally {
            server.close();
        }
    }

    private static PostgresStore open(EmbeddedPostgres server) {
        return (PostgresStore)
                Postgres.at(PostgresServer.url(server)).open(EventStore.named("crash"), DataCodec.NONE, new Threads());
    }

    private void write(PostgresStore store, int writer) {
        while (!stop) {
            int next = acknowledged.get(writer) + 1;
            DomainEvent event = EngineFixture.event("a" + writer, next, writer + "-" + next);
            try {
                store.append(Append.of(event), List.of());
                acknowledged.set(writer, next);
            } catch (UnavailableException | OutcomeUnknownException e) {
                lost.incrementAndGet(); // the next round repeats the same event
            }
        }
    }

    /** Waits until each writer has stored some more. */
    private void progress() {
        for (int w = 0; w < WRITERS; w++) {
            int writer = w;
            int before = acknowledged.get(w);
            patience.until("writer " + w + " goes on", () -> acknowledged.get(writer) >= before + 20);
        }
    }

    private static long backend(EmbeddedPostgres server) throws Exception {
        try (Connection connection = DriverManager.getConnection(PostgresServer.url(server))) {
            return Long.parseLong(PostgresServer.ask(
                    connection,
                    "select pid from pg_stat_activity where query like 'insert into %' and pid <> pg_backend_pid()"
                            + " order by query_start desc limit 1"));
        }
    }

    private static void kill(long pid) {
        assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
    }

    private void verify(PostgresStore store) {
        int total = 0;
        for (int w = 0; w < WRITERS; w++) {
            List<DomainEvent> events = store.stream("a" + w, 1, 1_000_000);
            assertThat(events).hasSize(acknowledged.get(w));
            for (int i = 0; i < events.size(); i++) {
                assertThat(events.get(i).version()).isEqualTo(i + 1);
                assertThat(events.get(i).id()).isEqualTo(w + "-" + (i + 1));
            }
            total += events.size();
        }
        int stored = total;
        patience.until("all have positions", () -> store.lastPosition() == stored);
        assertThat(EngineFixture.all(store)).hasSize(total).doesNotHaveDuplicates();
    }
}
