package io.clusterdb.events.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What differs in the texts of two definitions, place by place. Parts of a list that have a name, as fields have, are the
 * same part when the name is the same; other lists are compared as a whole.
 */
final class SchemaChanges {
    private final List<Change> found = new ArrayList<>();

    /**
     * A place that differs.
     *
     * @param before null = it was not there
     * @param after null = it is not there any more
     */
    record Change(
            String path,
            @Nullable JsonNode before,
            @Nullable JsonNode after) {
        ObjectNode json() {
            ObjectNode json = JsonNodeFactory.instance.objectNode().put("path", path);
            json.set("before", before);
            json.set("after", after);
            return json;
        }

        /** A line about what {@link #json} gives. */
        static String text(JsonNode json) {
            String path = json.path("path").asString();
            JsonNode before = json.path("before");
            JsonNode after = json.path("after");
            if (before.isNull() || before.isMissingNode()) {
                return "+ " + path + ": " + after;
            }
            return after.isNull() || after.isMissingNode()
                    ? "- " + path + ": " + before
                    : "~ " + path + ": " + before + " -> " + after;
        }
    }

    private SchemaChanges() {}

    static List<Change> of(JsonNode before, JsonNode after) {
        SchemaChanges changes = new SchemaChanges();
        changes.compare("", before, after);
        return changes.found;
    }

    private void compare(String path, @Nullable JsonNode before, @Nullable JsonNode after) {
        if (Objects.equals(before, after)) {
            return;
        }
        Map<String, JsonNode> old = before == null ? Map.of() : parts(before);
        Map<String, JsonNode> young = after == null ? Map.of() : parts(after);
        if (old.isEmpty() || young.isEmpty()) {
            found.add(new Change(path.isEmpty() ? "/" : path, before, after));
            return;
        }
        old.forEach((name, part) -> compare(path + "/" + name, part, young.get(name)));
        young.forEach((name, part) -> {
            if (!old.containsKey(name)) {
                found.add(new Change(path + "/" + name, null, part));
            }
        });
    }

    /** By name; empty when it has none that could be compared one by one. */
    private static Map<String, JsonNode> parts(JsonNode node) {
        Map<String, JsonNode> parts = new LinkedHashMap<>();
        if (node.isObject()) {
            node.forEachEntry(parts::put);
        } else if (node.isArray()) {
            for (JsonNode part : node) {
                String name = part.path("name").asString("");
                if (name.isEmpty() || parts.put(name, part) != null) {
                    return Map.of();
                }
            }
        }
        return parts;
    }
}
