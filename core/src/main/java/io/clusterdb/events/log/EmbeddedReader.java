package io.clusterdb.events.log;

import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.LogReader;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.MalformedBytesException;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.TopicPartition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads partitions of an embedded log. */
final class EmbeddedReader implements LogReader {
    private final Catalog catalog;
    private final Storage storage;
    private final IsolationLevel isolation;
    private final Runnable signal;
    private final Map<TopicPartition, Position> positions = new LinkedHashMap<>();
    private List<Position> order = new ArrayList<>();
    private int turn;
    private @Nullable Failure failure;

    /** Why a partition was dropped. */
    private record Failure(TopicPartition partition, RuntimeException why) {}

    /** Where it stands in one partition. */
    private static final class Position {
        private final LogCursor cursor;
        private List<LogRecord> rest = List.of();
        private long next;
        private boolean paused;

        Position(LogCursor cursor) {
            this.cursor = cursor;
            this.next = cursor.next();
        }
    }

    EmbeddedReader(Catalog catalog, Storage storage, IsolationLevel isolation, Runnable signal) {
        this.catalog = catalog;
        this.storage = storage;
        this.isolation = isolation;
        this.signal = signal;
    }

    @Override
    public void seek(TopicPartition partition, long offset) {
        boolean paused = positions.containsKey(partition) && positions.get(partition).paused;
        drop(partition);
        PartitionLog log = catalog.log(partition);
        Position position = new Position(new LogCursor(log, storage, offset));
        position.paused = paused;
        positions.put(partition, position);
        order = new ArrayList<>(positions.values());
        log.watch(signal);
        signal.run();
    }

    @Override
    public void drop(TopicPartition partition) {
        if (failure != null && failure.partition().equals(partition)) {
            failure = null;
        }
        Position position = positions.remove(partition);
        if (position != null) {
            position.cursor.log().unwatch(signal);
            position.cursor.close();
            order = new ArrayList<>(positions.values());
        }
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
        Position position = positions.get(partition);
        if (position != null) {
            position.paused = paused;
        }
    }

    @Override
    public List<Fetched> poll(int maxRecords) {
        throwFailure();
        List<Fetched> all = new ArrayList<>();
        List<Position> now = order;
        int left = maxRecords;
        for (int i = 0; i < now.size() && left > 0 && failure == null; i++) {
            Position position = now.get((turn + i) % now.size());
            if (!position.paused) {
                left -= fetch(position, left, all);
            }
        }
        turn = now.isEmpty() ? 0 : (turn + 1) % now.size();
        if (all.isEmpty()) {
            throwFailure();
        } else if (failure != null) {
            signal.run();
        }
        return all;
    }

    /** A partition that can't be read is told when the records of the others have been given: they are not to be lost. */
    private void throwFailure() {
        Failure thrown = failure;
        failure = null;
        if (thrown != null) {
            throw thrown.why();
        }
    }

    private int fetch(Position position, int max, List<Fetched> to) {
        TopicPartition partition = position.cursor.log().partition();
        long from = position.next;
        List<LogRecord> records = new ArrayList<>();
        try {
            while (records.size() < max && fill(position)) {
                take(position, max, records);
            }
        } catch (RuntimeException e) {
            drop(partition);
            failure = new Failure(partition, e);
            return 0;
        }
        if (position.next > from) {
            to.add(new Fetched(partition, records, position.next));
        }
        return records.size();
    }

    /** Has the next records ready. False when there are none now; the position is then as far as can be seen. */
    private boolean fill(Position position) {
        LogCursor cursor = position.cursor;
        PartitionLog log = cursor.log();
        while (position.rest.isEmpty()) {
            if (cursor.next() < log.cut()) { // the signal comes when it is cut, or not to be
                position.next = cursor.next();
                return false;
            }
            PartitionLog.State state = log.state();
            long limit = isolation == IsolationLevel.READ_COMMITTED ? state.stableEnd() : state.end();
            Batch batch = cursor.advance(limit);
            if (batch == null) {
                position.next = cursor.next();
                return false;
            }
            if (isVisible(log, batch)) {
                position.rest = records(log, batch, position.next);
            }
            if (position.rest.isEmpty()) {
                position.next = cursor.next();
            }
        }
        return true;
    }

    private boolean isVisible(PartitionLog log, Batch batch) {
        if (batch.isControl()) {
            return false;
        }
        return !(batch.isTransactional() && isolation == IsolationLevel.READ_COMMITTED && log.isAborted(batch));
    }

    private static List<LogRecord> records(PartitionLog log, Batch batch, long from) {
        try {
            return batch.records(log.partition(), from);
        } catch (MalformedBytesException e) {
            throw log.damaged(batch.baseOffset(), e);
        }
    }

    private static void take(Position position, int max, List<LogRecord> to) {
        int count = Math.min(position.rest.size(), max - to.size());
        to.addAll(position.rest.subList(0, count));
        position.rest = position.rest.subList(count, position.rest.size());
        position.next = position.rest.isEmpty()
                ? position.cursor.next()
                : position.rest.get(0).offset();
    }

    @Override
    public void close() {
        List.copyOf(positions.keySet()).forEach(this::drop);
    }
}
