package io.clusterdb.events;

import java.time.Duration;
import java.time.Instant;

/**
 * One delivery of an event to a group. It is answered once, by one of the verbs below; without an answer within the
 * subscription's time-out it counts as {@link #nack()}. Each delivery has a lease, and an answer that comes after the
 * lease has ended is refused with {@link ErrorCode#LEASE_LOST}. Thread-safe.
 *
 * <p>The verbs return when the answer is in the operating system, so that it survives the death of the process. They
 * throw {@link ConflictException} when the lease is lost or the message is already answered.
 */
public interface Message {
    Event payload();

    /** The topic the event was published to; for a replayed dead letter, the original one. So with the next two. */
    String topic();

    int partition();

    long offset();

    /** When it was appended to the log. */
    Instant appended();

    /** Deliveries so far, this one included: 1 the first time. */
    int attempt();

    /** The data as a type; see {@link Event#data(Class)}. */
    default <T> T data(Class<T> type) {
        return payload().data(type);
    }

    /** Done: this event never comes again. */
    void commit();

    /** Done with this event and with all before it in its partition that this subscription was given. */
    void commitUpTo();

    /** Failed: the event comes again after the subscription's backoff, or becomes a dead letter. */
    void nack();

    /** Failed: the event comes again after this delay, or becomes a dead letter. */
    void nack(Duration delay);

    /** Hopeless: the event becomes a dead letter at once. */
    void term(String reason);

    /** Not wanted: the event never comes again; the reason is on the topic {@code _events.skipped} for 30 days. */
    void skip(String reason);

    /** Still at work: the lease starts anew. */
    void inProgress();
}
