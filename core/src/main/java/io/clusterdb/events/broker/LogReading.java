package io.clusterdb.events.broker;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.StoredEvent;
import io.clusterdb.events.Topic;
import io.clusterdb.events.filter.Expression;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogReader;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Reads partitions side by side and merges them by append time. What lies at or above the end that a partition had when
 * reading began is held back until all partitions have come so far; from then on nobody waits for anybody.
 */
final class LogReading implements EventReader {
    private static final int RECORDS = 500;
    /** Records waiting to be merged, over all partitions: about so many. */
    private static final int WAITING = 4_000;

    private static final Comparator<Strand> ORDER =
            Comparator.comparingLong(Strand::timestamp).thenComparing(strand -> strand.partition);

    private final LogEngine engine;
    private final Broker broker;
    private final Environment environment;
    private final @Nullable Expression where;
    private final Map<TopicPartition, Strand> strands = new TreeMap<>();
    private final AtomicReference<CompletableFuture<Void>> more = new AtomicReference<>(new CompletableFuture<>());
    private final LogReader reader;
    private final Set<Strand> lacking = new HashSet<>();
    private final PriorityQueue<Strand> ready = new PriorityQueue<>(ORDER);

    /** One more that is ready: that of the last record. */
    private @Nullable Strand current;

    private boolean caughtUp;

    /** One partition. */
    private static final class Strand {
        private final TopicPartition partition;
        private final long end;
        private final Deque<LogRecord> waiting = new ArrayDeque<>();
        private long next;
        private boolean paused;

        Strand(TopicPartition partition, long next, long end) {
            this.partition = partition;
            this.next = next;
            this.end = end;
        }

        /** Whether it is not known what of its old records comes next. */
        boolean isLacking() {
            return waiting.isEmpty() && next < end;
        }

        /** Whether its next record is one of the old ones. */
        boolean hasOld() {
            LogRecord head = waiting.peek();
            return head != null && head.offset() < end;
        }

        long timestamp() {
            LogRecord head = waiting.peek();
            return head == null ? Long.MAX_VALUE : head.timestamp();
        }
    }

    LogReading(Broker broker, LogQuery query) {
        this.broker = broker;
        this.engine = broker.engine();
        this.environment = broker.environment();
        Topic topic = broker.topics().get(query.topic());
        this.where = broker.conditions().of(query.where(), Set.of(topic.name()));
        this.reader =
                engine.reader(IsolationLevel.READ_COMMITTED, () -> more.get().complete(null));
        try {
            begin(topic, query);
        } catch (RuntimeException | Error e) {
            reader.close();
            throw e;
        }
    }

    private void begin(Topic topic, LogQuery query) {
        Integer one = query.partition();
        if (one != null && (one < 0 || one >= topic.partitions())) {
            throw NotFoundException.partition(topic.name(), one, topic.partitions());
        }
        boolean alone = one != null || topic.partitions() == 1;
        for (int p = one == null ? 0 : one; p < (one == null ? topic.partitions() : one + 1); p++) {
            TopicPartition partition = new TopicPartition(topic.name(), p);
            Bounds bounds = engine.bounds(partition);
            Strand strand = new Strand(partition, start(query.from(), partition, bounds, alone), bounds.stableEnd());
            strands.put(partition, strand);
            note(strand);
            reader.seek(partition, strand.next);
        }
        catchUp();
    }

    private long start(LogQuery.Start from, TopicPartition partition, Bounds bounds, boolean alone) {
        return switch (from) {
            case LogQuery.Earliest earliest -> bounds.start();
            case LogQuery.Latest latest -> bounds.stableEnd();
            case LogQuery.At at -> engine.offsetAt(partition, at.instant());
            case LogQuery.Back back ->
                engine.offsetAt(partition, environment.instant().minus(back.duration()));
            case LogQuery.Offset(long offset) -> {
                if (alone && (offset < bounds.start() || offset > bounds.end())) {
                    throw RejectedException.outOfRange(partition.toString(), offset, bounds.start(), bounds.end());
                }
                yield Math.max(bounds.start(), Math.min(offset, bounds.stableEnd()));
            }
        };
    }

