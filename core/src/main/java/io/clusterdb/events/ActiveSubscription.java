package io.clusterdb.events;

import java.util.Optional;

/** A subscription whose handler is being called. Thread-safe. */
public interface ActiveSubscription extends AutoCloseable {
    /** Hands out nothing more until {@link #resume}. What is out is answered as usual. */
    void pause();

    void resume();

    /** Why it has stopped reading a partition or all of them; empty as long as it has not. */
    Optional<EventsException> failure();

    /** Hands out nothing more, waits for the handlers that are at work, at most for the time-out, and leaves the group. */
    @Override
    void close();
}
