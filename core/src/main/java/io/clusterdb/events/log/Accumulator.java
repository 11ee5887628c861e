package io.clusterdb.events.log;

import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.LogWriter.Appended;
import io.clusterdb.events.spi.NewRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Where the records of one writer for one partition gather into batches until the committer takes them. Thread-safe. */
final class Accumulator {
    private static final Bytes NONE = Bytes.of(new byte[0]);

    private final EmbeddedWriter writer;
    private final PartitionLog log;
    private final Deque<BatchWrite> closed = new ArrayDeque<>();
    private Map<PartitionLog, Accumulator> copies = Map.of();
    private TopicLogs topic;
    private @Nullable BatchBuilder open;
    private @Nullable Throwable failure;
    private List<CompletableFuture<Appended>> waiters = new ArrayList<>();
    private long deadlineNanos;
    private long reserved;
    private int expectedSize;
    private int expectedWaiters;
    private boolean keyed;
    private boolean announced;

    Accumulator(EmbeddedWriter writer, TopicLogs topic, PartitionLog log) {
        this.writer = writer;
        this.topic = topic;
        this.log = log;
    }

    /** A copy of a record, with where it goes. */
    record Copy(TopicLogs topic, PartitionLog log, NewRecord record) {}

    /**
     * What a record has changed, so that the writer can tell the committer.
     *
     * @param first the accumulator was empty: it is to be taken when the linger is over
     * @param filled it has a full batch: that can be taken
     */
    record Added(boolean first, boolean filled) {
        private static final Added[] ALL = {
            new Added(false, false), new Added(true, false), new Added(false, true), new Added(true, true)
        };

        static Added of(boolean first, boolean filled) {
            return ALL[(first ? 1 : 0) + (filled ? 2 : 0)];
        }
    }

    /**
     * @param now the topic as it is now: it may have been altered since the last call
     * @param alongside goes in the same step as the record
     * @param waiter null when nobody waits
     */
    synchronized Added add(
            TopicLogs now, NewRecord record, List<Copy> alongside, @Nullable CompletableFuture<Appended> waiter) {
        topic = now;
        boolean filled = false;
        int size = BatchBuilder.sizeOf(record.key(), record.value(), record.headers());
        if (open != null && open.size() + size > writer.batchSize()) {
            closeBatch(open);
            filled = true;
        }
        if (open == null) {
            open = new BatchBuilder(Math.max(expectedSize, Batch.HEADER + size));
            deadlineNanos = writer.deadline();
        }
        if (waiter != null) {
            waiters.add(waiter);
        }
        keyed |= record.key() != null;
        reserved += record.size();
        put(open, record, alongside);
        if (open.size() >= writer.batchSize()) {
            closeBatch(open);
            filled = true;
        }
        boolean first = !announced;
        announced = true;
        return Added.of(first, filled);
    }

    /** Where that fails the batch is refused: it must not be written without what belongs to it. */
    private void put(BatchBuilder batch, NewRecord record, List<Copy> alongside) {
        int added = 0;
        try {
            batch.add(record.key(), record.value(), record.headers());
            for (Copy copy : alongside) {
                copies = copies.isEmpty() ? new LinkedHashMap<>() : copies;
                copies.computeIfAbsent(copy.log(), l -> new Accumulator(writer, copy.topic(), l))
                        .add(copy.topic(), copy.record(), List.of(), null);
                added++;
            }
        } catch (RuntimeException | Error e) {
            failure = e;
            for (Copy copy : alongside.subList(added, alongside.size())) {
                reserved += copy.record().size();
            }
        }
    }

    /** One that can't be packed, be it for a library or for memory, is refused by the committer as others are. */
    private void closeBatch(BatchBuilder batch) {
        expectedSize = batch.size() > writer.batchSize() / 2 ? writer.batchSize() : batch.size() + 64;
        expectedWaiters = waiters.size() + 1;
        Bytes bytes = packed(batch);
        List<BatchWrite> with = new ArrayList<>(0);
        copies.values().forEach(copy -> copy.takeAll(with));
        BatchWrite write =
                new BatchWrite(writer, topic, log, bytes, keyed, batch.count(), waiters, deadlineNanos, reserved, with);
        if (failure != null) {
            write.refuse(UnavailableException.notWritten(log.partition().toString(), failure));
        }
        closed.add(write);
        failure = null;
        open = null;
        keyed = false;
        reserved = 0;
        waiters = new ArrayList<>(expectedWaiters);
    }

    private Bytes packed(BatchBuilder batch) {
        try {
            if (failure == null) {
                return batch.close(writer.compression(topic), batch.count() - 1);
            }
        } catch (RuntimeException | Error e) {
            failure = e;
        }
        return NONE;
    }

    /** Gives its full batches. */
    synchronized void takeFull(Collection<? super BatchWrite> to) {
        to.addAll(closed);
        closed.clear();
    }

    /** Gives all it has. */
    synchronized void takeAll(Collection<? super BatchWrite> to) {
        if (open != null) {
            closeBatch(open);
        }
        announced = false;
        takeFull(to);
    }
}
