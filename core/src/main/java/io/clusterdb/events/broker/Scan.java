package io.clusterdb.events.broker;

import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogReader;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/** Reads a partition from an offset to where it stably ends at the moment. */
final class Scan {
    private static final int RECORDS = 1_000;

    private final LogEngine engine;
    private final Environment environment;

    Scan(LogEngine engine, Environment environment) {
        this.engine = engine;
        this.environment = environment;
    }

    /**
     * Reads, waiting for the engine where it has to.
     *
     * @param visitor false = enough
     * @return the offset to go on from
     */
    long read(TopicPartition partition, long from, Predicate<LogRecord> visitor) {
        Bounds bounds = engine.bounds(partition);
        long start = Math.max(from, bounds.start());
        if (start >= bounds.stableEnd()) {
            return start;
        }
        AtomicReference<CompletableFuture<Void>> signal = new AtomicReference<>(new CompletableFuture<>());
        try (LogReader reader =
                engine.reader(IsolationLevel.READ_COMMITTED, () -> signal.get().complete(null))) {
            reader.seek(partition, start);
            long next = start;
            while (next < bounds.stableEnd()) {
                CompletableFuture<Void> more = new CompletableFuture<>();
                signal.set(more);
                List<Fetched> fetched = reader.poll(RECORDS);
                if (fetched.isEmpty()) {
                    environment.await(more);
                }
                for (Fetched part : fetched) {
                    next = part.next();
                    for (LogRecord record : part.records()) {
                        if (!visitor.test(record)) {
                            return record.offset() + 1;
                        }
                    }
                }
            }
            return next;
        }
    }
}
