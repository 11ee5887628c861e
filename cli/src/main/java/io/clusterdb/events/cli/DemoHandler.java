package io.clusterdb.events.cli;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.ExponentialBackoff;
import io.clusterdb.events.Message;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.rocksdb.RocksDb;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The process of the demo that handles quakes: it reports each strong one exactly once, and ends when none is left. While
 * it does, it stores as many rows of the file, and in the end the others. It says a line of each handling, {@code done ID}
 * or {@code failed ID}. When the demo itself is gone, it ends at once.
 *
 * <p>Which handlings fail follows from the quake's id: of twenty quakes, two fail the first time and one every time, as
 * long as the fault is there.
 */
final class DemoHandler {
    static final String QUAKES = "quakes";
    static final String STRONG = "strong-quakes";
    static final String GROUP = "reporter";
    static final String LEAST_MAGNITUDE = "1.0";
    static final int CONCURRENCY = 10;
    static final int ATTEMPTS = 3;

    private static final Duration WORK = Duration.ofMillis(10);
    private static final Duration LOOK = Duration.ofMillis(25);
    private static final int TROUBLE = 20;

    private final Events events;
    private final boolean mended;
    private final AtomicInteger done = new AtomicInteger();

    private DemoHandler(Events events, boolean mended) {
        this.events = events;
        this.mended = mended;
    }

    /** Handles what there is in a folder: arguments are the folder, and {@code mended} where the fault is gone. */
    public static void main(String[] arguments) {
        endWithParent();
        try (Events events = open(Path.of(arguments[0]))) {
            new DemoHandler(events, arguments.length > 1).run();
        }
        System.exit(0);
    }

    static Events open(Path folder) {
        return Events.open(EventBroker.named("earthquakes").store(RocksDb.at(folder)), DemoStore.CONFIG);
    }

    /** The rows of the file, as JSON. */
    static List<JsonNode> rows() {
        List<JsonNode> all = new ArrayList<>();
        try {
            CsvRows rows = rows(rows(null).types());
            for (Row row = rows.next(); row != null; row = rows.next()) {
                switch (row) {
                    case Row.Good good -> all.add(good.data());
                    case Row.Bad bad -> throw new IOException("line " + bad.line() + ": " + bad.why());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }

    private static CsvRows rows(@Nullable List<CsvRows.Type> types) throws IOException {
        return CsvRows.of(new CsvRecords(Quakes.file(), ',', StandardCharsets.UTF_8), types);
    }

    /** The demo holds the other end of this process's input, so the input ends when the demo does. */
    private static void endWithParent() {
        Thread.ofPlatform().daemon().name("demo-parent").start(() -> {
            try {
                System.in.transferTo(java.io.OutputStream.nullOutputStream());
            } catch (IOException e) {
                // That is an end as well.
            }
            Runtime.getRuntime().halt(1);
        });
    }

    private void run() {
        Subscription subscription = Subscription.of(GROUP)
                .filter("data.magnitude >= " + LEAST_MAGNITUDE)
                .concurrency(CONCURRENCY)
                .retry(new RetryPolicy(
                        ATTEMPTS, new ExponentialBackoff(Duration.ofMillis(50), Duration.ofMillis(200), 2)));
        DemoStore store = new DemoStore(events.store(), rows());
        int before = store.stored();
        try (ActiveSubscription active = events.subscribe(subscription, this::handle)) {
            while (events.groups().lag(GROUP).events() > 0) {
                active.failure().ifPresent(failure -> {
                    throw failure;
                });
                store.storeUpTo(before + done.get());
                LockSupport.parkNanos(LOOK.toNanos());
            }
        }
        store.finish();
    }

    private void handle(Message message) {
        Event quake = message.payload();
        LockSupport.parkNanos(WORK.toNanos()); // as asking another service would take
        if (!mended && fails(Objects.requireNonNull(quake.id()), message.attempt())) {
            System.out.println("failed " + quake.id());
            throw new IllegalStateException("no map can be drawn of " + quake.id());
        }
        events.transaction(tx -> {
            tx.publish(STRONG, report(quake, message.attempt()));
            tx.commit(message);
        });
        done.incrementAndGet();
        System.out.println("done " + quake.id());
    }

    private static boolean fails(String id, int attempt) {
        int trouble = Math.floorMod(id.hashCode(), TROUBLE);
        return trouble == 0 || (trouble <= 2 && attempt == 1);
    }

    private static Event report(Event quake, int attempt) {
        ObjectNode data = (ObjectNode) quake.data();
        return Event.of("quake.reported", data.retain("network", "magnitude", "place"))
                .withId(Objects.requireNonNull(quake.id()))
                .withTime(Objects.requireNonNull(quake.time()))
                .withKey(Objects.requireNonNull(quake.key()))
                .withMetadata("attempt", Integer.toString(attempt));
    }
}
