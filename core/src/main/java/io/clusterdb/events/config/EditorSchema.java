package io.clusterdb.events.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The JSON Schema of a configuration, for editors. It is what {@link Section} is asked for when files are read that have
 * every section, so it knows what the reader knows and nothing else.
 */
final class EditorSchema {
    private static final String TYPE = "TYPE";
    private static final String BROKER = """
            broker: {name: x, engine: TYPE, persistence: {store: {type: TYPE}, retention: {}}, replication: {cluster: []}}
            """;
    private static final String STORE = """
            KEY{persistence: {store: {type: TYPE, path: x}, schema: {SCHEMA: x}, schemas: {any: {SCHEMA: x}}}}
            """;
    private static final String STREAMS = """
            streams:
              processors:
                any: {inputs: [{}], outputs: [{}], state: {store: TYPE, checkpointing: {}}, processing: {window: {}}}
            """;

    private EditorSchema() {}

    static String text() {
        ObjectNode schema = JsonMapper.shared()
                .createObjectNode()
                .put("$schema", "https://json-schema.org/draft/2020-12/schema")
                .put("title", "events.yaml");
        ObjectNode root = Shape.section();
        for (String file : files()) {
            Shape.merge(root, Configuration.shape(file));
        }
        return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(schema.setAll(root)) + "\n";
    }

    private static List<String> files() {
        List<String> files = new ArrayList<>();
        for (String type : Engines.found().keySet()) {
            files.add(BROKER.replace(TYPE, type));
        }
        Set<String> stores = new TreeSet<>(StoreSection.KNOWN.keySet());
        stores.addAll(Engines.stores().keySet());
        for (String type : stores) {
            for (String schema : List.of("path", "definition")) {
                String one = STORE.replace(TYPE, type).replace("SCHEMA", schema);
                files.add(one.replace("KEY", "store: "));
                files.add(one.replace("KEY", "stores:\n- "));
            }
        }
        for (String type : List.of("rocksdb", "memory")) {
            files.add(STREAMS.replace(TYPE, type));
        }
        return files;
    }
}
