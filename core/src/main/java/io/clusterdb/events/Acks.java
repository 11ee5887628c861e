package io.clusterdb.events;

/** When a publish is answered. */
public enum Acks {
    /** Not awaited: the event may be lost by any crash. */
    NONE,
    /**
     * Embedded: written to the operating system, which survives the death of the process but not of the machine.
     * Kafka: as {@link #ALL}, without which it does not recognise retries.
     */
    LEADER,
    /**
     * The default. Embedded: on the disk (fdatasync), which survives power loss. Kafka: on every in-sync replica, as
     * {@code min.insync.replicas} demands.
     */
    ALL
}
