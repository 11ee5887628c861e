package io.clusterdb.events.log;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.LogMember;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A member of a group whose members all live in this process. */
final class EmbeddedMember implements LogMember {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedMember.class);

    private final EmbeddedLog log;
    private final ConsumerGroup group;
    private final Set<String> topics;
    private final Listener listener;
    private final Membership membership;
    private final EmbeddedReader reader;
    private final Set<TopicPartition> held = new HashSet<>();
    private volatile String id;

    EmbeddedMember(EmbeddedLog log, ConsumerGroup group, Set<String> topics, Listener listener) {
        this.log = log;
        this.group = group;
        this.topics = topics;
        this.listener = listener;
        this.membership = log.membership(group.name());
        this.reader = log.reader(group.config().isolationLevel(), listener::signal);
        this.id = join();
    }

    private String join() {
        long timeout = group.config().sessionTimeout().toNanos();
        return membership.join(topics, timeout, log.environment().nanos(), listener::signal);
    }

    @Override
    public List<Fetched> poll(int maxRecords) {
        Membership.Changes changes = membership.seen(id, log.environment().nanos());
        if (changes == null) {
            Set<TopicPartition> lost = Set.copyOf(held);
            forget(lost);
            listener.lost(lost);
            id = join();
            return List.of();
        }
        if (!changes.lost().isEmpty()) {
            forget(changes.lost());
            listener.lost(changes.lost());
        }
        if (!changes.revoked().isEmpty()) {
            listener.revoked(changes.revoked());
        }
        if (!changes.assigned().isEmpty()) {
            held.addAll(changes.assigned());
            tellAssigned(changes.assigned());
        }
        try {
            return reader.poll(maxRecords);
        } catch (NotFoundException e) { // a topic was deleted just now: it is lost with the next poll
            return List.of();
        }
    }

    /** All at once; but where a topic was deleted just now, those of the others by themselves. */
    private void tellAssigned(Collection<TopicPartition> assigned) {
        try {
            listener.assigned(assigned);
        } catch (NotFoundException e) {
            Map<String, List<TopicPartition>> byTopic =
                    assigned.stream().collect(Collectors.groupingBy(TopicPartition::topic));
            if (byTopic.size() > 1) {
                byTopic.values().forEach(this::tellAssigned);
            } else {
                LOG.debug("{} are lost with the next poll", assigned, e);
            }
        }
    }

    private void forget(Collection<TopicPartition> partitions) {
        partitions.forEach(reader::drop);
        held.removeAll(partitions);
    }

    @Override
    public CompletableFuture<Void> commit(Map<TopicPartition, Long> floors, List<NewRecord> records) {
        MemberWrite write = new MemberWrite(this, Set.copyOf(floors.keySet()), log.internalBatches(records));
        log.committer().offer(write);
        return write.done();
    }

    /** @throws ConflictException unless it owns these; called by the committer, like everything that moves partitions */
    void fence(Set<TopicPartition> partitions) {
        if (!membership.holds(id, partitions)) {
            throw ConflictException.memberFenced(group.name(), partitions.toString());
        }
    }

    @Override
    public void release(Collection<TopicPartition> partitions) {
        forget(List.copyOf(partitions));
        membership.release(id, partitions);
    }

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
        membership.leave(id);
        reader.close();
    }

    /** What a member has done, on its way into the log. */
    private static final class MemberWrite implements Committer.Write {
        private final EmbeddedMember member;
        private final Set<TopicPartition> partitions;
        private final List<BatchWrite> batches;
        private final CompletableFuture<Void> done = new CompletableFuture<>();

        MemberWrite(EmbeddedMember member, Set<TopicPartition> partitions, List<BatchWrite> batches) {
            this.member = member;
            this.partitions = partitions;
            this.batches = batches;
        }

        CompletableFuture<Void> done() {
            return done;
        }

        @Override
        public void prepare(Commit commit, List<PartitionLog> touched) {
            member.fence(partitions);
            batches.forEach(b -> b.check(touched));
            batches.forEach(b -> b.prepare(commit, touched));
        }

        @Override
        public void committed() {
            batches.forEach(BatchWrite::committed);
            done.complete(null);
        }

        @Override
        public void failed(EventsException why) {
            batches.forEach(b -> b.failed(why));
            done.completeExceptionally(why);
        }
    }
}
