package io.clusterdb.events;

import java.time.Duration;
import java.time.Instant;

/**
 * Where a group starts in a partition it has never read; and, when it is declared, where it goes on after retention has
 * deleted what it had not read: {@link #LATEST} at the end, {@link #NONE} fails, all others at the oldest event. It decides
 * nothing else: a partition that is added later is read from its beginning, and the position of a group never expires.
 */
public sealed interface AutoOffsetReset {
    /** The oldest event there is. The default. */
    AutoOffsetReset EARLIEST = new Earliest();

    /**
     * What comes after a member has taken the partition; and, for who reads what is committed, all from the first event
     * of the oldest transaction on that is open then.
     */
    AutoOffsetReset LATEST = new Latest();

    /** Nowhere: without a position, subscribing fails. */
    AutoOffsetReset NONE = new None();

    /** The first event appended at that time or later. */
    static AutoOffsetReset at(Instant instant) {
        return new At(instant);
    }

    /** As {@link #at}, so long before the group's first contact. */
    static AutoOffsetReset back(Duration duration) {
        return new Back(duration);
    }

    /** See {@link AutoOffsetReset#EARLIEST}. */
    record Earliest() implements AutoOffsetReset {}

    /** See {@link AutoOffsetReset#LATEST}. */
    record Latest() implements AutoOffsetReset {}

    /** See {@link AutoOffsetReset#NONE}. */
    record None() implements AutoOffsetReset {}

    /** See {@link AutoOffsetReset#at}. */
    record At(Instant instant) implements AutoOffsetReset {}

    /** See {@link AutoOffsetReset#back}. */
    record Back(Duration duration) implements AutoOffsetReset {}
}
