package io.clusterdb.events.config;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.PersistenceConfig;
import io.clusterdb.events.ReplicationConfig;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.BackendProvider;
import java.util.LinkedHashMap;
import java.util.Map;

/** A broker as configuration. */
final class BrokerText {
    private BrokerText() {}

    static Map<String, Object> map(EventBroker broker) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", broker.name());
        Backend store = broker.persistence().store();
        map.put("engine", store == null ? "memory" : store.type());
        map.put("persistence", persistence(broker.persistence()));
        ReplicationConfig replication = broker.replication();
        if (!replication.equals(ReplicationConfig.NONE)) {
            Map<String, Object> to = new LinkedHashMap<>();
            to.put("factor", replication.factor());
            to.put("sync", Section.wordOf(replication.sync()));
            if (!replication.cluster().isEmpty()) {
                to.put("cluster", replication.cluster());
            }
            map.put("replication", to);
        }
        return map;
    }

    private static Map<String, Object> persistence(PersistenceConfig persistence) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("enabled", persistence.enabled());
        Backend store = persistence.store();
        if (store != null) {
            Map<String, Object> to = new LinkedHashMap<>();
            to.put("type", store.type());
            BackendProvider provider = Engines.found().get(store.type());
            if (provider != null) {
                to.putAll(provider.write(store));
            }
            map.put("store", to);
        }
        RetentionPolicy retention = persistence.retention();
        if (!retention.equals(RetentionPolicy.FOREVER)) {
            Map<String, Object> to = new LinkedHashMap<>();
            if (retention.time() != null) {
                to.put("time", Durations.text(retention.time()));
            }
            if (retention.size() != null) {
                to.put("size", retention.size().toString());
            }
            map.put("retention", to);
        }
        return map;
    }
}
