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
import java.util.function.ToLongFunction;

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
        return read(partition, from, Bounds::stableEnd, visitor);
    }

    /**
     * As {@link #read(TopicPartition, long, Predicate)}, to another end: what a transaction holds back below it is waited
     * for.
     */
    long read(TopicPartition partition, long from, ToLongFunction<Bounds> to, Predicate<LogRecord> visitor) {
        Bounds bounds = engine.bounds(partition);
        long start = Math.max(from, bounds.start());
        long end = to.applyAsLong(bounds);
        if (start >= end) {
            return start;
        }
        try (Pages pages = open()) {
            return pages.read(partition, start, end, visitor);
        }
    }

    /** For reading in several places. To be closed. */
    Pages open() {
        return new Pages();
    }

    /** A reader of parts of partitions. To be used by one thread at a time. */
    final class Pages implements AutoCloseable {
        private final AtomicReference<CompletableFuture<Void>> signal =
                new AtomicReference<>(new CompletableFuture<>());
        private final LogReader reader =
                engine.reader(IsolationLevel.READ_COMMITTED, () -> signal.get().complete(null));

        /** As {@link Scan#read}, of what is below an end, which is waited for while it is not stable. */
        long read(TopicPartition partition, long from, long end, Predicate<LogRecord> visitor) {
            reader.seek(partition, from);
            long next = from;
            while (next < end) {
                CompletableFuture<Void> more = new CompletableFuture<>();
                signal.set(more);
                List<Fetched> fetched = reader.poll((int) Math.min(RECORDS, end - next));
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

        @Override
        public void close() {
            reader.close();
        }
    }
}
