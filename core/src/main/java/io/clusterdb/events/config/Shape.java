package io.clusterdb.events.config;

import io.clusterdb.events.ByteSize;
import java.util.Collection;
import java.util.Iterator;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What is allowed at a place of a configuration, as a JSON Schema: what an editor goes by. */
final class Shape {
    private static final String PLACE = "\\$\\{";
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private Shape() {}

    /** A map of keys; which ones, is put in as they are asked for. */
    static ObjectNode section() {
        ObjectNode shape = JSON.objectNode();
        shape.putArray("type").add("object").add("null");
        shape.putObject("properties");
        return shape.put("additionalProperties", false);
    }

    static ObjectNode text() {
        return JSON.objectNode().put("type", "string");
    }

    /** A text of a form, or with a variable in it. */
    static ObjectNode text(String pattern, String description) {
        return text().put("pattern", pattern + "|" + PLACE).put("description", description);
    }

    static ObjectNode integer(int min, int max) {
        ObjectNode number = JSON.objectNode().put("type", "integer").put("minimum", min);
        return any(
                max == Integer.MAX_VALUE ? number : number.put("maximum", max), text("^\\s*-?\\d+\\s*$", "a number"));
    }

    static ObjectNode flag() {
        return any(JSON.objectNode().put("type", "boolean"), text("^(true|false)$", "true or false"));
    }

    static ObjectNode size(String description) {
        return size(JSON.objectNode().put("type", "integer").put("minimum", 0), description);
    }

    static ObjectNode size(String description, ByteSize min, ByteSize max) {
        ObjectNode number = JSON.objectNode().put("type", "integer").put("minimum", min.bytes());
        return size(number.put("maximum", max.bytes()), description + ", from " + min + " to " + max);
    }

    private static ObjectNode size(ObjectNode number, String description) {
        return any(number, text("^\\s*[0-9]", description));
    }

    /** One of some words: in small letters, as an editor proposes them, or in any. */
    static ObjectNode word(Collection<String> words) {
        ObjectNode proposed = JSON.objectNode();
        ArrayNode list = proposed.putArray("enum");
        words.stream().sorted().forEach(list::add);
        String anyCase = words.stream().sorted().map(Shape::anyCase).collect(Collectors.joining("|"));
        return any(proposed, text().put("pattern", "^(" + anyCase + ")$|" + PLACE));
    }

    private static String anyCase(String word) {
        return word.chars()
                .mapToObj(c -> Character.isLetter(c)
                        ? "[" + (char) c + (char) Character.toUpperCase(c) + "]"
                        : String.valueOf((char) c))
                .collect(Collectors.joining());
    }

    static ObjectNode list(JsonNode item) {
        ObjectNode list = JSON.objectNode();
        list.putArray("type").add("array").add("null");
        list.set("items", item);
        return list;
    }

    private static ObjectNode any(ObjectNode one, ObjectNode other) {
        ObjectNode any = JSON.objectNode();
        any.putArray("anyOf").add(one).add(other);
        return any;
    }

    static void require(ObjectNode section, String key) {
        section.withArray("required").add(key);
    }

    /** Adds what another reading of the same place has asked for. What only one of them needs is not required. */
    static void merge(ObjectNode into, ObjectNode other) {
        Set<String> both = required(into);
        both.retainAll(required(other));
        into.remove("required");
        both.forEach(key -> require(into, key));
        ObjectNode properties = (ObjectNode) into.path("properties");
        other.path("properties").forEachEntry((key, shape) -> {
            JsonNode known = properties.get(key);
            if (known == null) {
                properties.set(key, shape);
            } else {
                mergePart((ObjectNode) known, (ObjectNode) shape);
            }
        });
        JsonNode others = other.path("additionalProperties");
        if (into.path("additionalProperties").isObject() && others.isObject()) {
            mergePart((ObjectNode) into.path("additionalProperties"), (ObjectNode) others);
        } else if (!others.equals(JSON.booleanNode(false))) {
            into.set("additionalProperties", others);
        }
    }

    private static void mergePart(ObjectNode known, ObjectNode shape) {
        if (known.has("properties") && shape.has("properties")) {
            merge(known, shape);
        } else if (known.path("items").has("properties") && shape.path("items").has("properties")) {
            merge((ObjectNode) known.path("items"), (ObjectNode) shape.path("items"));
        }
    }

    private static Set<String> required(ObjectNode section) {
        Set<String> keys = new TreeSet<>();
        for (Iterator<JsonNode> each = section.path("required").iterator(); each.hasNext(); ) {
            keys.add(each.next().asString());
        }
        return keys;
    }
}
