package io.clusterdb.events.spi;

import io.clusterdb.events.ReplicationConfig;
import java.util.Map;

/**
 * Makes the {@link Backend} that a text configuration names, and tells how to write one down. Found with
 * {@link java.util.ServiceLoader}, so it must be public with a constructor without parameters, and cheap to load.
 */
public interface BackendProvider {
    /** The word for it in configuration: {@code broker.engine} and {@code broker.persistence.store.type}. */
    String type();

    /**
     * The backend that the settings describe. It is not opened.
     *
     * @param store the settings under {@code broker.persistence.store}, without the type
     */
    Backend read(Settings store, ReplicationConfig replication);

    /** The settings of a backend of this type that {@link #read} makes an equal one of; maps may be nested. */
    Map<String, Object> write(Backend backend);
}
