package io.clusterdb.events.config;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A value of a YAML file.
 *
 * @param value a map of names to nodes, a list of nodes, a string, a number, a boolean, or null where nothing is written
 * @param line where it begins, from 1; 0 = nowhere
 */
record Node(@Nullable Object value, int line) {
    static final Node ABSENT = new Node(Map.of(), 0);

    @SuppressWarnings("unchecked") // YamlTree puts nothing else in
    @Nullable
    Map<String, Node> map() {
        return value instanceof Map ? (Map<String, Node>) value : null;
    }

    @SuppressWarnings("unchecked") // YamlTree puts nothing else in
    @Nullable
    List<Node> list() {
        return value instanceof List ? (List<Node>) value : null;
    }

    /** For messages: the number 7, the text 'x', a list. */
    String description() {
        return switch (value) {
            case null -> "nothing";
            case Map<?, ?> map -> "a map of " + map.keySet();
            case List<?> list -> "a list of " + list.size();
            case String text -> text.isEmpty() ? "an empty text" : "'" + text + "'";
            case Number number -> number.toString();
            default -> value.toString();
        };
    }
}
