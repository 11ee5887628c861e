package io.clusterdb.events.broker;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.broker.ScheduleIndex.Entry;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.LogMember;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers what is scheduled when it is due: the event and the end of its schedule are one step, written under the epoch
 * of a group whose one member at a time, in one of the processes, has the topic of schedules.
 *
 * <p>Before each step it has read all that was in the log when it was given the topic, or when its last step was
 * answered, well or badly. So what is decided goes by the log alone: a step whose outcome nobody knew is seen there or
 * was never taken, and nothing is delivered twice.
 */
final class ScheduleDelivery implements Duty, LogMember.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(ScheduleDelivery.class);
    private static final ConsumerGroup GROUP =
            ConsumerGroup.of(InternalTopics.SCHEDULES.name(), InternalTopics.SCHEDULES.name());
    private static final int RECORDS = 1_000;

    /** Most events, and bytes of them, that are delivered in a step. */
    private static final int STEP_EVENTS = 8_000;

    private static final long STEP_BYTES = 4 << 20;

    /** Events of a step after which the next may have more: they may be large, and what does not fit is read in vain. */
    private static final int FIRST_EVENTS = 64;

    /** After which the calendar is looked at again, as it may have leapt. */
    private static final long LOOK_NANOS = Duration.ofMillis(250).toNanos();

    /** After which somebody else's first schedule is seen. */
    private static final long IDLE_NANOS = Duration.ofSeconds(5).toNanos();

    private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long UNKNOWN = -1;

    private final Broker broker;
    private final ScheduleRegistry schedules;
    private final Environment environment;
    private final Environment.Task task;
    private @Nullable LogMember member;
    private boolean owner;
    private boolean revoked;
    private long goal = UNKNOWN;
    private int stepEvents = FIRST_EVENTS;
    private Step step = new Step();
    private @Nullable CompletableFuture<Void> writing;
    private final Map<Entry, String> refused = new HashMap<>();
    private long retryAtNanos;

    /** What is written together. */
    private static final class Step {
        private final List<NewRecord> records = new ArrayList<>();
        private final Set<Entry> answered = new HashSet<>();
        private final List<Entry> delivered = new ArrayList<>();
    }

    ScheduleDelivery(Broker broker, ScheduleRegistry schedules) {
        this.broker = broker;
        this.schedules = schedules;
        this.environment = broker.environment();
        this.retryAtNanos = environment.nanos();
        this.task = environment.start("events-schedules", this);
    }

    /** Answers as publish does for an event that is held, and sees to it when that is written. */
    CompletableFuture<LogWriter.Appended> expect(String topic, CompletableFuture<LogWriter.Appended> held) {
        return held.thenApply(done -> {
            task.wake();
            return held(topic);
        });
    }

    static LogWriter.Appended held(String topic) {
        return new LogWriter.Appended(new TopicPartition(topic, -1), -1);
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
            LOG.warn("Scheduled events can't be delivered; it is tried again", e);
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

    /** Takes part only where something has ever been scheduled. */
    private boolean attend() {
        if (broker.engine().bounds(ScheduleRegistry.HOME).end() == 0) {
            return false;
        }
        member = broker.engine().join(GROUP, Set.of(InternalTopics.SCHEDULES.name()), this);
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
            throw new IllegalStateException("no member of " + GROUP.name());
        }
        return member;
    }

    private boolean read() {
        List<Fetched> fetched = member().poll(RECORDS);
        fetched.forEach(schedules::take);
        return !fetched.isEmpty();
    }

    private boolean isCaughtUp() {
        if (goal == UNKNOWN) {
            goal = broker.engine().bounds(ScheduleRegistry.HOME).end();
        }
        return schedules.position() >= goal;
    }

    private long rest() {
        Entry first = schedules.first();
        if (first == null || !owner || writing != null) {
            return GROUP.config().heartbeatInterval().toNanos();
        }
        if (schedules.position() < goal) {
            return LOOK_NANOS; // what is missing signals when it comes
        }
        long millis = first.dueMillis() - environment.millis();
        return millis > LOOK_NANOS / 1_000_000
                ? LOOK_NANOS
                : Math.max(1, Duration.ofMillis(millis).toNanos());
    }

    // --- delivering

    private void write() {
        step = new Step();
        answerWishes();
        moveDisplaced();
        deliverDue();
        if (step.records.isEmpty()) {
            return;
        }
        goal = UNKNOWN;
        CompletableFuture<Void> written =
                member().commit(Map.of(ScheduleRegistry.HOME, schedules.position()), step.records);
        writing = written;
        written.whenComplete((done, failure) -> signal());
    }

    /** Nothing of what is cancelled is delivered in the same step. */
    private void answerWishes() {
        schedules.wishes().forEach((wish, id) -> {
            Entry entry = schedules.find(id);
            if (entry != null && step.answered.add(entry)) {
                step.records.add(ScheduleRecord.end(id, entry.dueMillis()));
                step.records.add(ScheduleRecord.cancelled(wish, true));
            } else {
                step.records.add(ScheduleRecord.cancelled(wish, false));
            }
        });
    }

    private void moveDisplaced() {
        for (String id : schedules.displaced()) {
            Entry entry = schedules.find(id);
            if (entry != null && step.answered.add(entry)) {
                schedules.records(List.of(entry), Long.MAX_VALUE).forEach(record -> step.records.add(record.again()));
            }
        }
    }

    private void deliverDue() {
        Set<Entry> due = new LinkedHashSet<>(schedules.after(null, environment.millis(), stepEvents));
        due.removeAll(step.answered);
        if (due.isEmpty()) {
            return;
        }
        for (ScheduleRecord record : schedules.records(due, STEP_BYTES)) {
            Entry entry = record.entry();
            step.delivered.add(entry);
            step.records.addAll(delivered(record, refused.get(entry)));
            step.records.add(ScheduleRecord.end(record.id(), entry.dueMillis()));
        }
    }

    /** The event with its copies, or when its topic or a route won't take it, what is kept of it instead. */
    private List<NewRecord> delivered(ScheduleRecord record, @Nullable String refusedBefore) {
        NewRecord event = record.published();
        Topic topic = broker.engine().topic(event.topic()).orElse(null);
        if (topic == null || refusedBefore != null) {
            return undelivered(record, topic == null ? "there is no topic " + event.topic() : refusedBefore);
        }
        try {
            Publishing.requireFit("the event", topic, event);
            List<NewRecord> delivered = new ArrayList<>(List.of(event));
            delivered.addAll(broker.routing().copies(topic, event));
            return delivered;
        } catch (EventsException e) {
            return undelivered(record, e.problem().what() + ": " + e.problem().why());
        }
    }

    private static List<NewRecord> undelivered(ScheduleRecord record, @Nullable String why) {
        LOG.warn(
                "Scheduled event {} could not be delivered to topic {}: {}; it is kept in {}",
                record.id(),
                record.topic(),
                why,
                InternalTopics.UNDELIVERED.name());
        return List.of(record.undelivered(String.valueOf(why)));
    }

    private void finishWriting() {
        if (writing == null || !writing.isDone()) {
            return;
        }
        Throwable why = writing.isCompletedExceptionally() ? writing.exceptionNow() : null;
        writing = null;
        if (why == null) {
            step.delivered.forEach(refused::remove);
            stepEvents = Math.clamp(2L * step.delivered.size(), FIRST_EVENTS, STEP_EVENTS);
            return;
        }
        retryAtNanos = environment.nanos() + RETRY_NANOS;
        LOG.warn("Scheduled events could not be delivered; it is tried again", why);
        if (why instanceof RejectedException || why instanceof NotFoundException) {
            findRefused(why);
        }
    }

    /** One event must not hold up the others: half of them are tried, and half of these, until the one is found. */
    private void findRefused(Throwable why) {
        if (step.delivered.size() == 1) {
            refused.put(step.delivered.getFirst(), String.valueOf(why.getMessage()));
        } else if (!step.delivered.isEmpty()) {
            retryAtNanos = environment.nanos();
        }
        stepEvents = Math.max(1, step.delivered.size() / 2);
    }

    // --- who delivers

    @Override
    public void assigned(Collection<TopicPartition> partitions) {
        owner = true;
        revoked = false;
        goal = UNKNOWN;
        long start = broker.engine().bounds(ScheduleRegistry.HOME).start();
        member().seek(ScheduleRegistry.HOME, Math.max(start, schedules.position()));
    }

    @Override
    public void revoked(Collection<TopicPartition> partitions) {
        revoked = true;
    }

    private void giveBack() {
        lost(List.of());
        member().release(List.of(ScheduleRegistry.HOME));
    }

    @Override
    public void lost(Collection<TopicPartition> partitions) {
        owner = false;
        revoked = false;
    }
}
