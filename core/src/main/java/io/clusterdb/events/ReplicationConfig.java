package io.clusterdb.events;

import java.util.List;

/**
 * Copies on a cluster. An embedded log keeps one copy, whatever is asked for here, and says so when it starts.
 *
 * @param factor copies of topics that name no number of their own
 * @param cluster addresses {@code host:port} of its nodes; empty = there is none
 */
public record ReplicationConfig(int factor, ReplicationSync sync, List<String> cluster) {
    public static final ReplicationConfig NONE = new ReplicationConfig(1, ReplicationSync.QUORUM, List.of());

    public ReplicationConfig {
        if (factor < 1) {
            throw RejectedException.invalid("replication", "factor", factor, "1 or more");
        }
        cluster = List.copyOf(cluster);
    }
}
