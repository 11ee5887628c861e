package io.clusterdb.events.kafka;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Problem;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.LogMember;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * A member of a Kafka group. What it has done is committed in a transaction under the transactional id of one of its
 * partitions, with the group's offsets of all that it is about; why that fences it is told in {@link Membership}.
 */
final class KafkaMember implements LogMember {
    private static final Duration COMMIT_TIMEOUT = Duration.ofSeconds(30);
    /** Somebody without the right to it may take over a transactional id once; more often is a fault. */
    private static final int FENCED_MAX = 3;

    private final Cluster cluster;
    private final Catalog catalog;
    private final ConsumerGroup group;
    private final Listener listener;
    private final KafkaReader reader;
    private final Membership membership;
    private final SerialCalls commits;
    private @Nullable Leader leader;

    /** The producer of a member's commits. Touched by its commits only. */
    private record Leader(TopicPartition partition, TransactionalProducer producer) {}

    KafkaMember(Cluster cluster, Catalog catalog, ConsumerGroup group, Listener listener, Parts parts) {
        this.cluster = cluster;
        this.catalog = catalog;
        this.group = group;
        this.listener = listener;
        this.reader = parts.reader();
        this.membership = parts.membership();
        this.commits = new SerialCalls(cluster.environment(), "events-kafka-commits-" + group.name());
    }

    /** What a member is made of. */
    record Parts(KafkaReader reader, Membership membership) {}

    @Override
    public List<Fetched> poll(int maxRecords) {
        Membership.Changes changes = membership.seen();
        if (!changes.lost().isEmpty()) {
            changes.lost().forEach(reader::drop);
            listener.lost(changes.lost());
        }
        if (!changes.revoked().isEmpty()) {
            listener.revoked(changes.revoked());
        }
        if (!changes.assigned().isEmpty()) {
            listener.assigned(changes.assigned());
        }
        return reader.poll(maxRecords);
    }

    // --- commits

    /** Null when it does not own them. */
    Membership.@Nullable Claim claim(Collection<TopicPartition> partitions) {
        return membership.claim(partitions);
    }

    /** What the coordinator knows it by, while a claim holds. */
    ConsumerGroupMetadata current(Membership.Claim claim) {
        ConsumerGroupMetadata now = membership.metadata(claim);
        if (now == null) {
            throw fenced(claim.holdings().keySet());
        }
        return now;
    }

    ConflictException fenced(Collection<TopicPartition> partitions) {
        return ConflictException.memberFenced(group.name(), new TreeSet<>(partitions).toString());
    }

    @Override
    public CompletableFuture<Void> commit(Map<TopicPartition, Long> floors, List<NewRecord> records) {
        Membership.Claim claim = membership.claim(floors.isEmpty() ? membership.held() : floors.keySet());
        if (claim == null || claim.holdings().isEmpty()) {
            return CompletableFuture.failedFuture(fenced(floors.keySet()));
        }
        List<ProducerRecord<byte[], byte[]>> outgoing = new ArrayList<>();
        records.forEach(record -> outgoing.add(Records.outgoing(catalog, record)));
        Map<TopicPartition, Long> offsets = Map.copyOf(floors);
        return commits.call(() -> commit(claim, offsets, outgoing));
    }

    private void commit(
            Membership.Claim claim, Map<TopicPartition, Long> floors, List<ProducerRecord<byte[], byte[]>> records) {
        int fenced = 0;
        while (true) {
            ConsumerGroupMetadata now = current(claim);
            TransactionalProducer producer = leader(claim.holdings().keySet());
            try {
                producer.begin();
                producer.sendOffsets(floors, now);
                records.forEach(producer::send);
                producer.commit();
                return;
            } catch (CommitFailedException e) {
                producer.abort();
                awaitGeneration(claim, now, e);
            } catch (KafkaException | IllegalStateException e) {
                producer.abort();
                if (!Failures.isFenced(e) || ++fenced == FENCED_MAX) {
                    throw Failures.of("The progress of group " + group.name() + " could not be written", e);
                }
            }
        }
    }

    /** The group has moved on, maybe without taking anything from this member. */
    private void awaitGeneration(Membership.Claim claim, ConsumerGroupMetadata refused, CommitFailedException why) {
        if (!membership.awaitChange(claim, refused)) {
            throw new UnavailableException(
                    new Problem(
                            ErrorCode.ENGINE_UNAVAILABLE,
                            "The progress of group " + group.name() + " could not be written",
                            "Kafka refuses generation " + refused.generationId()
                                    + " of the group, and there is no other",
                            "Try again when the group has settled"),
                    why);
        }
    }

    private TransactionalProducer leader(Set<TopicPartition> partitions) {
        Leader now = leader;
        if (now != null && (now.producer().isBroken() || membership.claim(List.of(now.partition())) == null)) {
            depose();
            now = null;
        }
        if (now == null) {
            TopicPartition partition = new TreeSet<>(partitions).first();
            String id = Transactions.id(group.name(), partition);
            now = new Leader(partition, new TransactionalProducer(cluster, id, COMMIT_TIMEOUT));
            leader = now;
        }
        return now.producer();
    }

    private void depose() {
        if (leader != null) {
            leader.producer().close();
            leader = null;
        }
    }

    @Override
    public void release(Collection<TopicPartition> partitions) {
        partitions.forEach(reader::drop);
        membership.release(partitions);
    }

    // --- reading

    @Override
    public void seek(TopicPartition partition, long offset) {
        reader.seek(partition, offset);
    }

    @Override
    public void drop(TopicPartition partition) {
        reader.drop(partition);
    }

    @Override
    public void pause(TopicPartition partition) {
        reader.pause(partition);
    }

    @Override
    public void resume(TopicPartition partition) {
        reader.resume(partition);
    }

    @Override
    public void close() {
        cluster.closed(this);
        commits.close();
        membership.close();
        depose();
        reader.close();
    }
}
