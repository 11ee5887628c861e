package io.clusterdb.events.kafka;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.LogReader;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * Reads partitions with a Kafka consumer that belongs to no group. Polling a consumer waits, so a thread of its own does
 * that and puts what comes into a buffer; whoever reads takes from the buffer. What the reader is told to do is noted,
 * and done by the thread before it polls again: only that thread touches the consumer.
 *
 * <p>A partition that has its share of the buffer is paused until some of it is taken.
 */
final class KafkaReader implements LogReader, Duty {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final long PAUSE_NANOS = Duration.ofMillis(100).toNanos();
    private static final long BUFFER_BYTES = 16 << 20;
    private static final long SHARE_BYTES_MIN = 64 << 10;

    private final Cluster cluster;
    private final Catalog catalog;
    private final Offsets offsets;
    private final Runnable signal;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Environment.Task task;
    private final Map<TopicPartition, Position> positions = new LinkedHashMap<>();
    private final Map<TopicPartition, EventsException> failures = new LinkedHashMap<>();
    private final Map<TopicPartition, Position> consumed = new HashMap<>();
    private int turn;
    private boolean closed;

    /** Where it stands in a partition since it was last told to seek there. Guarded by the reader. */
    private static final class Position {
        private final Catalog.Known topic;
        private final long start;
        private final Deque<LogRecord> buffer = new ArrayDeque<>();
        private long bytes;
        private long behind;
        private long told;
        private boolean paused;

        Position(Catalog.Known topic, long start) {
            this.topic = topic;
            this.start = start;
            this.behind = start;
            this.told = start;
        }
    }

