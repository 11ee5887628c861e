package io.clusterdb.events.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;

/** Where schemas stand in schemas. */
final class JsonSchemaKeywords {
    /** Have no meaning for data, and none for who reads it. */
    static final Set<String> COMMENTS = Set.of("$comment", "title", "description", "examples");

    static final Set<String> REFERENCES = Set.of("$ref", "$dynamicRef");

    private static final Set<String> SINGLE = Set.of(
            "items",
            "additionalProperties",
            "not",
            "if",
            "then",
            "else",
            "contains",
            "propertyNames",
            "unevaluatedItems",
            "unevaluatedProperties",
            "contentSchema");
    private static final Set<String> NAMED =
            Set.of("properties", "patternProperties", "$defs", "definitions", "dependentSchemas");
    private static final Set<String> LISTED = Set.of("allOf", "anyOf", "oneOf", "prefixItems");

    private JsonSchemaKeywords() {}

    /** A schema within a document. */
    record Place(String pointer, JsonNode node) {
        Place at(String segment, JsonNode child) {
            return new Place(pointer + "/" + escaped(segment), child);
        }

        /** The schema that is the value of a keyword. */
        Place at(String keyword) {
            return at(keyword, node.get(keyword));
        }

        /** The schemas of a keyword that has several, in their order. */
        List<Place> all(String keyword) {
            var places = new ArrayList<Place>();
            collect(keyword, places);
            return places;
        }

        private void collect(String keyword, List<Place> into) {
            JsonNode value = node.get(keyword);
            if (value == null) {
                return;
            }
            Place list = at(keyword, value);
            if (value.isArray()) {
                for (int i = 0; i < value.size(); i++) {
                    into.add(list.at(Integer.toString(i), value.get(i)));
                }
            } else {
                value.properties().forEach(entry -> into.add(list.at(entry.getKey(), entry.getValue())));
            }
        }
    }

    static boolean isComment(String keyword) {
        return COMMENTS.contains(keyword);
    }

    /** The schemas that stand directly under a keyword; none when it holds something else. */
    static List<Place> under(Place place, String keyword) {
        JsonNode value = place.node().get(keyword);
        if (SINGLE.contains(keyword)) {
            return List.of(place.at(keyword, value));
        }
        return (NAMED.contains(keyword) && value.isObject()) || (LISTED.contains(keyword) && value.isArray())
                ? place.all(keyword)
                : List.of();
    }

    /** Whether the order of a keyword's list has no meaning. */
    static boolean isSet(String keyword) {
        return keyword.equals("required") || keyword.equals("type") || keyword.equals("enum");
    }

    static boolean named(String keyword) {
        return NAMED.contains(keyword);
    }

    static boolean holdsSchemas(String keyword) {
        return SINGLE.contains(keyword) || NAMED.contains(keyword) || LISTED.contains(keyword);
    }

    static String escaped(String segment) {
        return segment.replace("~", "~0").replace("/", "~1");
    }

    static JsonPointer pointer(String text) {
        return JsonPointer.compile(text);
    }
}
