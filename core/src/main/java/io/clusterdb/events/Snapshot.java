package io.clusterdb.events;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The state of an aggregate as it was at a version. Immutable, given that nobody changes the tree.
 *
 * @param version of the last event that is part of it
 * @param fold the fingerprint of the functions that made it
 * @param state as JSON
 */
public record Snapshot(String aggregateId, long version, String fold, JsonNode state) {
    /** @throws RejectedException when the state is not of that class */
    public <T> T state(Class<T> type) {
        try {
            return Json.MAPPER.treeToValue(state, type);
        } catch (JacksonException e) {
            throw RejectedException.undecodable(
                    "the snapshot of aggregate " + aggregateId,
                    "asked for " + type.getSimpleName() + ", but " + e.getOriginalMessage(),
                    e);
        }
    }
}