    @Override
    public Optional<StoredEvent> next(Duration timeout) {
        long deadline = environment.nanos() + timeout.toNanos();
        boolean live = caughtUp;
        while (true) {
            LogRecord record = take();
            if (record != null && matches(record)) {
                return Optional.of(stored(record));
            }
            CompletableFuture<Void> signal = new CompletableFuture<>();
            more.set(signal);
            boolean idle = record == null && !fetch();
            long left = deadline - environment.nanos();
            if (left <= 0 || live != caughtUp || (idle && !environment.await(signal, Duration.ofNanos(left)))) {
                return Optional.empty();
            }
        }
    }

    /** The record that comes next; null while that is not known. */
    private @Nullable LogRecord take() {
        if (!caughtUp && !lacking.isEmpty()) {
            return null;
        }
        Strand first = first();
        if (first == null) {
            return null;
        }
        LogRecord record = first.waiting.poll();
        if (isReady(first)) {
            current = first;
        } else {
            note(first);
            catchUp();
        }
        return record;
    }

    /** Takes the partition whose record comes next: records of one batch have one time, so mostly the one before. */
    private @Nullable Strand first() {
        Strand first = current;
        Strand other = ready.peek();
        current = null;
        if (first == null) {
            return ready.poll();
        }
        if (other != null && ORDER.compare(other, first) < 0) {
            ready.add(first);
            return ready.poll();
        }
        return first;
    }

    /** Files a partition, which is not among the ready ones, by what is known of it. */
    private void note(Strand strand) {
        if (strand.isLacking()) {
            lacking.add(strand);
        } else {
            lacking.remove(strand);
        }
        if (isReady(strand)) {
            ready.add(strand);
        }
    }

    private boolean isReady(Strand strand) {
        return caughtUp ? !strand.waiting.isEmpty() : strand.hasOld();
    }

    private void catchUp() {
        if (!caughtUp && lacking.isEmpty() && ready.isEmpty()) {
            caughtUp = true;
            strands.values().forEach(this::note);
        }
    }

    private boolean fetch() {
        if (current != null) {
            ready.add(current);
            current = null;
        }
        int room = Math.max(1, WAITING / Math.max(1, strands.size()));
        for (Strand strand : strands.values()) {
            if (strand.paused && strand.waiting.size() <= room / 2) {
                strand.paused = false;
                reader.resume(strand.partition);
            }
        }
        List<Fetched> fetched = poll();
        for (Fetched part : fetched) {
            Strand strand = strands.get(part.partition());
            if (strand != null) {
                boolean filed = isReady(strand);
                strand.next = part.next();
                strand.waiting.addAll(part.records());
                if (!filed) {
                    note(strand);
                }
                if (strand.waiting.size() >= room && !strand.paused) {
                    strand.paused = true;
                    reader.pause(strand.partition);
                }
            }
        }
        catchUp();
        return !fetched.isEmpty();
    }

    private List<Fetched> poll() {
        try {
            return reader.poll(RECORDS);
        } catch (RejectedException e) {
            if (e.code() != ErrorCode.OFFSET_OUT_OF_RANGE || !followRetention(strands.values())) {
                throw e;
            }
            return reader.poll(RECORDS);
        }
    }

    /** Goes on at the new start of partitions whose records were deleted before they were read. */
    private boolean followRetention(Collection<Strand> all) {
        boolean moved = false;
        for (Strand strand : all) {
            long start = engine.bounds(strand.partition).start();
            if (strand.next < start) {
                strand.next = start;
                if (strand.waiting.isEmpty()) {
                    note(strand);
                }
                reader.seek(strand.partition, start);
                moved = true;
            }
        }
        return moved;
    }

    private boolean matches(LogRecord record) {
        return where == null || Conditions.selects(where, broker.values(record));
    }

    private StoredEvent stored(LogRecord record) {
        return new StoredEvent(
                record.partition().topic(),
                record.partition().partition(),
                record.offset(),
                Instant.ofEpochMilli(record.timestamp()),
                broker.event(record));
    }

    @Override
    public boolean isCaughtUp() {
        return caughtUp;
    }

    @Override
    public void close() {
        reader.close();
    }
}
