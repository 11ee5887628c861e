package io.clusterdb.events.config;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.PersistenceConfig;
import io.clusterdb.events.ReplicationConfig;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.BackendProvider;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/** Writes a broker as YAML. */
final class BrokerText {
    private static final YAMLMapper YAML = YAMLMapper.builder()
            .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
            .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
            .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .enable(YAMLWriteFeature.INDENT_ARRAYS_WITH_INDICATOR)
            .build();

    private BrokerText() {}

    static String yaml(EventBroker broker) {
        return YAML.writeValueAsString(Map.of("broker", escaped(broker(broker))));
    }

    private static Map<String, Object> broker(EventBroker broker) {
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

    /** A text that happens to hold a place for a variable must not become one. */
    private static Object escaped(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            map.forEach((key, below) -> copy.put(key, escaped(below)));
            return copy;
        }
        return value instanceof String text ? text.replace("${", "$${") : value;
    }
}
