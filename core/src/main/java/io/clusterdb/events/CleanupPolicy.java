package io.clusterdb.events;

/** What happens to a topic's old events. */
public enum CleanupPolicy {
    /** Deleted by age and size. */
    DELETE,
    /** The latest event of each key is kept; an event without data (a tombstone) removes its key. */
    COMPACT,
    /** Both: the latest of each key, and nothing older than the retention. */
    COMPACT_DELETE;

    public boolean compacts() {
        return this != DELETE;
    }

    public boolean deletes() {
        return this != COMPACT;
    }
}
