package io.clusterdb.events.broker;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.Event;
import io.clusterdb.events.Topic;
import io.clusterdb.events.broker.RecentIds.Claim;
import io.clusterdb.events.broker.RecentIds.Undecided;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.LogWriter.Appended;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Knows for a while what was published to topics with a deduplication window, so that publishing an event again gives the
 * first answer again. The log is the truth: what is known is read from its last part when a topic is first published to.
 * Time is that of the clock which does not go back. Thread-safe.
 */
final class Deduplication {
    private final Broker broker;
    private final Map<String, Known> topics = new ConcurrentHashMap<>();

    /** A topic's ids. */
    private static final class Known {
        private final ReentrantLock lock = new ReentrantLock();
        private final RecentIds ids = new RecentIds(0);
    }

    Deduplication(Broker broker) {
        this.broker = broker;
    }

    /**
     * Something to publish.
     *
     * @param timed whether its time was given
     * @param durable whether its answer means that it survives a loss of power
     * @param transaction that decides about it; null when it is published by itself
     */
    record Attempt(
            Topic topic,
            NewRecord record,
            boolean timed,
            boolean durable,
            @Nullable IdsOfTransaction transaction) {}

    /** The claims that a transaction holds, which are decided with it. To be used by the transaction's thread. */
    static final class IdsOfTransaction {
        private final List<Runnable> settle = new ArrayList<>(0);
        private final List<Runnable> release = new ArrayList<>(0);

        /** Does nothing when it was called before. */
        void decide(boolean committed) {
            (committed ? settle : release).forEach(Runnable::run);
            settle.clear();
            release.clear();
        }
    }

    /**
     * Appends what is new, and answers for what is there.
     *
     * @return fails as the append does
     * @throws ConflictException when there is another event with the id, or a transaction has yet to decide about it
     */
    CompletableFuture<Appended> once(Attempt attempt, Supplier<CompletableFuture<Appended>> append) {
        Topic topic = attempt.topic();
        Known known = topics.computeIfAbsent(topic.name(), t -> new Known());
        CompletableFuture<Appended> answer = new CompletableFuture<>();
        Claim mine = RecentIds.claim(attempt.record(), broker.environment().nanos());
        known.lock.lock();
        try {
            readOnce(known, topic);
            Claim there = known.ids.putIfAbsent(mine);
            if (there != null && !isComparable(there, topic.name())) {
                known.ids.remove(there);
                there = known.ids.putIfAbsent(mine);
            }
            if (there != null) {
                return answer(attempt, mine, there, there.undecided());
            }
            mine.undecided(new Undecided(answer, attempt.transaction()));
        } finally {
            known.lock.unlock();
        }
        return write(known, mine, attempt, append, answer);
    }

    private CompletableFuture<Appended> write(
            Known known,
            Claim mine,
            Attempt attempt,
            Supplier<CompletableFuture<Appended>> append,
            CompletableFuture<Appended> answer) {
        CompletableFuture<Appended> appended;
        try {
            appended = append.get();
        } catch (RuntimeException | Error e) {
            release(known, mine);
            answer.completeExceptionally(e);
            throw e;
        }
        IdsOfTransaction transaction = attempt.transaction();
        if (transaction != null) {
            transaction.settle.add(() -> settle(known, mine, appended.join(), true));
            transaction.release.add(() -> release(known, mine));
        }
        appended.whenComplete((where, failure) -> {
            if (failure == null) {
                if (transaction == null) {
                    settle(known, mine, where, attempt.durable());
                }
                answer.complete(where);
            } else {
                release(known, mine);
                answer.completeExceptionally(failure);
            }
        });
        return answer;
    }

    private static void settle(Known known, Claim claim, Appended where, boolean durable) {
        known.lock.lock();
        try {
            claim.settle(where, durable);
        } finally {
            known.lock.unlock();
        }
    }

    private static void release(Known known, Claim claim) {
        known.lock.lock();
        try {
            known.ids.remove(claim);
        } finally {
            known.lock.unlock();
        }
    }

    private CompletableFuture<Appended> answer(Attempt attempt, Claim mine, Claim there, @Nullable Undecided pending) {
        String topic = attempt.topic().name();
        if (!there.hasContentOf(mine, attempt.timed())) {
            throw conflict(attempt, pending == null ? there.place(topic) : null);
        }
        if (pending == null) {
            Appended place = there.place(topic);
            return attempt.durable() && !there.isDurable() ? durably(place) : CompletableFuture.completedFuture(place);
        }
        if (pending.transaction() == null) {
            return attempt.durable() ? pending.answer().thenCompose(this::durably) : pending.answer();
        }
        if (pending.transaction() == attempt.transaction()) {
            return pending.answer();
        }
        throw ConflictException.undecidedId(id(attempt.record()), topic);
    }

