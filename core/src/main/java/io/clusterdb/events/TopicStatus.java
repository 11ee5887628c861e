package io.clusterdb.events;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a topic holds, per partition. */
public record TopicStatus(Topic topic, List<Partition> partitions) {
    /**
     * What a partition holds, as offsets.
     *
     * @param start of the first event that is kept
     * @param stableEnd where committed readers stop: nothing below can still change
     * @param end of the log: the offset that the next event gets
     * @param bytes stored
     * @param heldBy the open transaction that keeps {@code stableEnd} below {@code end}
     */
    public record Partition(
            int partition,
            long start,
            long stableEnd,
            long end,
            long bytes,
            @Nullable Holder heldBy) {}

    /**
     * An open transaction.
     *
     * @param owner who began it
     */
    public record Holder(String id, String owner, Instant begun) {}
}
