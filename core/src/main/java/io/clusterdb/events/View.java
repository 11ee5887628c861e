package io.clusterdb.events;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The documents of a projection, as far as it has come. Thread-safe.
 *
 * @param <D> the documents
 */
public interface View<D> {
    Optional<D> get(String key);

    /** All documents by their keys, ascending. */
    Map<String, D> list();

    /**
     * The documents that a condition is true of, by their keys.
     *
     * @param filter over {@code key} and {@code data}
     * @throws RejectedException when it is no condition
     */
    Map<String, D> list(Filter filter);

    /**
     * Waits until what was stored is in the documents; not at all when the projection is inline.
     *
     * @throws UnavailableException when it is not within that time, telling where the projection stands
     */
    void await(AppendToken token, Duration timeout);

    ProjectionStatus status();
}
