package io.clusterdb.events.log;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Storage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The one writer of an embedded log. Each round takes what is waiting, up to a limit, has it stored as one commit, and
 * answers: group commit that grows by itself while the storage is busy. What wants to be durable is answered by the
 * {@link Syncer}, which syncs one group while the committer writes the next. One write alone is spared that change of
 * threads, unless others have lately been content with less: these are not to wait for a disk.
 *
 * <pre>
 *   a write:  offered → prepared → committed → (synced)
 *                          │           └ refused by the storage: prepared again later, or failed
 *                          └ refused: failed, the others of the group go on
 * </pre>
 */
final class Committer implements Duty {
    private static final long MAX_GROUP_BYTES = 4 << 20;
    private static final long RETRY_NANOS = Duration.ofMillis(100).toNanos();
    private static final long LATELY_NANOS = Duration.ofSeconds(1).toNanos();

    private final Storage storage;
    private final Syncer syncer;
    private final ConcurrentLinkedQueue<Write> offered = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Source> ready = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Timed> timed = new ConcurrentLinkedQueue<>();
    private final PriorityQueue<Timed> schedule = new PriorityQueue<>(Comparator.comparingLong(Timed::nanos));
    private final Deque<Write> waiting = new ArrayDeque<>();
    private final Deque<Write> makingRoom = new ArrayDeque<>();
    private final List<PartitionLog> touched = new ArrayList<>();
    private final Environment environment;
    private final Environment.Task task;
    private long lastUnsynced;
    private volatile boolean closed;

    /** Something to be stored. The committer calls all methods; the syncer's thread may call synced and unknown. */
    interface Write {
        /**
         * Adds its changes, and drafts of the logs it changes to {@code touched}. Called again if the commit fails.
         *
         * @throws EventsException to be left out; nothing was added by then
         */
        void prepare(Commit commit, List<PartitionLog> touched);

        /** It is in the operating system. */
        void committed();

        /** It was left out, or the commit failed for good. Nothing of it is stored. */
        void failed(EventsException why);

        /** Whether {@link #synced} or {@link #unknown} is to be called. */
        default boolean wantsSync() {
            return false;
        }

        /** It is durable. */
        default void synced() {}

        /** It was committed, and the sync failed. */
        default void unknown(OutcomeUnknownException why) {}

        /** Whether to prepare it again after the storage had no space. */
        default boolean claimRetry(long nowNanos) {
            return false;
        }

        /** Whether it may help when there is no space: it is not to fail for what others want to store. */
        default boolean makesRoom() {
            return false;
        }
    }

    /** Something that collects writes until they are taken: a writer. */
    interface Source {
        void drainTo(Deque<Write> writes);
    }

    /** When to do something, by {@link Environment#nanos}. */
    private record Timed(long nanos, Runnable action) {}

    Committer(Storage storage, Environment environment) {
        this.storage = storage;
        this.environment = environment;
        this.syncer = new Syncer(storage, environment);
        this.lastUnsynced = environment.nanos() - LATELY_NANOS;
        this.task = environment.start("events-committer", this);
    }

    /** Thread-safe; so with the next two. */
    void offer(Write write) {
        offered.add(write);
        task.wake();
        if (closed) {
            refuse();
        }
    }

    /** Has a source drained in the next round. */
    void ready(Source source) {
        ready.add(source);
        task.wake();
        if (closed) {
            refuse();
        }
    }

