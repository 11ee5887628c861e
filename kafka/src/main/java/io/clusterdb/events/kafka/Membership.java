package io.clusterdb.events.kafka;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * A member of a Kafka group, by a consumer that reads nothing: all its partitions are paused, and a {@link KafkaReader}
 * reads them. So a member that is asked to give a partition back takes its time, while it goes on reading the others and
 * its consumer waits.
 *
 * <pre>
 *   a partition                   when                                                then
 *   elsewhere  → being fenced     Kafka assigns it
 *   being fenced → held           nobody's earlier work on it can end any more        the member is told: assigned
 *   held       → being revoked    Kafka wants it for another; its consumer waits      the member is told: revoked
 *   being revoked → elsewhere     the member releases it
 *   any        → elsewhere        Kafka takes the member for dead, or it is not       the member is told: lost
 *                                 polled for the session time-out and leaves
 * </pre>
 *
 * <p>What a former holder has begun can't end once the next one is told of a partition. Work is committed in Kafka
 * transactions that carry the group's offsets, and the group's coordinator refuses those of a member that is not of the
 * group's current generation (KIP-447). For those that it took before: the next holder fences the transactional id of
 * the partition, which aborts what is open under it, then waits until no offset of the partition is in a transaction
 * that is open, then until all transactions that are decided have their markers.
 */
