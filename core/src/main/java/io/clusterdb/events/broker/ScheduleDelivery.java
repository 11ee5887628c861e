package io.clusterdb.events.broker;

import io.clusterdb.events.EventsException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.broker.ScheduleIndex.Entry;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
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
 * Delivers what is scheduled when it is due: the event and the end of its schedule are one step of the {@link Leader} over
 * the topic of schedules, so nothing is delivered twice.
 */
final class ScheduleDelivery implements Leader.Work {
    private static final Logger LOG = LoggerFactory.getLogger(ScheduleDelivery.class);
    /** Most events, and bytes of them, that are delivered in a step. */
    private static final int STEP_EVENTS = 8_000;

    private static final long STEP_BYTES = 4 << 20;

    /** Events of a step after which the next may have more: they may be large, and what does not fit is read in vain. */
    private static final int FIRST_EVENTS = 64;

    /** After which the calendar is looked at again, as it may have leapt. */
    private static final long LOOK_NANOS = Duration.ofMillis(250).toNanos();

    private final Broker broker;
    private final ScheduleRegistry schedules;
    private final Environment environment;
    private final Leader leader;
    private int stepEvents = FIRST_EVENTS;
    private Step step = new Step();
    private final Map<Entry, String> refused = new HashMap<>();

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
        this.leader =
                new Leader(broker, InternalTopics.SCHEDULES.name(), ScheduleRegistry.HOME, "events-schedules", this);
    }

    /** Answers as publish does for an event that is held, and sees to it when that is written. */
    CompletableFuture<LogWriter.Appended> expect(String topic, CompletableFuture<LogWriter.Appended> held) {
        return held.thenApply(done -> {
            leader.signal();
            return held(topic);
        });
    }

    static LogWriter.Appended held(String topic) {
        return new LogWriter.Appended(new TopicPartition(topic, -1), -1);
    }

    /** Has it look at once. */
    void signal() {
        leader.signal();
    }

    void close() {
        leader.close();
    }

    // --- what follows from the log

    /** Takes part only where something has ever been scheduled. */
    @Override
    public boolean isWanted() {
        return broker.engine().bounds(ScheduleRegistry.HOME).end() > 0;
    }

    @Override
    public void take(Fetched fetched) {
        schedules.take(fetched);
    }

    @Override
    public long position() {
        return schedules.position();
    }

    @Override
    public long rest() {
        Entry first = schedules.first();
        if (first == null) {
            return Duty.WHEN_WOKEN;
        }
        long millis = first.dueMillis() - environment.millis();
        return millis > LOOK_NANOS / 1_000_000
                ? LOOK_NANOS
                : Math.max(1, Duration.ofMillis(millis).toNanos());
    }

    // --- delivering

    @Override
    public List<NewRecord> next() {
        step = new Step();
        answerWishes();
        moveDisplaced();
        deliverDue();
        return step.records;
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

    @Override
    public void written() {
        step.delivered.forEach(refused::remove);
        stepEvents = Math.clamp(2L * step.delivered.size(), FIRST_EVENTS, STEP_EVENTS);
    }

    @Override
    public long failed(Throwable why) {
        LOG.warn("Scheduled events could not be delivered; it is tried again", why);
        return why instanceof RejectedException || why instanceof NotFoundException
                ? findRefused(why)
                : Leader.RETRY_NANOS;
    }

    /** One event must not hold up the others: half of them are tried, and half of these, until the one is found. */
    private long findRefused(Throwable why) {
        int tried = step.delivered.size();
        if (tried == 1) {
            refused.put(step.delivered.getFirst(), String.valueOf(why.getMessage()));
        }
        stepEvents = Math.max(1, tried / 2);
        return tried > 1 ? 0 : Leader.RETRY_NANOS;
    }
}
