package io.clusterdb.events.broker;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.LogMember;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does work that one of all processes does at a time: the one member of a group that has the one partition of a topic,
 * under whose epoch each step is written.
 *
 * <p>Before each step it has read all that was in the log when it was given the topic, or when its last step was
 * answered, well or badly. So what is decided goes by the log alone: a step whose outcome nobody knew is seen there or
 * was never taken, and nothing is done twice.
 */
final class Leader implements Duty, LogMember.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Leader.class);
    private static final int RECORDS = 1_000;

    /** After which what is missing of the log is looked for again; it signals when it comes. */
    private static final long LOOK_NANOS = Duration.ofMillis(250).toNanos();

    /** After which it is seen that there is something to take part for. */
    private static final long IDLE_NANOS = Duration.ofSeconds(5).toNanos();

    static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long UNKNOWN = -1;

    private final Broker broker;
    private final ConsumerGroup group;
    private final TopicPartition home;
    private final Work work;
    private final Environment environment;
    private final Environment.Task task;
    private @Nullable LogMember member;
    private boolean owner;
    private boolean revoked;
    private long goal = UNKNOWN;
    private @Nullable CompletableFuture<Void> writing;
    private long retryAtNanos;

    /** What is done in steps, each of which follows from the log. Called by one thread. */
    interface Work {
        /** Whether to take part at all. */
        boolean isWanted();

        /** Takes in what follows {@link #position}; what was before is known. */
        void take(Fetched fetched);

        /** The offset up to which the log is taken in. */
        long position();

        /** What the next step writes, by the log up to now; none when there is nothing to do. */
        List<NewRecord> next();

        /** The last step is written. */
        void written();

        /**
         * The last step could not be written, or nobody knows.
         *
         * @return nanoseconds after which to go on
         */
        long failed(Throwable why);

        /** Nanoseconds after which to ask for the next step, unless woken before. */
        long rest();
    }

    /**
     * Takes part from now on.
     *
     * @param home the topic's one partition
     * @param work may be called before this returns
     */
    Leader(Broker broker, String group, TopicPartition home, String name, Work work) {
        this.broker = broker;
        this.group = ConsumerGroup.of(group, home.topic());
        this.home = home;
        this.work = work;
        this.environment = broker.environment();
        this.retryAtNanos = environment.nanos();
        this.task = environment.start(name, this);
    }

    @Override
    public void signal() {
        Environment.Task running = task;
        if (running != null) {
            running.wake();
        }
    }

    void close() {
        task.close();
        if (member != null) {
            member.close();
            member = null;
        }
    }

    // --- the round

    @Override
    public long run() {
        long nanos = environment.nanos();
        if (nanos - retryAtNanos < 0) {
            return retryAtNanos - nanos;
        }
        try {
            return work();
        } catch (EventsException e) {
            LOG.warn("{} can't go on; it is tried again", group.name(), e);
            leave();
            retryAtNanos = nanos + RETRY_NANOS;
            return RETRY_NANOS;
        }
    }

    private long work() {
        if (member == null && !attend()) {
            return IDLE_NANOS;
        }
        finishWriting();
        boolean more = read();
        if (writing == null && revoked) {
            giveBack();
        }
        if (writing == null && owner && isCaughtUp()) {
            write();
        }
        return more ? AGAIN : rest();
    }

    private boolean attend() {
        if (!work.isWanted()) {
            return false;
        }
        member = broker.engine().join(group, Set.of(home.topic()), this);
        return true;
    }

    private void leave() {
        LogMember leaving = member;
        lost(List.of());
        member = null;
        if (leaving != null) {
            leaving.close();
        }
    }

    private LogMember member() {
        if (member == null) {
            throw new IllegalStateException("no member of " + group.name());
        }
        return member;
    }

    private boolean read() {
        List<Fetched> fetched = member().poll(RECORDS);
        fetched.forEach(work::take);
        return !fetched.isEmpty();
    }

    private boolean isCaughtUp() {
        if (goal == UNKNOWN) {
            goal = broker.engine().bounds(home).end();
        }
        return work.position() >= goal;
    }

    private long rest() {
        long heartbeat = group.config().heartbeatInterval().toNanos();
        if (!owner || writing != null) {
            return heartbeat;
        }
        return Math.min(heartbeat, work.position() < goal ? LOOK_NANOS : work.rest());
    }

    private void write() {
        List<NewRecord> records = work.next();
        if (records.isEmpty()) {
            return;
        }
        goal = UNKNOWN;
        CompletableFuture<Void> written = member().commit(Map.of(home, work.position()), records);
        writing = written;
        written.whenComplete((done, failure) -> signal());
    }

    private void finishWriting() {
        if (writing == null || !writing.isDone()) {
            return;
        }
        Throwable why = writing.isCompletedExceptionally() ? writing.exceptionNow() : null;
        writing = null;
        if (why == null) {
            work.written();
        } else {
            retryAtNanos = environment.nanos() + work.failed(why);
        }
    }

    // --- who leads

    @Override
    public void assigned(Collection<TopicPartition> partitions) {
        owner = true;
        revoked = false;
        goal = UNKNOWN;
        long start = broker.engine().bounds(home).start();
        member().seek(home, Math.max(start, work.position()));
    }

    @Override
    public void revoked(Collection<TopicPartition> partitions) {
        revoked = true;
    }

    private void giveBack() {
        lost(List.of());
        member().release(List.of(home));
    }

    @Override
    public void lost(Collection<TopicPartition> partitions) {
        owner = false;
        revoked = false;
    }
}
