package io.clusterdb.events.kafka;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.LogWriter.Appended;
import io.clusterdb.events.spi.NewRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/**
 * A writer's records that have copies in other topics: each with its copies in one transaction, and what comes while one
 * transaction is being committed together in the next. A topic that has had such a record is written here from then on,
 * so that its records keep their order. Thread-safe.
 */
final class JointWrites implements AutoCloseable {
    private static final int MOST = 1_000;

    private final Environment environment;
    private final Supplier<? extends LogTransaction> transactions;
    private final Duration patience;
    private final Runnable flushOthers;
    private final SerialCalls calls;
    private final Set<String> topics = ConcurrentHashMap.newKeySet();
    private final Queue<Joint> waiting = new ConcurrentLinkedQueue<>();

    /** A record with its copies, on its way. */
    private record Joint(
            NewRecord record, List<NewRecord> copies, long sinceNanos, CompletableFuture<Appended> answer) {
        void fail(Throwable why) {
            answer.completeExceptionally(why);
        }
    }

    /**
     * Begins with nothing to write.
     *
     * @param transactions begins one
     * @param patience how long a record may wait for its transaction
     * @param flushOthers waits until what the writer sent otherwise is answered
     */
    JointWrites(
            Environment environment,
            Supplier<? extends LogTransaction> transactions,
            Duration patience,
            Runnable flushOthers) {
        this.environment = environment;
        this.transactions = transactions;
        this.patience = patience;
        this.flushOthers = flushOthers;
        this.calls = new SerialCalls(environment, "events-kafka-routes");
    }

    /** Whether a topic's records have to go this way. */
    boolean isFor(String topic) {
        return topics.contains(topic);
    }

    CompletableFuture<Appended> append(NewRecord record, List<NewRecord> copies) {
        Joint joint = new Joint(record, copies, environment.nanos(), new CompletableFuture<>());
        if (topics.add(record.topic())) {
            calls.call(flushOthers);
        }
        waiting.add(joint);
        calls.call(this::write);
        return joint.answer();
    }

    private void write() {
        List<Joint> group = new ArrayList<>();
        for (Joint next = waiting.poll(); next != null; next = group.size() < MOST ? waiting.poll() : null) {
            group.add(next);
        }
        if (!group.isEmpty()) {
            write(group);
        }
    }

    /**
     * One that can't be written is not to fail the others: then each goes alone. Where the cluster does not answer none
     * of them can be, and each would wait for it once more.
     */
    private void write(List<Joint> waited) {
        List<Joint> group = waited.stream().filter(this::isInTime).toList();
        if (group.isEmpty()) {
            return;
        }
        List<Appended> places;
        try {
            places = inTransaction(group);
        } catch (RejectedException | NotFoundException | ConflictException e) {
            if (group.size() == 1) {
                group.get(0).fail(e);
            } else {
                group.forEach(joint -> write(List.of(joint)));
            }
            return;
        } catch (RuntimeException e) {
            group.forEach(joint -> joint.fail(e));
            return;
        }
        for (int i = 0; i < places.size(); i++) {
            group.get(i).answer().complete(places.get(i));
        }
    }

    /** Fails it when not. */
    private boolean isInTime(Joint joint) {
        boolean inTime = environment.nanos() - joint.sinceNanos() < patience.toNanos();
        if (!inTime) {
            joint.fail(UnavailableException.publishTimeout(
                    joint.record().topic(), patience, "it waited for the transaction that it has with its copies"));
        }
        return inTime;
    }

    private List<Appended> inTransaction(List<Joint> group) {
        LogTransaction transaction = transactions.get();
        List<CompletableFuture<Appended>> appends = new ArrayList<>();
        try {
            group.forEach(joint -> appends.add(transaction.append(joint.record(), joint.copies())));
            joined(transaction.commit());
        } catch (EventsException e) {
            transaction.abort();
            throw e;
        }
        return appends.stream().map(JointWrites::joined).toList();
    }

    private static <T> T joined(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof EventsException known
                    ? known
                    : OutcomeUnknownException.write("The event with its copies", e);
        }
    }

    /** Waits until what waits is written. */
    void flush() {
        calls.call(this::write).join();
    }

    /** Writes what waits. */
    @Override
    public void close() {
        calls.close();
    }
}
