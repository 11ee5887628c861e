package io.clusterdb.events;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What has become of events that could not be handled, by group: what is in its topic {@code <group>.dlq}. Dead letters of
 * a subscription that names another topic are read as any topic is. Thread-safe.
 */
public interface DeadLetters {
    /**
     * The dead letters of a group that were neither replayed nor purged, oldest first.
     *
     * @param filter null = all
     * @param from the number to begin at: 0, or one above the last of the page before
     * @param limit at most so many
     */
    List<DeadLetter> list(String group, @Nullable Filter filter, long from, int limit);

    /** @throws NotFoundException when there is none of that number */
    DeadLetter get(String group, long number);

    /**
     * Has dead letters delivered to their group again, in order, as if for the first time. Other groups don't see it. It
     * goes page by page, each of them one step: interrupted, it can be called again.
     *
     * @param filter null = all
     * @param limit at most so many
     * @param dryRun only count
     * @return how many were, or would be, delivered again
     */
    long replay(String group, @Nullable Filter filter, long limit, boolean dryRun);

    /** Deletes dead letters; parameters as {@link #replay}. */
    long purge(String group, @Nullable Filter filter, long limit, boolean dryRun);
}