    /**
     * Has a source drained, or something else done between two groups, at a time of {@link Environment#nanos}; or at once
     * when it is closed: what does it again and again is to ask {@link #isClosed}.
     */
    void at(long nanos, Runnable action) {
        timed.add(new Timed(nanos, action));
        task.wake();
        if (closed) {
            action.run();
            refuse();
        }
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public long run() {
        collect();
        Commit commit = new Commit();
        List<Write> group = new ArrayList<>();
        boolean apart = !makingRoom.isEmpty();
        try {
            prepare(apart ? makingRoom : waiting, commit, group);
            if (apart) {
                commit.makeRoom();
            }
            if (!commit.isEmpty()) {
                storage.commit(commit);
            }
        } catch (EventsException e) {
            return refused(group, apart, e);
        } catch (RuntimeException | Error e) { // unforeseen: the group is answered before anybody hears of it
            refused(group, apart, UnavailableException.notWritten(storage.place(), e));
            throw e;
        }
        touched.forEach(PartitionLog::publish);
        touched.clear();
        if (!commit.isEmpty()) {
            syncer.committed(Math.max(1, commit.bytes()));
        }
        answer(group);
        return rest();
    }

    private void collect() {
        for (Timed next = timed.poll(); next != null; next = timed.poll()) {
            schedule.add(next);
        }
        long now = schedule.isEmpty() ? 0 : environment.nanos();
        while (!schedule.isEmpty() && schedule.element().nanos() - now <= 0) {
            schedule.remove().action().run();
        }
        for (Source source = ready.poll(); source != null; source = ready.poll()) {
            source.drainTo(waiting);
        }
        for (Write write = offered.poll(); write != null; write = offered.poll()) {
            waiting.add(write);
        }
    }

    private boolean isIdle() {
        return makingRoom.isEmpty() && waiting.isEmpty() && ready.isEmpty() && offered.isEmpty();
    }

    private long rest() {
        if (!isIdle()) {
            return AGAIN;
        }
        Timed next = schedule.peek();
        return next == null ? WHEN_WOKEN : Math.max(1, next.nanos() - environment.nanos());
    }

    private void prepare(Deque<Write> from, Commit commit, List<Write> group) {
        while (!from.isEmpty() && commit.bytes() < MAX_GROUP_BYTES) {
            Write write = from.remove();
            group.add(write);
            try {
                write.prepare(commit, touched);
            } catch (EventsException e) {
                group.removeLast();
                write.failed(e);
            }
        }
    }

    private void answer(List<Write> group) {
        List<Write> unsynced = new ArrayList<>();
        for (Write write : group) {
            write.committed();
            if (write.wantsSync()) {
                unsynced.add(write);
            }
        }
        if (unsynced.size() < group.size()) {
            lastUnsynced = environment.nanos();
        }
        if (!unsynced.isEmpty()) {
            boolean alone = group.size() == 1 && isIdle() && environment.nanos() - lastUnsynced >= LATELY_NANOS;
            syncer.offer(unsynced, alone);
        }
    }

    /** @param apart whether the group was one of such writes as make room, which were refused with others before */
    private long refused(List<Write> group, boolean apart, EventsException why) {
        touched.forEach(PartitionLog::forget);
        for (PartitionLog log : touched) {
            try {
                log.reload();
            } catch (RuntimeException | Error e) { // the group is to be answered all the same
                why.addSuppressed(e);
            }
        }
        touched.clear();
        boolean passing = why.code() == ErrorCode.DISK_FULL;
        long now = environment.nanos();
        for (Write write : group.reversed()) {
            if (passing && !apart && write.makesRoom()) {
                makingRoom.addFirst(write);
            } else if (passing && write.claimRetry(now)) {
                waiting.addFirst(write);
            } else {
                write.failed(why);
            }
        }
        return makingRoom.isEmpty() && !waiting.isEmpty() ? RETRY_NANOS : rest();
    }

    /** Writes what was offered before. What can't be written by now is refused, as is what is offered later. */
    void close() {
        task.close();
        try {
            while (run() == AGAIN) {
                // Each round takes a group.
            }
        } finally {
            closed = true;
            try {
                refuse();
            } finally {
                syncer.close();
            }
        }
    }

    private synchronized void refuse() {
        collect();
        RejectedException why = RejectedException.closed("The log in " + storage.place());
        waiting.addAll(makingRoom);
        makingRoom.clear();
        for (Write write = waiting.poll(); write != null; write = waiting.poll()) {
            write.failed(why);
        }
    }
}
