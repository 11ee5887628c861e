package io.clusterdb.events;

import java.time.Duration;
import java.util.Optional;

/**
 * Reads a topic as it lies in the log. It belongs to no group: nothing is answered, and nobody's position moves. It sees
 * what is committed. To be used by one thread at a time.
 *
 * <p>What was there when it was opened comes in the order of append time over all partitions; what is appended later
 * comes in the order of each partition. Events that retention deletes before they are read are passed over.
 */
public interface EventReader extends AutoCloseable {
    /**
     * The next event. Empty when none came in time, and also when there was none left to catch up with.
     *
     * @param timeout how long to wait at most
     */
    Optional<StoredEvent> next(Duration timeout);

    /** Whether everything that was there when it was opened has been read. */
    boolean isCaughtUp();

    @Override
    void close();
}
