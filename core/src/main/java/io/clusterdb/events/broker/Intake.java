package io.clusterdb.events.broker;

import io.clusterdb.events.AutoOffsetReset;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.filter.Expression;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.LogMember;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.MalformedBytesException;
import io.clusterdb.events.spi.TopicPartition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How events come to a member: where to begin in a partition, what the filter leaves in, and when to hold back. */
final class Intake {
    private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

    /** Unanswered events of a partition, parked ones included, above which it is not read on. */
    private static final int MAX_UNANSWERED = 10_000;

    private static final long MAX_BYTES = 64 << 20;

    private final Broker broker;
    private final ConsumerGroup group;
    private final Subscription subscription;
    private final Set<String> topics;
    private final @Nullable Expression filter;
    private boolean more;
    private long undefined;
    private long nextNote = 1;

    Intake(Broker broker, ConsumerGroup group, Subscription subscription) {
        this.broker = broker;
        this.group = group;
        this.subscription = subscription;
        this.topics = new TreeSet<>(subscription.topics().isEmpty() ? group.topics() : subscription.topics());
        this.filter = broker.conditions().of(subscription.filter(), topics);
        this.topics.add(InternalTopics.replay(group.name()).name());
    }

    /** The topics to read: the subscription's, and the group's replayed dead letters. */
    Set<String> topics() {
        return topics;
    }

    // --- where to begin

    /** Takes up partitions where they were left, or else where the group's reset policy says. */
    List<Assigned> assign(Collection<TopicPartition> partitions, Now now) {
        Map<TopicPartition, DeliveryLog.Written> known = broker.writtenFor(group, partitions);
        List<Assigned> all = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            DeliveryLog.Written written = known.get(partition);
            long mark = written == null ? firstContact(partition) : written.mark();
            Delivery delivery =
                    new Delivery(subscription.processor(), broker.environment().random(), mark, written == null);
            if (written != null) {
                written.entries().values().forEach(entry -> delivery.restore(entry, now));
                written.parkedKeys().forEach(delivery::restoreParked);
            }
            all.add(new Assigned(partition, delivery));
        }
        return all;
    }

    private long firstContact(TopicPartition partition) {
        return broker.positions()
                .firstContact(group, partition)
                .orElseThrow(() -> RejectedException.noPosition(group.name(), partition.toString()));
    }

    // --- what is read

    /** Whether the last read may have left something. */
    boolean hasMore() {
        return more;
    }

    /** Reads what is there, as far as there is room for it. */
    void read(LogMember member, Collection<Assigned> assigned, boolean hold) {
        for (Assigned part : assigned) {
            boolean full = hold || part.isRevoked() || isFull(part.delivery());
            if (full != part.isPaused()) {
                part.pause(full);
                if (full) {
                    member.pause(part.partition());
                } else {
                    member.resume(part.partition());
                }
            }
        }
        List<Fetched> fetched = member.poll(group.config().maxPollRecords());
        more = !fetched.isEmpty();
        for (Fetched part : fetched) {
            for (Assigned holder : assigned) {
                if (holder.partition().equals(part.partition())) {
                    take(member, holder, part);
                }
            }
        }
    }

    private boolean isFull(Delivery delivery) {
        return delivery.count() >= MAX_UNANSWERED
                || delivery.bytes() >= MAX_BYTES
                || delivery.readyCount()
                        >= Math.max(
                                group.config().maxPollRecords(),
                                subscription.processor().concurrency()
                                        * subscription.processor().batchSize());
    }

    private void take(LogMember member, Assigned part, Fetched fetched) {
        Delivery delivery = part.delivery();
        for (LogRecord record : fetched.records()) {
            if (delivery.awaits(record.offset())) {
                take(delivery, record);
            }
        }
        delivery.passed(fetched.next());
        long wanted = delivery.wanted(fetched.next());
        if (wanted != fetched.next()) {
            member.seek(part.partition(), wanted);
        }
    }

    private void take(Delivery delivery, LogRecord record) {
        try {
            if (isWanted(record)) {
                delivery.arrived(record);
            }
        } catch (MalformedBytesException | EventsException e) {
            delivery.undecodable(record, Failure.of(e, broker.environment().millis()));
        }
    }

    /** A replayed dead letter was wanted before. */
    private boolean isWanted(LogRecord record) {
        if (filter == null || InternalTopics.isReplay(record.partition().topic())) {
            return true;
        }
        Expression.Match match = filter.matches(broker.values(record));
        if (match == Expression.Match.UNDEFINED) {
            noteUndefined(record);
        }
        return match == Expression.Match.YES;
    }

    /** Says it of the first, the tenth, the hundredth and so on. */
    private void noteUndefined(LogRecord record) {
        undefined++;
        if (undefined == nextNote) {
            nextNote *= 10;
            LOG.warn(
                    "The filter of group {} can't be computed for {}, as for {} so far: a field is missing or of another"
                            + " type. Such events don't match; has(data.field) asks for a field",
                    group.name(),
                    record.place(),
                    undefined);
        }
    }

    /** Reads what was left unanswered below an offset and has not come yet: a partition may be held back, or just given. */
    void readLeftovers(Assigned part, long below) {
        Delivery delivery = part.delivery();
        long end = Math.min(below, delivery.next());
        long from = delivery.wanted(delivery.floor());
        if (from < end) {
            broker.scan().read(part.partition(), from, record -> {
                if (record.offset() < end && delivery.awaits(record.offset())) {
                    take(delivery, record);
                }
                return record.offset() + 1 < end;
            });
        }
    }

    /** Whether a reading error is that the position is out of the log. */
    static boolean isOutOfRange(EventsException e) {
        return e.code() == ErrorCode.OFFSET_OUT_OF_RANGE;
    }

    /** Goes on from where a log now starts, when the group says so and it is retention that has deleted events. */
    boolean recover(LogMember member, Assigned part) {
        Bounds bounds = broker.engine().bounds(part.partition());
        Delivery delivery = part.delivery();
        long from = delivery.wanted(delivery.floor());
        if (part.isRevoked()) {
            return true;
        }
        if (from >= bounds.start() && from <= bounds.end()) {
            member.seek(part.partition(), from); // its reader may stand where something was rescued from retention
            return true;
        }
        AutoOffsetReset reset = group.config().autoOffsetReset();
        if (reset == null || reset instanceof AutoOffsetReset.None || from > bounds.end()) {
            return false;
        }
        boolean isOvertaken = delivery.next() < bounds.start(); // else only something left unanswered is gone
        long to = isOvertaken && reset instanceof AutoOffsetReset.Latest
                ? broker.positions().of(reset, group, part.partition()).orElseThrow()
                : bounds.start();
        LOG.warn(
                "Group {} goes on in {} from {} to {}: retention has deleted events that it had not read",
                group.name(),
                part.partition(),
                from,
                to);
        delivery.passed(to);
        member.seek(part.partition(), delivery.wanted(to));
        return true;
    }
}
