package io.clusterdb.events;

import io.clusterdb.events.spi.Backend;
import java.time.Duration;
import java.util.List;

/**
 * The configuration of a broker. A value; {@link Events#open} makes it real.
 *
 * @param name the application's, and the source of events that name none
 */
public record EventBroker(String name, PersistenceConfig persistence, ReplicationConfig replication)
        implements Component {
    public EventBroker {
        Topic.checkName(name);
    }

    /** A broker in memory. */
    public static EventBroker named(String name) {
        return new EventBroker(name, PersistenceConfig.MEMORY, ReplicationConfig.NONE);
    }

    /** Keeps its events there. */
    public EventBroker store(Backend store) {
        return persistence(new PersistenceConfig(true, store, persistence.retention()));
    }

    public EventBroker persistence(PersistenceConfig value) {
        return new EventBroker(name, value, replication);
    }

    /** The retention time of topics without their own, and the size of all topics together. */
    public EventBroker retention(Duration time, ByteSize size) {
        return retention(new RetentionPolicy(time, size));
    }

    public EventBroker retention(RetentionPolicy policy) {
        return persistence(new PersistenceConfig(persistence.enabled(), persistence.store(), policy));
    }

    public RetentionPolicy retention() {
        return persistence.retention();
    }

    /**
     * Copies on a cluster; without one there is a single copy, and the log says so.
     *
     * @param factor copies of topics that name no number of their own, 1 or more
     * @param sync copies that {@link Acks#ALL} waits for
     * @param cluster its nodes, each {@code host:port}
     */
    public EventBroker replication(int factor, ReplicationSync sync, String... cluster) {
        return new EventBroker(name, persistence, new ReplicationConfig(factor, sync, List.of(cluster)));
    }
}