    KafkaReader(Cluster cluster, Catalog catalog, Offsets offsets, IsolationLevel isolation, Runnable signal) {
        this.cluster = cluster;
        this.catalog = catalog;
        this.offsets = offsets;
        this.signal = signal;
        Map<String, Object> settings = new HashMap<>();
        settings.put(
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                isolation == IsolationLevel.READ_COMMITTED ? "read_committed" : "read_uncommitted");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1_000);
        settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, (int) BUFFER_BYTES);
        this.consumer = cluster.consumer("reader", settings);
        this.task = cluster.environment().start("events-kafka-reader", this);
    }

    // --- what the reader is told

    @Override
    public void seek(TopicPartition partition, long offset) {
        Position position = new Position(catalog.known(partition), offset);
        synchronized (this) {
            Position before = positions.get(partition);
            position.paused = before != null && before.paused;
            positions.put(partition, position);
            failures.remove(partition);
        }
        wake();
    }

    @Override
    public void drop(TopicPartition partition) {
        synchronized (this) {
            positions.remove(partition);
            failures.remove(partition);
        }
        wake();
    }

    @Override
    public void pause(TopicPartition partition) {
        setPaused(partition, true);
    }

    @Override
    public void resume(TopicPartition partition) {
        setPaused(partition, false);
        signal.run();
    }

    private void setPaused(TopicPartition partition, boolean paused) {
        synchronized (this) {
            Position position = positions.get(partition);
            if (position == null || position.paused == paused) {
                return;
            }
            position.paused = paused;
        }
        wake();
    }

    private void wake() {
        task.wake();
        consumer.wakeup();
    }

    // --- what has come

    @Override
    public List<Fetched> poll(int maxRecords) {
        List<Fetched> all = new ArrayList<>();
        boolean roomy = false;
        synchronized (this) {
            throwFailure();
            long share = share();
            List<Map.Entry<TopicPartition, Position>> order = List.copyOf(positions.entrySet());
            int left = maxRecords;
            for (int i = 0; i < order.size() && left > 0; i++) {
                Map.Entry<TopicPartition, Position> next = order.get(Math.floorMod(turn + i, order.size()));
                Position position = next.getValue();
                if (!position.paused) {
                    boolean full = position.bytes >= share;
                    left -= take(next.getKey(), position, left, all);
                    roomy |= full && position.bytes < share;
                }
            }
            turn++;
        }
        if (roomy) {
            wake();
        }
        return all;
    }

    private void throwFailure() {
        if (!failures.isEmpty()) {
            TopicPartition partition = failures.keySet().iterator().next();
            EventsException failure = failures.remove(partition);
            if (!failures.isEmpty()) {
                signal.run();
            }
            throw failure;
        }
    }

    private long share() {
        return Math.max(SHARE_BYTES_MIN, BUFFER_BYTES / Math.max(1, positions.size()));
    }

    private static int take(TopicPartition partition, Position position, int max, List<Fetched> to) {
        List<LogRecord> records = new ArrayList<>();
        while (records.size() < max && !position.buffer.isEmpty()) {
            LogRecord record = position.buffer.remove();
            position.bytes -= Records.size(record);
            records.add(record);
        }
        LogRecord first = position.buffer.peek();
        long next = first == null ? position.behind : first.offset();
        if (next > position.told) {
            position.told = next;
            to.add(new Fetched(partition, records, next));
        }
        return records.size();
    }

    // --- the thread

    @Override
    public long run() {
        try {
            if (!prepare()) {
                return WHEN_WOKEN;
            }
            deliver(consumer.poll(POLL));
            return AGAIN;
        } catch (WakeupException e) {
            return AGAIN;
        } catch (OffsetOutOfRangeException e) {
            e.offsetOutOfRangePartitions().forEach((p, offset) -> outOfRange(Cluster.ours(p), offset));
            return AGAIN;
        } catch (RetriableException e) {
            return PAUSE_NANOS;
        } catch (KafkaException e) {
            failAll(e);
            return PAUSE_NANOS;
        }
    }

    /** Does what was told since the last poll. False when there is nothing to poll for. */
    private boolean prepare() {
        Map<TopicPartition, Position> wanted;
        Set<org.apache.kafka.common.TopicPartition> held = new HashSet<>();
        synchronized (this) {
            if (closed) {
                return false;
            }
            failUnreadable();
            wanted = new HashMap<>(positions);
            long share = share();
            wanted.forEach((partition, position) -> {
                if (position.paused || position.bytes >= share) {
                    held.add(Cluster.kafkas(partition));
                }
            });
        }
        if (!wanted.keySet().equals(consumed.keySet())) {
            consumer.assign(wanted.keySet().stream().map(Cluster::kafkas).toList());
            consumed.keySet().retainAll(wanted.keySet());
        }
        wanted.forEach((partition, position) -> {
            if (consumed.put(partition, position) != position) {
                consumer.seek(Cluster.kafkas(partition), position.start);
            }
        });
        Set<org.apache.kafka.common.TopicPartition> free = new HashSet<>(consumer.paused());
        free.removeAll(held);
        consumer.resume(free);
        consumer.pause(held);
        return !wanted.isEmpty();
    }

    private void failUnreadable() {
        List<TopicPartition> unreadable = new ArrayList<>();
        positions.forEach((partition, position) -> {
            if (catalog.isGone(position.topic)) {
                failures.put(partition, NotFoundException.topic(partition.topic(), List.of()));
                unreadable.add(partition);
            } else if (position.start < 0) {
                failures.put(partition, RejectedException.outOfRange(partition.toString(), position.start, 0, 0));
                unreadable.add(partition);
            }
        });
        if (!unreadable.isEmpty()) {
            positions.keySet().removeAll(unreadable);
            signal.run();
        }
    }

    private void deliver(ConsumerRecords<byte[], byte[]> polled) {
        boolean news = false;
        synchronized (this) {
            for (var next : polled.nextOffsets().entrySet()) {
                TopicPartition partition = Cluster.ours(next.getKey());
                Position position = positions.get(partition);
                if (position != null && consumed.get(partition) == position) {
                    for (ConsumerRecord<byte[], byte[]> record : polled.records(next.getKey())) {
                        LogRecord incoming = Records.incoming(partition, record);
                        position.buffer.add(incoming);
                        position.bytes += Records.size(incoming);
                    }
                    position.behind = next.getValue().offset();
                    news = true;
                }
            }
        }
        if (news) {
            signal.run();
        }
    }

    private void outOfRange(TopicPartition partition, long offset) {
        Position position = consumed.get(partition);
        EventsException failure = offsets.outOfRange(partition, offset)
                .<EventsException>thenApply(refused -> refused)
                .exceptionally(e -> Failures.of(partition + " can't be read", e))
                .join();
        fail(partition, position, failure);
    }

    private void fail(TopicPartition partition, @Nullable Position position, EventsException failure) {
        synchronized (this) {
            if (position == null || !positions.remove(partition, position)) {
                return;
            }
            failures.put(partition, failure);
        }
        signal.run();
    }

    /** Kafka does not say of which partition it speaks: all are dropped, and the reader seeks anew where it can. */
    private void failAll(KafkaException e) {
        EventsException failure =
                e.getMessage() != null && e.getMessage().startsWith("Received exception when fetching")
                        ? CorruptionException.found("on the Kafka cluster", e.getMessage(), e)
                        : Failures.of("The cluster can't be read", e);
        Map.copyOf(consumed).forEach((partition, position) -> fail(partition, position, failure));
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            positions.clear();
        }
        cluster.closed(this);
        consumer.wakeup();
        task.close();
        try {
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        } catch (KafkaException e) {
            // Whatever it wanted to say goodbye to is not there any more.
        }
    }
}
