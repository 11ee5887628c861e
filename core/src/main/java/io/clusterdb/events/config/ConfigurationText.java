package io.clusterdb.events.config;

import io.clusterdb.events.Component;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/** Writes components as YAML. */
final class ConfigurationText {
    private static final YAMLMapper YAML = YAMLMapper.builder()
            .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
            .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
            .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .enable(YAMLWriteFeature.INDENT_ARRAYS_WITH_INDICATOR)
            .build();

    private ConfigurationText() {}

    static String yaml(List<? extends Component> components) {
        Map<String, Object> sections = new LinkedHashMap<>();
        List<EventStore> stores = new ArrayList<>();
        for (Component component : components) {
            switch (component) {
                case EventBroker broker -> sections.put("broker", BrokerText.map(broker));
                case EventStore store -> stores.add(store);
                default -> {} // written in code only
            }
        }
        boolean alone = sections.isEmpty();
        List<Map<String, Object>> all =
                stores.stream().map(store -> StoreText.map(store, alone)).toList();
        if (all.size() == 1) {
            sections.put("store", all.getFirst());
        } else if (!all.isEmpty()) {
            sections.put("stores", all);
        }
        return YAML.writeValueAsString(escaped(sections));
    }

    /** A text that happens to hold a place for a variable must not become one. */
    private static Object escaped(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            map.forEach((key, below) -> copy.put(key, escaped(below)));
            return copy;
        }
        if (value instanceof List<?> list) {
            return list.stream().map(ConfigurationText::escaped).toList();
        }
        return value instanceof String text ? text.replace("${", "$${") : value;
    }
}
