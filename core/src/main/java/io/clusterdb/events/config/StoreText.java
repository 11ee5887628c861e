package io.clusterdb.events.config;

import io.clusterdb.events.EventStore;
import io.clusterdb.events.Schema;
import io.clusterdb.events.Schemas;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreBackendProvider;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** An event store as configuration. */
final class StoreText {
    private StoreText() {}

    /** @param alone whether there is no broker whose place could be meant */
    static Map<String, Object> map(EventStore store, boolean alone) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", store.name());
        Map<String, Object> persistence = new LinkedHashMap<>();
        StoreBackend place = store.place();
        if (place != null) {
            persistence.put("store", place(place));
        } else if (alone) {
            persistence.put("store", Map.of("type", "memory"));
        }
        schemas(store.schemas(), persistence);
        if (!persistence.isEmpty()) {
            map.put("persistence", persistence);
        }
        Map<String, Object> snapshots = new LinkedHashMap<>();
        snapshots.put("enabled", store.snapshots().enabled());
        snapshots.put("interval", store.snapshots().interval());
        snapshots.put("compression", store.snapshots().compression());
        map.put("snapshots", snapshots);
        if (store.forward() != null) {
            map.put("forward", store.forward());
        }
        return map;
    }

    private static Map<String, Object> place(StoreBackend place) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("type", place.type());
        StoreBackendProvider provider = Engines.stores().get(place.type());
        if (provider != null) {
            provider.write(place).forEach((key, value) -> map.put(key, withoutPassword(value)));
        }
        return map;
    }

    /** What stands between a user's name and the host of a URL, or behind the word in its query, is for nobody to see. */
    private static Object withoutPassword(Object value) {
        return value instanceof String text
                ? text.replaceAll("(://[^/:@\\s]*):[^/\\s]*@", "$1:***@").replaceAll("(?i)(password=)[^&\\s]*", "$1***")
                : value;
    }

    private static void schemas(Map<String, Schema> schemas, Map<String, Object> persistence) {
        Map<String, Object> byType = new TreeMap<>();
        schemas.forEach((type, schema) -> {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("type", schema.format());
            map.put("definition", schema.definition());
            if (type.equals(Schemas.ANY_TYPE)) {
                persistence.put("schema", map);
            } else {
                byType.put(type, map);
            }
        });
        if (!byType.isEmpty()) {
            persistence.put("schemas", byType);
        }
    }
}
