package io.clusterdb.events.broker;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.spi.TopicPartition;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Events that are about to be deleted: those of a member's partitions that wait for their retry become dead letters. */
final class Expirations {
    private final String group;
    private final Map<TopicPartition, Assigned> assigned;
    private final ConcurrentLinkedQueue<Expiration> asked = new ConcurrentLinkedQueue<>();

    /** Events of a partition below an offset. Done when none of them waits any more, and that is written down. */
    record Expiration(String group, TopicPartition partition, long start, CompletableFuture<Void> done) {
        /** The partition is not the member's any more: its next holder is to be asked. */
        void refuse() {
            done.completeExceptionally(ConflictException.memberFenced(group, partition.toString()));
        }
    }

    /** @param assigned the member's partitions, to be read by any thread */
    Expirations(String group, Map<TopicPartition, Assigned> assigned) {
        this.group = group;
        this.assigned = assigned;
    }

    /** May be called by any thread; empty when the member does not hold the partition. */
    Optional<CompletableFuture<Void>> ask(TopicPartition partition, long start) {
        if (!assigned.containsKey(partition)) {
            return Optional.empty();
        }
        Expiration expiration = new Expiration(group, partition, start, new CompletableFuture<>());
        asked.add(expiration);
        return Optional.of(expiration.done());
    }

    /**
     * Makes the dead letters, also of what has yet to be read again, which the step is to write down. Where there are none,
     * and no retry is to be handed out, nothing is to be written: on a full disk that would keep retention from making room.
     *
     * @param isWriting whether the step before is on its way, in which there may be some
     */
    void work(Intake intake, Step step, Now now, boolean isWriting) {
        for (Expiration next = asked.poll(); next != null; next = asked.poll()) {
            Assigned part = assigned.get(next.partition());
            if (part == null) {
                next.refuse();
                continue;
            }
            try {
                intake.readLeftovers(part, next.start());
                part.delivery().expiring(next.start(), now);
                boolean waits = isWriting || step.holdsRetries(part, next.start());
                if (waits || part.delivery().hasUnwrittenLetters()) {
                    step.expirations.put(next, part);
                } else {
                    next.done().complete(null);
                }
            } catch (RuntimeException e) {
                next.done().completeExceptionally(e);
            }
        }
    }

    /** The member is no more. */
    void refuse() {
        for (Expiration next = asked.poll(); next != null; next = asked.poll()) {
            next.refuse();
        }
    }
}
