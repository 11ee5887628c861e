package io.clusterdb.events.spi;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A reader whose partitions a group gives and takes. A partition is held by one member at a time, and what a former
 * holder sends is refused from the moment the new one is told.
 *
 * <p>A member lives as long as it is polled: after the group's session time-out without a poll its partitions move.
 */
public interface LogMember extends LogReader {
    /**
     * Writes what the member has done: all of it or nothing, and only while it owns the partitions.
     *
     * @param floors per partition the offset below which everything is answered
     * @param records appended in the same step
     * @return completed when it is in the operating system; fails with {@link io.clusterdb.events.ConflictException}
     *     when the member does not own a partition any more
     */
    CompletableFuture<Void> commit(Map<TopicPartition, Long> floors, List<NewRecord> records);

    /** Gives back partitions that were {@link Listener#revoked}, after the last commit for them. */
    void release(Collection<TopicPartition> partitions);

    /** Told of changes. The first is called by any thread, the others within {@link LogMember#poll}. */
    interface Listener {
        /** There may be something to poll. */
        void signal();

        /** The member owns these now. It reads them from where it {@link LogReader#seek}s. */
        void assigned(Collection<TopicPartition> partitions);

        /** Others want these: finish, then {@link LogMember#release} them. */
        void revoked(Collection<TopicPartition> partitions);

        /** These are somebody else's already. */
        void lost(Collection<TopicPartition> partitions);
    }
}
