package io.clusterdb.events;

import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;

/**
 * A member of a consumer group that pulls its messages and answers them by hand. It hands out as many messages
 * unanswered at a time as its subscription's concurrency says. Thread-safe: several threads may take from one consumer.
 *
 * <p>A consumer lives as long as its messages are taken or answered: when nothing of this happens for the group's
 * session time-out, its partitions go to other members. The next take joins again.
 */
public interface Consumer extends Iterable<Message>, AutoCloseable {
    /**
     * Waits for the next message.
     *
     * @throws RejectedException {@link ErrorCode#CLOSED} when the consumer is closed
     */
    Message next();

    /** Waits for the next message, at most so long. Empty also when the consumer is closed meanwhile. */
    Optional<Message> next(Duration timeout);

    /** The messages as they come. {@code hasNext} waits, and is false when the consumer is closed. */
    @Override
    Iterator<Message> iterator();

    /** Leaves the group. Messages unanswered by then are delivered again, to another member or later. */
    @Override
    void close();
}
