package io.clusterdb.events;

/** Which events of transactions a reader sees. */
public enum IsolationLevel {
    /** Only those of committed transactions, and nothing beyond the first event of an open one. The default. */
    READ_COMMITTED,
    /** All, in the order of the log. */
    READ_UNCOMMITTED
}