final class Membership implements Duty, AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration METADATA_AGE = Duration.ofSeconds(2);
    private static final Duration MAX_REVOCATION = Duration.ofMinutes(5);
    private static final Executor SOON = CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS);
    private static final Executor LATER = CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS);

    private final Cluster cluster;
    private final Transactions transactions;
    private final ConsumerGroup group;
    private final Set<String> topics;
    private final Runnable signal;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Environment.Task task;
    private final long sessionNanos;

    private final Map<TopicPartition, Holding> owned = new HashMap<>();
    private final Set<TopicPartition> assigned = new TreeSet<>();
    private final Set<TopicPartition> revoked = new TreeSet<>();
    private final Set<TopicPartition> lost = new TreeSet<>();
    private ConsumerGroupMetadata metadata;
    private long seenNanos;
    private boolean joined;
    private boolean closed;
    private @Nullable EventsException failure;

    /** One time of owning a partition, from its assignment to its loss. */
    private static final class Holding {
        private boolean told;
        private boolean revoking;
    }

    /** What the member has not been told yet; to be told in this order. */
    record Changes(Set<TopicPartition> lost, Set<TopicPartition> revoked, Set<TopicPartition> assigned) {}

    /** The right to commit for partitions, as long as they are not lost, not even for a moment. */
    record Claim(Map<TopicPartition, Object> holdings) {}

    Membership(Cluster cluster, Transactions transactions, ConsumerGroup group, Set<String> topics, Runnable signal) {
        this.cluster = cluster;
        this.transactions = transactions;
        this.group = group;
        this.topics = Set.copyOf(topics);
        this.signal = signal;
        this.sessionNanos = group.config().sessionTimeout().toNanos();
        this.seenNanos = cluster.environment().nanos();
        this.consumer = cluster.consumer("member", settings());
        this.metadata = consumer.groupMetadata();
        this.task = cluster.environment().start("events-kafka-member-" + group.name(), this);
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = new HashMap<>();
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group.name());
        settings.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "classic");
        settings.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, List.of(CooperativeStickyAssignor.class));
        settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, (int)
                group.config().sessionTimeout().toMillis());
        settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, (int)
                Math.max(1, group.config().heartbeatInterval().toMillis()));
        settings.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, (int)
                MAX_REVOCATION.plus(group.config().sessionTimeout()).toMillis());
        settings.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, METADATA_AGE.toMillis());
        return settings;
    }

    // --- what the member calls

    /** The member lives. */
    synchronized Changes seen() {
        seenNanos = cluster.environment().nanos();
        if (!joined) {
            task.wake();
        }
        EventsException failed = failure;
        failure = null;
        if (failed != null) {
            throw failed;
        }
        Changes changes = new Changes(new TreeSet<>(lost), new TreeSet<>(revoked), new TreeSet<>(assigned));
        lost.clear();
        revoked.clear();
        assigned.clear();
        changes.assigned().forEach(p -> {
            Holding holding = owned.get(p);
            if (holding != null) {
                holding.told = true;
            }
        });
        return changes;
    }

    synchronized void release(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            Holding holding = owned.get(partition);
            if (holding != null && holding.revoking) {
                owned.remove(partition);
            }
        }
        notifyAll();
    }

    /** Null unless the member has been told that it owns all of these. */
    synchronized @Nullable Claim claim(Collection<TopicPartition> partitions) {
        Map<TopicPartition, Object> holdings = new HashMap<>();
        for (TopicPartition partition : partitions) {
            Holding holding = owned.get(partition);
            if (holding == null || !holding.told || closed) {
                return null;
            }
            holdings.put(partition, holding);
        }
        return closed ? null : new Claim(holdings);
    }

    /** What the member has been told that it owns. */
    synchronized Set<TopicPartition> held() {
        Set<TopicPartition> held = new HashSet<>();
        owned.forEach((partition, holding) -> {
            if (holding.told) {
                held.add(partition);
            }
        });
        return held;
    }

    /** What the coordinator knows the member by; null when the claim is void. */
    synchronized @Nullable ConsumerGroupMetadata metadata(Claim claim) {
        return isVoid(claim) ? null : metadata;
    }

    private boolean isVoid(Claim claim) {
        return closed || claim.holdings().entrySet().stream().anyMatch(e -> owned.get(e.getKey()) != e.getValue());
    }

    /**
     * Waits until the member is of another generation, or the claim is void.
     *
     * @return false when neither has happened in the session time-out
     */
    synchronized boolean awaitChange(Claim claim, ConsumerGroupMetadata refused) {
        long deadline = cluster.environment().nanos() + sessionNanos;
        try {
            while (!isVoid(claim) && metadata.equals(refused)) {
                if (cluster.environment().nanos() - deadline > 0) {
                    return false;
                }
                wait(POLL.toMillis());
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    // --- the consumer's thread

    @Override
    public long run() {
        try {
            if (!attends()) {
                return WHEN_WOKEN;
            }
            consumer.poll(POLL);
            publish();
            return AGAIN;
        } catch (WakeupException e) {
            return AGAIN;
        } catch (RetriableException e) {
            return POLL.toNanos();
        } catch (KafkaException e) {
            fail(Failures.of("Group " + group.name() + " can't be attended", e));
            return TimeUnit.SECONDS.toNanos(1);
        }
    }

    /** Joins, stays or leaves, as the member shows that it lives. */
    private boolean attends() {
        boolean lives;
        boolean attends;
        synchronized (this) {
            if (closed) {
                return false;
            }
            attends = joined;
            lives = !isOverdue();
            joined = lives;
        }
        if (lives && !attends) {
            consumer.subscribe(topics, new Rebalances());
        } else if (attends && !lives) {
            lose(ownedNow());
            consumer.unsubscribe();
        }
        return lives;
    }

    private boolean isOverdue() {
        return cluster.environment().nanos() - seenNanos > sessionNanos;
    }

    /** Never without a generation: a coordinator takes the offsets of a transaction that names none from anybody. */
    private synchronized void publish() {
        ConsumerGroupMetadata now = consumer.groupMetadata();
        if (now.generationId() >= 0 && !now.equals(metadata)) {
            metadata = now;
            notifyAll();
        }
    }

    private void fail(EventsException why) {
        synchronized (this) {
            failure = why;
        }
        signal.run();
    }

    private synchronized Set<TopicPartition> ownedNow() {
        return new HashSet<>(owned.keySet());
    }

    private void lose(Collection<TopicPartition> partitions) {
        synchronized (this) {
            for (TopicPartition partition : partitions) {
                Holding holding = owned.remove(partition);
                assigned.remove(partition);
                revoked.remove(partition);
                if (holding != null && holding.told) {
                    lost.add(partition);
                }
            }
            notifyAll();
        }
        signal.run();
    }

    /** What the consumer tells within its poll. */
    private final class Rebalances implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<org.apache.kafka.common.TopicPartition> partitions) {
            publish();
            consumer.pause(partitions);
            partitions.forEach(p -> consumer.seek(p, 0));
            Map<TopicPartition, Holding> fresh = new HashMap<>();
            partitions.forEach(p -> fresh.put(Cluster.ours(p), new Holding()));
            synchronized (Membership.this) {
                owned.putAll(fresh);
            }
            if (!fresh.isEmpty()) {
                fence(fresh);
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<org.apache.kafka.common.TopicPartition> partitions) {
            publish();
            giveBack(partitions.stream().map(Cluster::ours).toList());
        }

        @Override
        public void onPartitionsLost(Collection<org.apache.kafka.common.TopicPartition> partitions) {
            publish();
            lose(partitions.stream().map(Cluster::ours).toList());
        }
    }

    /** Waits until the member has released them. Another gets them when this returns. */
    private void giveBack(List<TopicPartition> partitions) {
        List<TopicPartition> out = new ArrayList<>();
        synchronized (this) {
            for (TopicPartition partition : partitions) {
                Holding holding = owned.get(partition);
                if (holding != null && holding.told) {
                    holding.revoking = true;
                    revoked.add(partition);
                    out.add(partition);
                } else {
                    // It was never told of it: nothing to finish.
                    assigned.remove(partition);
                    owned.remove(partition);
                }
            }
        }
        if (!out.isEmpty()) {
            signal.run();
            awaitRelease(out);
        }
    }

    private void awaitRelease(List<TopicPartition> out) {
        long deadline = cluster.environment().nanos() + MAX_REVOCATION.toNanos();
        synchronized (this) {
            try {
                while (!closed
                        && !isOverdue()
                        && cluster.environment().nanos() - deadline < 0
                        && out.stream().anyMatch(owned::containsKey)) {
                    wait(POLL.toMillis());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        List<TopicPartition> kept = out.stream().filter(ownedNow()::contains).toList();
        if (!kept.isEmpty()) {
            lose(kept);
        }
    }

    // --- fencing

    private void fence(Map<TopicPartition, Holding> fresh) {
        Cluster.translated("Partitions of group " + group.name() + " could not be fenced", fenced(fresh.keySet()))
                .thenCompose(done -> stable(fresh.keySet()))
                .thenCompose(done -> transactions.settled())
                .whenComplete((done, failed) -> {
                    if (failed == null) {
                        tell(fresh);
                    } else {
                        CompletableFuture.runAsync(() -> fenceAgain(fresh), LATER);
                    }
                });
    }

    private void fenceAgain(Map<TopicPartition, Holding> fresh) {
        Map<TopicPartition, Holding> left = new HashMap<>(fresh);
        synchronized (this) {
            left.entrySet().removeIf(e -> closed || owned.get(e.getKey()) != e.getValue());
        }
        if (!left.isEmpty()) {
            fence(left);
        }
    }

    /** Each id in a call of its own: for several in one, the client's time grows with the square of their number. */
    private CompletableFuture<Void> fenced(Set<TopicPartition> partitions) {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            String id = Transactions.id(group.name(), partition);
            all.add(cluster.admin()
                    .fenceProducers(List.of(id))
                    .all()
                    .toCompletionStage()
                    .toCompletableFuture());
        }
        return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]));
    }

    /** Kafka's client leaves out, without a word, a partition whose offset is in a transaction that is open. */
    private CompletableFuture<Void> stable(Set<TopicPartition> partitions) {
        return offsets(partitions).thenCompose(found -> {
            if (found.size() >= partitions.size()) {
                return CompletableFuture.completedFuture(null);
            }
            return CompletableFuture.runAsync(() -> {}, SOON).thenCompose(later -> stable(partitions));
        });
    }

    private CompletableFuture<Map<org.apache.kafka.common.TopicPartition, OffsetAndMetadata>> offsets(
            Set<TopicPartition> partitions) {
        ListConsumerGroupOffsetsSpec spec = new ListConsumerGroupOffsetsSpec()
                .topicPartitions(partitions.stream().map(Cluster::kafkas).toList());
        return Cluster.translated(
                "Offsets of group " + group.name() + " could not be read",
                cluster.admin()
                        .listConsumerGroupOffsets(
                                Map.of(group.name(), spec), new ListConsumerGroupOffsetsOptions().requireStable(true))
                        .partitionsToOffsetAndMetadata(group.name()));
    }

    private void tell(Map<TopicPartition, Holding> fresh) {
        synchronized (this) {
            fresh.forEach((partition, holding) -> {
                if (owned.get(partition) == holding) {
                    assigned.add(partition);
                }
            });
        }
        signal.run();
    }

    /** Leaves the group. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            owned.clear();
            notifyAll();
        }
        consumer.wakeup();
        task.close();
        try {
            consumer.close(CloseOptions.timeout(Duration.ofSeconds(5)));
        } catch (KafkaException e) {
            // The cluster finds out by the session time-out.
        }
    }
}
