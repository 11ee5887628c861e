package io.clusterdb.events;

/**
 * When a store keeps the state of aggregates, so that loading one need not fold all its events. A value.
 *
 * @param enabled whether it does by itself; {@link Store#createSnapshot} always does
 * @param interval events between two snapshots of an aggregate, 1 or more
 * @param compression whether states are compressed (gzip)
 */
public record SnapshotConfig(boolean enabled, int interval, boolean compression) {
    public static final SnapshotConfig DEFAULTS = new SnapshotConfig(true, 100, true);

    /** No snapshots but those that are asked for. */
    public static final SnapshotConfig OFF = new SnapshotConfig(false, 100, true);

    public SnapshotConfig {
        if (interval < 1) {
            throw RejectedException.invalid("snapshots", "interval", interval, "1 event or more");
        }
    }

    public static SnapshotConfig every(int events) {
        return new SnapshotConfig(true, events, true);
    }
}
