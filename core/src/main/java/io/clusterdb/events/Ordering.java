package io.clusterdb.events;

/** Which events of a partition are handled one after the other, whatever the concurrency. */
public enum Ordering {
    /** None: an event that waits for its retry holds nobody back. */
    NONE,
    /** The default: events of one key, in the order of the log; events without a key are unordered. */
    KEY,
    /** All of a partition: an event that waits for its retry holds back the ones behind it. */
    PARTITION
}
