package io.clusterdb.events.memory;

import io.clusterdb.events.ReplicationConfig;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.BackendProvider;
import io.clusterdb.events.spi.Settings;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreBackendProvider;
import java.util.Map;

/** {@code type: memory}. It has no settings. */
public final class MemoryProvider implements BackendProvider, StoreBackendProvider {
    @Override
    public String type() {
        return Memory.TYPE;
    }

    @Override
    public Backend read(Settings store, ReplicationConfig replication) {
        return Memory.create();
    }

    @Override
    public Map<String, Object> write(Backend backend) {
        return Map.of();
    }

    @Override
    public StoreBackend read(Settings place) {
        return Memory.create();
    }

    @Override
    public Map<String, Object> write(StoreBackend place) {
        return Map.of();
    }
}
