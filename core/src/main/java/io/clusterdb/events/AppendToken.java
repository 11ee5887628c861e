package io.clusterdb.events;

import java.util.Map;

/**
 * Tells that events were stored, and which: what a projection can be waited for with ({@link View#await}). A value.
 *
 * @param store the name of the store
 * @param mark of the last event, in the store's own way of counting; it says nothing by itself
 * @param versions the version of each aggregate behind its last event of the append
 */
public record AppendToken(String store, long mark, Map<String, Long> versions) {
    public AppendToken {
        versions = Map.copyOf(versions);
    }
}
