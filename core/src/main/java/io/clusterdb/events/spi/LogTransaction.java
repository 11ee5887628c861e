package io.clusterdb.events.spi;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Records that become visible together or never. Ends by {@link #commit}, {@link #abort} or the engine's time-out. To be
 * used by one thread at a time.
 */
public interface LogTransaction {
    /** As in {@link OpenTransaction}. */
    String id();

    /** As {@link LogWriter#append}; answered when it is in the operating system. */
    default CompletableFuture<LogWriter.Appended> append(NewRecord record) {
        return append(record, List.of());
    }

    /** As {@link LogWriter#append(NewRecord, List)}; answered as {@link #append(NewRecord)}. */
    CompletableFuture<LogWriter.Appended> append(NewRecord record, List<NewRecord> copies);

    /** As {@link #commit(List)}, with nothing more to append. */
    default CompletableFuture<Void> commit() {
        return commit(List.of());
    }

    /** As {@link #commit(LogMember, Map, List)}, without a member. */
    CompletableFuture<Void> commit(List<NewRecord> records);

    /**
     * Commits, and with it what a member has done. Durable when it is answered.
     *
     * @param member whose partitions the floors are of; it must own them
     * @param floors per partition the offset below which everything is answered
     * @param records appended in the same step
     * @return fails with {@link io.clusterdb.events.ConflictException} when the transaction has timed out or the member
     *     does not own a partition any more; then nothing happened
     */
    CompletableFuture<Void> commit(LogMember member, Map<TopicPartition, Long> floors, List<NewRecord> records);

    /** Ends it as if it had never been. */
    CompletableFuture<Void> abort();
}
