package io.clusterdb.events;

/**
 * How a new version of a schema must fit the ones before it. Readers are consumers, writers publish.
 *
 * <p>The plain modes compare with the latest version only, the transitive ones with all of them. As in Confluent's
 * Schema Registry, whose names these are.
 */
public enum SchemaCompatibility {
    /** Nothing is compared. */
    NONE(false, false, false),
    /** Readers with the new version read what was written with the old one: upgrade readers first. */
    BACKWARD(true, false, false),
    /** Readers with the old version read what is written with the new one: upgrade writers first. */
    FORWARD(false, true, false),
    /** Both. */
    FULL(true, true, false),
    BACKWARD_TRANSITIVE(true, false, true),
    FORWARD_TRANSITIVE(false, true, true),
    FULL_TRANSITIVE(true, true, true);

    private final boolean backward;
    private final boolean forward;
    private final boolean transitive;

    SchemaCompatibility(boolean backward, boolean forward, boolean transitive) {
        this.backward = backward;
        this.forward = forward;
        this.transitive = transitive;
    }

    /** Whether the new version must read what the old ones have written. */
    public boolean isBackward() {
        return backward;
    }

    /** Whether the old versions must read what the new one writes. */
    public boolean isForward() {
        return forward;
    }

    /** Whether all versions count, not the latest one only. */
    public boolean isTransitive() {
        return transitive;
    }
}
