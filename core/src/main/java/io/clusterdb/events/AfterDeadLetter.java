package io.clusterdb.events;

/** What becomes of the later events of a key (or of a partition, as the ordering says) when one is a dead letter. */
public enum AfterDeadLetter {
    /** They flow on. The default. */
    FLOW,
    /**
     * They become dead letters too, in order, until those of the key are replayed, and handled, or purged. So nothing of
     * a key is ever handled before what came before it.
     */
    PARK
}
