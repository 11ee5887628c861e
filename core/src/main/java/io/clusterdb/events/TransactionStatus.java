package io.clusterdb.events;

import java.time.Instant;
import java.util.List;

/**
 * A transaction that is neither committed nor aborted.
 *
 * @param owner who began it
 * @param held what it keeps from readers of committed events
 */
public record TransactionStatus(String id, String owner, Instant begun, List<Held> held) {
    public TransactionStatus {
        held = List.copyOf(held);
    }

    /**
     * A partition that it has written to.
     *
     * @param offset of its first event there, beyond which committed events are not read; −1 where it is not known
     */
    public record Held(String topic, int partition, long offset) {}
}
