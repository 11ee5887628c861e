package io.clusterdb.events;

import org.jspecify.annotations.Nullable;

/**
 * Where a projection stands.
 *
 * @param version that answers
 * @param position up to which events are in its documents
 * @param lag events behind it
 * @param inline whether its documents change in the very writes that store events: nothing is ever behind it
 * @param building version that is being built beside it; null = none
 * @param builtTo position of that one; 0 when there is none
 * @param skipped events that it has left out, because its function failed at them or it was told to
 * @param failure why it, or what is being built, stands still; null = it does not
 */
public record ProjectionStatus(
        String name,
        int version,
        long position,
        long lag,
        boolean inline,
        @Nullable Integer building,
        long builtTo,
        long skipped,
        @Nullable String failure) {}
