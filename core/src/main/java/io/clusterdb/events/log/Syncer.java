package io.clusterdb.events.log;

import io.clusterdb.events.EventsException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Storage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes committed groups durable, all that are waiting with one sync, and answers them. What nobody waits for is synced
 * within a second too, so that a loss of power costs no more than that even where acks are weaker; and sooner when it is
 * much, so that nobody has to wait for much.
 */
final class Syncer implements Duty {
    private static final long IDLE_SYNC_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long EAGER_SYNC_BYTES = 32 << 20;

    private final Storage storage;
    private final Environment environment;
    private final ConcurrentLinkedQueue<List<Committer.Write>> groups = new ConcurrentLinkedQueue<>();
    private final Environment.Task task;
    private final AtomicInteger unanswered = new AtomicInteger();
    private final AtomicLong dirty = new AtomicLong();
    private volatile long lastSync;

    Syncer(Storage storage, Environment environment) {
        this.storage = storage;
        this.environment = environment;
        this.lastSync = environment.nanos();
        this.task = environment.start("events-syncer", this);
    }

    /**
     * To be called by the committer, groups in their order.
     *
     * @param atOnce whether it is to be synced in the call; it is not while a group before it waits
     */
    void offer(List<Committer.Write> group, boolean atOnce) {
        if (atOnce && unanswered.get() == 0) {
            sync(group);
            return;
        }
        unanswered.incrementAndGet();
        groups.add(group);
        task.wake();
    }

    /** So many bytes were committed, and perhaps nobody waits for them. */
    void committed(long bytes) {
        long before = dirty.getAndAdd(bytes);
        if (before == 0 || (before < EAGER_SYNC_BYTES && before + bytes >= EAGER_SYNC_BYTES)) {
            task.wake();
        }
    }

    @Override
    public long run() {
        List<Committer.Write> waiting = new ArrayList<>();
        int taken = 0;
        for (List<Committer.Write> group = groups.poll(); group != null; group = groups.poll()) {
            waiting.addAll(group);
            taken++;
        }
        if (taken == 0) {
            return idle();
        }
        try {
            sync(waiting);
        } finally {
            unanswered.addAndGet(-taken);
        }
        return AGAIN;
    }

    private long idle() {
        long bytes = dirty.get();
        if (bytes == 0) {
            return WHEN_WOKEN;
        }
        long rest = lastSync + IDLE_SYNC_NANOS - environment.nanos();
        if (rest > 0 && bytes < EAGER_SYNC_BYTES) {
            return rest;
        }
        sync(List.of());
        return AGAIN;
    }

    private void sync(List<Committer.Write> waiting) {
        dirty.set(0);
        try {
            storage.sync();
        } catch (RuntimeException | Error e) {
            OutcomeUnknownException unknown = OutcomeUnknownException.write("what was just published", e);
            waiting.forEach(write -> write.unknown(unknown));
            if (e instanceof EventsException) {
                return;
            }
            throw e;
        }
        lastSync = environment.nanos();
        waiting.forEach(Committer.Write::synced);
    }

    void close() {
        task.close();
        run();
    }
}