    /** What was published first may have asked for less: an empty trim is answered when all before it is synced. */
    private CompletableFuture<Appended> durably(Appended place) {
        return broker.engine().trim(place.partition(), 0).thenApply(done -> place);
    }

    private static String id(NewRecord record) {
        return Objects.requireNonNull(record.headers().last("ce_id")).utf8();
    }

    // --- what is different

    private ConflictException conflict(Attempt attempt, @Nullable Appended place) {
        String topic = attempt.topic().name();
        LogRecord first = place == null ? null : find(place);
        String where =
                place == null ? "it is being published now" : "it is " + place.partition() + "@" + place.offset();
        List<String> differences = first == null
                ? List.of("expected its content, found another (its record can't be compared)")
                : differences(event(attempt.record()), broker.event(first), attempt.timed());
        return ConflictException.duplicateId(id(attempt.record()), topic, where, differences);
    }

    /** Whether it can be told what was published; false when retention has deleted it since it was found at the start. */
    private boolean isComparable(Claim claim, String topic) {
        if (!claim.isComparable() && claim.undecided() == null) {
            LogRecord record = find(claim.place(topic));
            if (record != null) {
                claim.compare(record.key(), record.value(), record.headers());
            }
            return record != null;
        }
        return true;
    }

    private @Nullable LogRecord find(Appended place) {
        AtomicReference<LogRecord> found = new AtomicReference<>();
        broker.scan().read(place.partition(), place.offset(), record -> {
            if (record.offset() == place.offset()) {
                found.set(record);
            }
            return false;
        });
        return found.get();
    }

    private Event event(NewRecord record) {
        return broker.event(new LogRecord(
                new TopicPartition(record.topic(), -1), -1, 0, record.key(), record.value(), record.headers()));
    }

    private static List<String> differences(Event again, Event first, boolean timed) {
        List<String> all = new ArrayList<>();
        differ(all, "type", first.type(), again.type());
        differ(all, "source", first.source(), again.source());
        differ(all, "subject", first.subject(), again.subject());
        differ(all, "key", first.key(), again.key());
        differ(all, "content type", first.contentType(), again.contentType());
        differ(all, "metadata", first.metadata(), again.metadata());
        if (timed) {
            differ(all, "time", first.time(), again.time());
        }
        byte[] data = first.bytes();
        byte[] other = again.bytes();
        if (!Arrays.equals(data, other)) {
            all.add("data: expected " + shown(data) + ", found " + shown(other));
        }
        return all;
    }

    private static String shown(byte[] data) {
        int shown = Math.min(data.length, 100);
        return data.length + " bytes " + new String(data, 0, shown, StandardCharsets.UTF_8)
                + (shown < data.length ? "…" : "");
    }

    private static void differ(List<String> all, String what, @Nullable Object expected, @Nullable Object found) {
        if (!Objects.equals(expected, found)) {
            all.add(what + ": expected " + expected + ", found " + found);
        }
    }

    // --- what is in the log

    /** Reads the part of the log that is within the window: at first, and when the window has been changed. */
    private void readOnce(Known known, Topic topic) {
        long window = Objects.requireNonNull(topic.config().deduplication()).toNanos();
        if (known.ids.windowNanos() == window) {
            return;
        }
        long before = known.ids.windowNanos();
        known.ids.window(window);
        if (window > before) {
            try {
                read(known, topic, window);
            } catch (RuntimeException | Error e) {
                known.ids.window(before); // the next one reads it
                throw e;
            }
        }
    }

    private void read(Known known, Topic topic, long window) {
        long nanos = broker.environment().nanos();
        long millis = broker.environment().millis();
        for (int p = 0; p < topic.partitions(); p++) {
            TopicPartition partition = new TopicPartition(topic.name(), p);
            long from = broker.engine().offsetAt(partition, Instant.ofEpochMilli(millis - window / 1_000_000));
            broker.scan().read(partition, from, record -> {
                add(known.ids, record, nanos - Math.clamp((millis - record.timestamp()) * 1_000_000, 0, window));
                return true;
            });
        }
    }

    private static void add(RecentIds ids, LogRecord record, long nanos) {
        Claim claim = RecentIds.claim(record.headers(), nanos);
        if (claim != null && ids.putIfAbsent(claim) == null) {
            claim.settle(new Appended(record.partition(), record.offset()), false);
        }
    }

    /** Forgets a topic that is deleted. */
    void forget(String topic) {
        topics.remove(topic);
    }
}
