package io.clusterdb.events;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Events that were published with {@link Event#deliverAt} and are not due yet. The id of an event is the id of its
 * schedule: an event that is published again under the id of a pending one takes its place, so a publish may be retried,
 * and an event be moved to another time. Thread-safe.
 */
public interface Schedules {
    /**
     * What is pending, the next due first.
     *
     * @param topic only events for this one; null = all. Others are read and left out
     * @param after the last of the page before; null = begin
     * @param limit at most so many
     */
    List<Scheduled> list(@Nullable String topic, @Nullable Scheduled after, int limit);

    /** @throws NotFoundException when none of that id is pending */
    Scheduled get(String id);

    /**
     * Has a pending event never be delivered. Waits until that is decided.
     *
     * @return false when it was not pending: it was delivered or cancelled before, or never scheduled
     * @throws OutcomeUnknownException when nobody who delivers answered
     */
    boolean cancel(String id);
}
