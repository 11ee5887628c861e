package io.clusterdb.events.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Append;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.testkit.Patience;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that has stopped asking for new events hears of those of another one. */
class PostgresListenIT {
    private static final long A_SECOND = TimeUnit.SECONDS.toNanos(1);

    @TempDir
    Path home;

    private final Patience patience = new Patience(Duration.ofSeconds(60));
    private final AtomicInteger signals = new AtomicInteger();
    private volatile boolean asleep;

    /** Who would look again after a second never does. */
    private Environment withoutAsking() {
        Threads threads = new Threads();
        return (Environment) Proxy.newProxyInstance(
                Environment.class.getClassLoader(), new Class<?>[] {Environment.class}, (proxy, method, args) -> {
                    if (method.getName().equals("start") && ((String) args[0]).startsWith("events-order")) {
                        return threads.start((String) args[0], sleeping((Duty) args[1]));
                    }
                    try {
                        return method.invoke(threads, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private Duty sleeping(Duty duty) {
        return () -> {
            asleep = false;
            long rest = duty.run();
            asleep = rest >= A_SECOND;
            return asleep ? Duty.WHEN_WOKEN : rest;
        };
    }

    private EmbeddedPostgres start(int port) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(home.resolve("data"))
                .setPort(port)
                .setCleanDataDirectory(false)
                .start();
    }

    private static PostgresStore open(EmbeddedPostgres server, Environment environment) {
        return (PostgresStore)
                Postgres.at(PostgresServer.url(server)).open(EventStore.named("heard"), DataCodec.NONE, environment);
    }

    @Test
    void events_of_another_process_are_heard_of_also_after_the_server_was_restarted() throws Exception {
        EmbeddedPostgres server = start(0);
        try (PostgresStore reader = open(server, withoutAsking());
                PostgresStore writer = open(server, new Threads())) {
            reader.watch(signals::incrementAndGet);
            hears(reader, writer, "a");

            int port = server.getPort();
            server.close();
            patience.until("the connection is lost", () -> !reader.sequencer().isListening());
            server = start(port);
            hears(reader, writer, "b");

            assertThat(EngineFixture.all(reader)).containsExactly("a", "b");
        } finally {
            server.close();
        }
    }

    private void hears(PostgresStore reader, PostgresStore writer, String id) {
        patience.until("it listens", () -> reader.sequencer().isListening());
        patience.until("it asks no more", () -> asleep);
        int heard = signals.get();
        patience.until("event " + id + " is stored", () -> stored(writer, id));
        patience.until("event " + id + " is heard of", () -> signals.get() > heard);
    }

    private static boolean stored(PostgresStore writer, String id) {
        try {
            writer.append(Append.of(EngineFixture.event(id)), List.of());
            return true;
        } catch (UnavailableException | OutcomeUnknownException e) {
            return false; // its connections are those of before
        }
    }
}
