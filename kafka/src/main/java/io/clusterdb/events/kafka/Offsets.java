package io.clusterdb.events.kafka;

import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.OpenTransaction;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.jspecify.annotations.Nullable;

/** What is where in the partitions of a cluster, and how their starts move. Thread-safe. */
final class Offsets {
    /** So long before Kafka may delete them, records are said to expire; or a quarter of what they are kept. */
    private static final Duration WARNING = Duration.ofSeconds(30);

    private static final long SIZES_NANOS = Duration.ofSeconds(1).toNanos();

    private final Cluster cluster;
    private final Catalog catalog;
    private final Transactions transactions;
    private final @Nullable Duration defaultRetention;
    private Map<TopicPartition, Long> sizes = Map.of();
    private long sizesUntilNanos;

    Offsets(Cluster cluster, Catalog catalog, Transactions transactions, @Nullable Duration defaultRetention) {
        this.cluster = cluster;
        this.catalog = catalog;
        this.transactions = transactions;
        this.defaultRetention = defaultRetention;
        this.sizesUntilNanos = cluster.environment().nanos();
    }

    /** See {@link io.clusterdb.events.spi.LogEngine#bounds}. */
    Bounds bounds(TopicPartition partition) {
        catalog.known(partition);
        // In this order, so that an end is never below the stable one that was read before it.
        CompletableFuture<Long> stable = offset(partition, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED);
        CompletableFuture<Long> last = offset(partition, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
        CompletableFuture<Long> first = offset(partition, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
        long start = await(first);
        long stableEnd = Math.max(start, await(stable));
        long end = Math.max(stableEnd, await(last));
        Optional<OpenTransaction> holder = stableEnd == end ? Optional.empty() : transactions.holding(partition);
        return new Bounds(start, stableEnd, end, holder, size(partition));
    }

    private long await(CompletableFuture<Long> offset) {
        return cluster.environment().await(offset);
    }

    /** −1 when there is no such offset. */
    private CompletableFuture<Long> offset(TopicPartition partition, OffsetSpec spec, IsolationLevel isolation) {
        return offsets(Map.of(Cluster.kafkas(partition), spec), isolation)
                .thenApply(all -> all.getOrDefault(partition, -1L))
                .exceptionally(failure -> {
                    throw gone(partition, Failures.unwrapped(failure));
                });
    }

    private static RuntimeException gone(TopicPartition partition, Throwable failure) {
        if (Catalog.isUnknown(failure.getCause())) {
            return NotFoundException.topic(partition.topic(), List.of());
        }
        return Failures.of("Offsets of " + partition + " could not be read", failure);
    }

    private CompletableFuture<Map<TopicPartition, Long>> offsets(
            Map<org.apache.kafka.common.TopicPartition, OffsetSpec> specs, IsolationLevel isolation) {
        return Cluster.translated(
                        "Offsets could not be read",
                        cluster.admin()
                                .listOffsets(specs, new ListOffsetsOptions(isolation))
                                .all())
                .thenApply(found -> {
                    Map<TopicPartition, Long> all = new HashMap<>();
                    found.forEach((p, info) -> all.put(Cluster.ours(p), info.offset()));
                    return all;
                });
    }

    private synchronized long size(TopicPartition partition) {
        long now = cluster.environment().nanos();
        if (now - sizesUntilNanos >= 0) {
            sizes = readSizes();
            sizesUntilNanos = now + SIZES_NANOS;
        }
        return sizes.getOrDefault(partition, 0L);
    }

    private Map<TopicPartition, Long> readSizes() {
        String what = "Sizes of partitions could not be read";
        Collection<Node> nodes =
                cluster.await(what, cluster.admin().describeCluster().nodes());
        List<Integer> ids = nodes.stream().map(Node::id).toList();
        Map<TopicPartition, Long> all = new HashMap<>();
        Map<Integer, Map<String, LogDirDescription>> found =
                cluster.await(what, cluster.admin().describeLogDirs(ids).allDescriptions());
        found.values()
                .forEach(folders -> folders.values()
                        .forEach(folder -> folder.replicaInfos()
                                .forEach((p, replica) -> all.merge(Cluster.ours(p), ofReplica(replica), Math::max))));
        return all;
    }

    private static long ofReplica(ReplicaInfo replica) {
        return replica.isFuture() ? 0 : replica.size();
    }

    /** See {@link io.clusterdb.events.spi.LogEngine#offsetAt}. */
    long offsetAt(TopicPartition partition, Instant time) {
        catalog.known(partition);
        OffsetSpec spec = OffsetSpec.forTimestamp(Math.max(0, time.toEpochMilli()));
        // The end first: what is appended between the two answers is behind it, and is not to be passed over.
        long end = await(offset(partition, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED));
        long found = await(offset(partition, spec, IsolationLevel.READ_UNCOMMITTED));
        return found >= 0 ? found : end;
    }

    /** Whether a topic has records. */
    boolean hasRecords(String topic) {
        Topic known = catalog.known(topic).topic();
        Map<org.apache.kafka.common.TopicPartition, OffsetSpec> ends = new HashMap<>();
        for (int p = 0; p < known.partitions(); p++) {
            ends.put(new org.apache.kafka.common.TopicPartition(topic, p), OffsetSpec.latest());
        }
        return cluster.environment().await(offsets(ends, IsolationLevel.READ_UNCOMMITTED)).values().stream()
                .anyMatch(end -> end > 0);
    }

    /** See {@link io.clusterdb.events.spi.LogEngine#expiring}. By time; what is too much by size Kafka deletes itself. */
    Map<TopicPartition, Long> expiring() {
        Map<org.apache.kafka.common.TopicPartition, OffsetSpec> youngEnough = new HashMap<>();
        Map<org.apache.kafka.common.TopicPartition, OffsetSpec> first = new HashMap<>();
        Map<org.apache.kafka.common.TopicPartition, OffsetSpec> last = new HashMap<>();
        for (Catalog.Known known : catalog.all()) {
            Topic topic = known.topic();
            Duration kept = kept(known);
            if (kept == null || !topic.config().cleanupPolicy().deletes()) {
                continue;
            }
            OffsetSpec spec = OffsetSpec.forTimestamp(oldest(known, kept));
            for (int p = 0; p < topic.partitions(); p++) {
                org.apache.kafka.common.TopicPartition partition =
                        new org.apache.kafka.common.TopicPartition(topic.name(), p);
                youngEnough.put(partition, spec);
                first.put(partition, OffsetSpec.earliest());
                last.put(partition, OffsetSpec.latest());
            }
        }
        Map<TopicPartition, Long> starts = new TreeMap<>();
        if (youngEnough.isEmpty()) {
            return starts;
        }
        // The ends before the times are asked: where nothing is young enough all below the end goes, and what is
        // appended between the two answers must not be below it.
        Map<TopicPartition, Long> ends = cluster.environment().await(offsets(last, IsolationLevel.READ_COMMITTED));
        CompletableFuture<Map<TopicPartition, Long>> wanted = offsets(youngEnough, IsolationLevel.READ_COMMITTED);
        Map<TopicPartition, Long> now = cluster.environment().await(offsets(first, IsolationLevel.READ_UNCOMMITTED));
        cluster.environment().await(wanted).forEach((partition, offset) -> {
            long start = offset < 0 ? ends.getOrDefault(partition, 0L) : offset;
            if (start > now.getOrDefault(partition, 0L)) {
                starts.put(partition, start);
            }
        });
        return starts;
    }

    /** What others on the cluster keep for ever is not this broker's to delete. */
    private @Nullable Duration kept(Catalog.Known known) {
        Duration own = known.topic().config().retention().time();
        return own == null && known.ours() ? defaultRetention : own;
    }

    /** Of this broker's own topics a little more, so that it comes before Kafka does. */
    private long oldest(Catalog.Known known, Duration kept) {
        Duration early = kept.dividedBy(4).compareTo(WARNING) < 0 ? kept.dividedBy(4) : WARNING;
        Duration warning = known.ours() ? early : Duration.ZERO;
        return Math.max(0, cluster.environment().millis() - kept.toMillis() + warning.toMillis());
    }

    /** See {@link io.clusterdb.events.spi.LogEngine#trim}. */
    CompletableFuture<Void> trim(TopicPartition partition, long before) {
        catalog.known(partition);
        if (before <= 0) {
            return CompletableFuture.completedFuture(null);
        }
        Map<org.apache.kafka.common.TopicPartition, RecordsToDelete> deletion =
                Map.of(Cluster.kafkas(partition), RecordsToDelete.beforeOffset(before));
        return Cluster.translated(
                        partition + " could not be trimmed",
                        cluster.admin().deleteRecords(deletion).all())
                .exceptionallyCompose(failure -> refusedTrim(partition, before, Failures.unwrapped(failure)));
    }

    private CompletableFuture<Void> refusedTrim(TopicPartition partition, long before, Throwable failure) {
        if (failure.getCause() instanceof OffsetOutOfRangeException) {
            return outOfRange(partition, before).thenCompose(CompletableFuture::failedFuture);
        }
        if (failure.getCause() instanceof PolicyViolationException) {
            return CompletableFuture.failedFuture(RejectedException.engine(
                    partition + " can't be trimmed",
                    "its topic is compacted and nothing else, and Kafka deletes nothing of such a topic",
                    "Give the topic the cleanup policy compact_delete"));
        }
        return CompletableFuture.failedFuture(gone(partition, failure));
    }

    /** What to say of an offset that a partition does not have. */
    CompletableFuture<RejectedException> outOfRange(TopicPartition partition, long offset) {
        CompletableFuture<Long> start = offset(partition, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
        CompletableFuture<Long> end = offset(partition, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
        return start.thenCombine(end, (s, e) -> RejectedException.outOfRange(partition.toString(), offset, s, e));
    }
}
