package io.clusterdb.events.postgres;

import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreEngine.Page;
import io.clusterdb.events.spi.StoreEngine.Selection;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.testkit.Patience;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** An engine on an empty store, and transactions of others beside it. */
abstract class EngineFixture {
    static final String STORE = "order-store";

    private static final ThreadFactory THREADS = Thread.ofPlatform().daemon().factory();

    final Patience patience = new Patience(Duration.ofSeconds(60));
    Postgres postgres;
    PostgresStore store;

    private final List<AutoCloseable> opened = new ArrayList<>();

    @BeforeEach
    final void openStore() {
        postgres = PostgresServer.without(STORE);
        store = open();
    }

    @AfterEach
    final void closeAll() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    final PostgresStore open() {
        return open(postgres);
    }

    final PostgresStore open(Postgres place) {
        return open(place, new Threads());
    }

    final PostgresStore open(Postgres place, Environment environment) {
        PostgresStore open = (PostgresStore) place.open(EventStore.named(STORE), DataCodec.NONE, environment);
        opened.add(open);
        return open;
    }

    /** A connection of somebody else, in a transaction. */
    final Connection stranger() throws SQLException {
        Connection connection = PostgresServer.connect();
        connection.setAutoCommit(false);
        opened.add(connection);
        return connection;
    }

    /** Stores an event as an append does, up to its commit. */
    static void insert(Connection connection, String aggregateId) throws SQLException {
        insert(connection, aggregateId, "nextval('\"order-store\".ordinals')");
    }

    static void insert(Connection connection, String aggregateId, String ordinal) throws SQLException {
        insert(connection, STORE, aggregateId, ordinal);
    }

    static void insert(Connection connection, String store, String aggregateId, String ordinal) throws SQLException {
        PostgresServer.execute(
                connection,
                "insert into \"" + store + "\".events (ordinal, aggregate_id, aggregate_type, version, event_id, by_id,"
                        + " type, data_version, time, metadata, data) values (" + ordinal + ", '" + aggregateId
                        + "', 'Order', 1, '" + aggregateId + "', false, 'Made', 1, now(), '{}', '{}')");
    }

    /** The first event of an aggregate, whose id it has. */
    static DomainEvent event(String aggregateId) {
        return event(aggregateId, 1, aggregateId);
    }

    static DomainEvent event(String aggregateId, long version, String id) {
        return DomainEvent.of("Order", aggregateId, version, "Made", Map.of("of", aggregateId))
                .sealed(STORE, id, Instant.now(), DataCodec.NONE);
    }

    final AppendToken append(DomainEvent... events) {
        return store.append(Append.of(events), List.of());
    }

    /** The ids of all events that have positions, which are 1, 2, 3 and so on. */
    static List<String> all(PostgresStore of) {
        List<String> ids = new ArrayList<>();
        Page page = of.all(0, 100, Selection.ALL);
        while (!page.events().isEmpty()) {
            for (DomainEvent event : page.events()) {
                ids.add(event.id());
                if (event.position() != ids.size()) {
                    throw new AssertionError(event + " has position " + event.position() + ", not " + ids.size());
                }
            }
            page = of.all(page.position(), 100, Selection.ALL);
        }
        return ids;
    }

    /** All ids, when as many have their positions. */
    final List<String> all(int count) {
        patience.until(count + " positions", () -> store.lastPosition() >= count);
        return all(store);
    }

    /** Work that may throw. */
    interface Work {
        void run() throws Exception;
    }

    static CompletableFuture<Void> start(Work work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        THREADS.newThread(() -> {
                    try {
                        work.run();
                        done.complete(null);
                    } catch (Throwable e) {
                        done.completeExceptionally(e);
                    }
                })
                .start();
        return done;
    }

    final void finish(List<CompletableFuture<Void>> all) throws Exception {
        patience.get(CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)));
    }
}
