package io.clusterdb.events;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a group is behind.
 *
 * @param members at work, in any process
 * @param trend the events per second by which it fell behind over the last minutes, below zero when it caught up; null
 *     when the process that was asked has not had members of the group for long enough to say
 */
public record GroupLag(String group, int members, @Nullable Double trend, List<Partition> partitions) {
    /** Unanswered events of all partitions together, as {@link Partition#events}. */
    public long events() {
        return partitions.stream().mapToLong(Partition::events).sum();
    }

    /** The age of the oldest unanswered event of all; zero when there is none. */
    public Duration behind() {
        return partitions.stream()
                .map(Partition::behind)
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    /**
     * How far it is behind in one partition.
     *
     * @param floor the offset below which everything is answered
     * @param stableEnd the offset up to which events can be read
     * @param events the distance between the two; markers of transactions and filtered events in between count too
     * @param behind the age of the oldest unanswered event, by append time
     * @param unanswered events handed out or waiting for their next attempt, by what was last written down
     * @param parked those of them that wait for their next attempt
     * @param member who holds it; null when nobody does
     */
    public record Partition(
            String topic,
            int partition,
            long floor,
            long stableEnd,
            long events,
            Duration behind,
            int unanswered,
            int parked,
            @Nullable String member) {}
}
