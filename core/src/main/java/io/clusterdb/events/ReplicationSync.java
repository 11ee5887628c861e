package io.clusterdb.events;

/** How many copies must have an event before {@link Acks#ALL} is answered. */
public enum ReplicationSync {
    /** One. */
    LEADER,
    /** More than half. */
    QUORUM,
    /** Every one. */
    ALL
}
