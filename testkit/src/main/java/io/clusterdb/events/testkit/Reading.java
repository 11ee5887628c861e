package io.clusterdb.events.testkit;

import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogReader;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A reader that waits for its signal and for nothing else: an engine that forgets to signal is found out by any test. */
final class Reading implements AutoCloseable {
    private static final int RECORDS = 1_000;

    private final LogReader reader;
    private final Semaphore signals;
    private final Patience patience;
    private final Map<TopicPartition, Long> next = new HashMap<>();

    Reading(LogEngine log, IsolationLevel isolation, Patience patience) {
        Semaphore signals = new Semaphore(0);
        this.reader = log.reader(isolation, signals::release);
        this.signals = signals;
        this.patience = patience;
    }

    LogReader reader() {
        return reader;
    }

    Reading seek(TopicPartition partition, long offset) {
        reader.seek(partition, offset);
        return this;
    }

    /** So many records, in the order in which they come. */
    List<LogRecord> take(int count) throws InterruptedException {
        List<LogRecord> records = new ArrayList<>();
        long deadline = patience.deadline();
        while (records.size() < count) {
            poll(Math.min(RECORDS, count - records.size()), deadline, count + " records, only " + records.size())
                    .forEach(f -> records.addAll(f.records()));
        }
        return records;
    }

    /** The records of a partition up to an offset, which may be that of a marker. */
    List<LogRecord> upTo(TopicPartition partition, long end) throws InterruptedException {
        List<LogRecord> records = new ArrayList<>();
        long deadline = patience.deadline();
        while (next.getOrDefault(partition, 0L) < end) {
            poll(RECORDS, deadline, "read to offset " + end + " of " + partition)
                    .forEach(f -> records.addAll(f.records()));
        }
        return records;
    }

    /** Polls until there is something or somebody is out of patience. */
    List<Fetched> poll(int max, long deadline, String wanted) throws InterruptedException {
        while (true) {
            signals.drainPermits();
            List<Fetched> fetched = reader.poll(max);
            fetched.forEach(f -> next.put(f.partition(), f.next()));
            if (!fetched.isEmpty()) {
                return fetched;
            }
            if (!signals.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                throw patience.late(wanted);
            }
        }
    }

    /** What is there now, without waiting for more than what is said to be there. */
    static List<LogRecord> all(LogEngine log, IsolationLevel isolation, TopicPartition partition, Patience patience)
            throws InterruptedException {
        Bounds bounds = log.bounds(partition);
        long end = isolation == IsolationLevel.READ_COMMITTED ? bounds.stableEnd() : bounds.end();
        try (Reading reading = new Reading(log, isolation, patience).seek(partition, bounds.start())) {
            return end == bounds.start() ? List.of() : reading.upTo(partition, end);
        }
    }

    @Override
    public void close() {
        reader.close();
    }
}
