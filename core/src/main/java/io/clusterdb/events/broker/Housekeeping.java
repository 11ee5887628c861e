package io.clusterdb.events.broker;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Processor;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what retention says, a few seconds after it is due; but first has what waits there for its next attempt become
 * dead letters, in every group. It also notes how far the groups at work here are behind.
 */
final class Housekeeping implements Duty {
    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
    private static final long INTERVAL_NANOS = Duration.ofSeconds(5).toNanos();

    /** Nobody's handler: it decides nothing but that retention does. */
    private static final Processor PATIENT =
            Processor.DEFAULT.retry(new RetryPolicy(10_000, RetryPolicy.DEFAULT.backoff()));

    private final Broker broker;
    private final Environment.Task task;
    private CompletableFuture<Void> sweep = CompletableFuture.completedFuture(null);
    private long nextNanos;
    private long observedNanos;

    Housekeeping(Broker broker) {
        this.broker = broker;
        this.observedNanos = broker.environment().nanos();
        this.nextNanos = observedNanos + INTERVAL_NANOS;
        this.task = broker.environment().start("events-housekeeping", this);
    }

    @Override
    public long run() {
        long now = broker.environment().nanos();
        if (now < nextNanos) {
            return nextNanos - now;
        }
        nextNanos = now + INTERVAL_NANOS;
        if (sweep.isDone()) {
            try {
                sweep = sweep();
            } catch (EventsException e) {
                LOG.warn("Retention could not be applied; it is tried again", e);
            }
        }
        if (now - observedNanos >= LagHistory.INTERVAL.toNanos()) {
            observedNanos = now;
            observeLag();
        }
        return INTERVAL_NANOS;
    }

    private void observeLag() {
        try {
            broker.groupAdministration().observe();
        } catch (EventsException e) {
            LOG.warn("How far groups are behind could not be read; it is tried again", e);
        }
    }

    private CompletableFuture<Void> sweep() {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        broker.engine()
                .expiring()
                .forEach((partition, start) -> all.add(rescue(partition, start)
                        .thenCompose(done -> broker.engine().trim(partition, start))
                        .exceptionally(failure -> {
                            tellNotTrimmed(partition, start, failure);
                            return null;
                        })));
        return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]));
    }

    private static void tellNotTrimmed(TopicPartition partition, long start, Throwable failure) {
        if (failure.getCause() instanceof ConflictException elsewhere) {
            LOG.info("{} is not trimmed to {} yet: {}", partition, start, elsewhere.getMessage());
        } else {
            LOG.warn("{} could not be trimmed to {}; it is tried again", partition, start, failure);
        }
    }

    /** Completed when nothing of any group waits below; what fails in one group keeps none of the others. */
    private CompletableFuture<Void> rescue(TopicPartition partition, long start) {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (ConsumerGroup group : broker.registry().list()) {
            if (readBy(group, partition.topic())) {
                all.add(rescue(group, partition, start));
            }
        }
        return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]));
    }

    private CompletableFuture<Void> rescue(ConsumerGroup group, TopicPartition partition, long start) {
        for (Dispatcher<?> dispatcher : broker.dispatchers()) {
            if (dispatcher.group().name().equals(group.name())) {
                Optional<CompletableFuture<Void>> rescued = dispatcher.expiring(partition, start);
                if (rescued.isPresent()) {
                    return rescued.get();
                }
            }
        }
        try {
            rescueWithoutHolder(group, partition, start);
            return CompletableFuture.completedFuture(null);
        } catch (EventsException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static boolean readBy(ConsumerGroup group, String topic) {
        return group.topics().contains(topic) || InternalTopics.isReplay(topic, group.name());
    }

    /**
     * As a dispatcher would, for a partition that none holds here.
     *
     * @throws ConflictException when something waits there and a member elsewhere holds the partition: it rescues that,
     *     soon, and what is to be deleted stays until then
     */
    private void rescueWithoutHolder(ConsumerGroup group, TopicPartition partition, long start) {
        if (waiting(group, partition, start).isEmpty()) {
            return;
        }
        broker.whileNobodyHolds(
                group.name(),
                partition,
                () -> waiting(group, partition, start)
                        .ifPresent(written -> makeLetters(group, partition, start, written)));
    }

    private void makeLetters(ConsumerGroup group, TopicPartition partition, long start, DeliveryLog.Written written) {
        Now now = Now.of(broker.environment());
        Delivery delivery = new Delivery(PATIENT, broker.environment().random(), written.mark(), false);
        written.entries().values().forEach(entry -> delivery.restore(entry, now));
        broker.scan().read(partition, written.floor(), record -> {
            if (delivery.awaits(record.offset()) && record.offset() < written.mark()) {
                delivery.arrived(record);
            }
            return record.offset() < start;
        });
        delivery.expiring(start, now);
        if (delivery.isDirty()) {
            Assigned part = new Assigned(partition, delivery);
            Subscription unnamed = Subscription.of(group.name()); // only a subscription knows another topic for letters
            broker.renewDeadLetters(group, unnamed);
            broker.write(
                    Notes.of(broker, unnamed, Map.of(part, delivery.changes())).records());
        }
    }

    /** What is written down of a partition, when something waits there for another attempt. */
    private Optional<DeliveryLog.Written> waiting(ConsumerGroup group, TopicPartition partition, long start) {
        DeliveryLog.Written written =
                broker.deliveryLog().read(group.name(), List.of(partition)).get(partition);
        return Optional.ofNullable(written)
                .filter(w -> w.entries().headMap(start).values().stream().anyMatch(e -> e.attempts > 0));
    }

    void close() {
        task.close();
    }
}
