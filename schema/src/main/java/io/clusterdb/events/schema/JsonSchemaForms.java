package io.clusterdb.events.schema;

import io.clusterdb.events.schema.JsonSchemaKeywords.Place;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A document as strict writers and as tolerant readers have it.
 *
 * <p>The writing form is narrower: objects that declare properties and don't say what others may be have no others. The
 * reading form is wider: no object is closed. Both keep every schema at its pointer.
 *
 * <p>What stands under {@code not}, {@code if} and the like is left alone, since to narrow it there would widen the whole;
 * so does what such a place refers to.
 */
final class JsonSchemaForms {
    /** To narrow a schema under these narrows the whole. */
    private static final List<String> DEEPER =
            List.of("properties", "patternProperties", "additionalProperties", "items", "prefixItems");

    /** Apply to nothing where they stand. */
    private static final List<String> DEFINITIONS = List.of("$defs", "definitions");

    private static final List<String> ALL_OR_ANY = List.of("allOf", "anyOf");
    private static final List<String> CLOSING = List.of("additionalProperties", "unevaluatedProperties");

    private final JsonSchemaDocument document;
    /** Applied to a whole value: by pointer. */
    private final Map<String, Place> positions = new HashMap<>();
    /** Applied beside another schema. */
    private final Set<String> parts = new HashSet<>();
    /** Whose branches are closed, each for itself. */
    private final Set<String> unions = new HashSet<>();
    /** Must be left alone. */
    private final Set<String> fixed = new HashSet<>();

    private JsonSchemaForms(JsonSchemaDocument document) {
        this.document = document;
        visitPosition(document.root());
    }

    static JsonSchemaDocument writing(JsonSchemaDocument document) {
        return new JsonSchemaForms(document).writing();
    }

    static JsonSchemaDocument reading(JsonSchemaDocument document) {
        return new JsonSchemaForms(document).reading();
    }

    private JsonSchemaDocument writing() {
        JsonNode root = document.root().node().deepCopy();
        for (Place position : positions.values()) {
            Place closed = owner(position);
            if (mayChange(closed) && mustClose(closed) && node(root, closed) instanceof ObjectNode node) {
                // Where nothing else applies to the value, both words say the same, and the first is checked faster.
                boolean alone = document.inPlace(closed).isEmpty();
                node.put(alone ? "additionalProperties" : "unevaluatedProperties", false);
            }
        }
        return document.with(root);
    }

    private JsonSchemaDocument reading() {
        JsonNode root = document.root().node().deepCopy();
        var open = new HashSet<>(positions.keySet());
        open.addAll(parts);
        open.removeAll(fixed);
        for (String pointer : open) {
            if (root.at(JsonSchemaKeywords.pointer(pointer)) instanceof ObjectNode node) {
                CLOSING.stream().filter(k -> isFalse(node.get(k))).forEach(node::remove);
            }
        }
        return document.with(root);
    }

    /** A part can't be closed, since it does not know what the schema that it is a part of declares. */
    private boolean mayChange(Place position) {
        return !fixed.contains(position.pointer())
                && !parts.contains(position.pointer())
                && !unions.contains(position.pointer());
    }

    private static JsonNode node(JsonNode root, Place place) {
        return root.at(JsonSchemaKeywords.pointer(place.pointer()));
    }

    private static boolean isFalse(JsonNode node) {
        return node != null && node.isBoolean() && !node.booleanValue();
    }

    /** A schema that is nothing but a reference stands for the one it refers to, unless others build on that. */
    private Place owner(Place position) {
        Place at = position;
        while (isAlias(at)) {
            Place target = document.targets(at).getFirst();
            if (parts.contains(target.pointer()) || fixed.contains(target.pointer())) {
                return position;
            }
            at = target;
        }
        return at;
    }

    private boolean isAlias(Place place) {
        return document.targets(place).size() == 1
                && place.node().propertyNames().stream()
                        .noneMatch(k -> JsonSchemaKeywords.holdsSchemas(k) && !DEFINITIONS.contains(k));
    }

    private boolean mustClose(Place place) {
        return !place.node().has("additionalProperties")
                && !place.node().has("unevaluatedProperties")
                && declares(place);
    }

    private boolean declares(Place place) {
        return !place.node().path("properties").isEmpty()
                || !place.node().path("patternProperties").isEmpty()
                || document.inPlace(place).stream().anyMatch(this::declares);
    }

    private void visitPosition(Place place) {
        if (positions.put(place.pointer(), place) != null) {
            return;
        }
        if (isAlias(place)) {
            visitPosition(document.targets(place).getFirst());
        } else if (isUnion(place)) {
            unions.add(place.pointer());
            document.inPlace(place).forEach(this::visitPosition);
        } else {
            visitKeywords(place);
        }
    }

    /** One schema of several, and nothing beside them. */
    private boolean isUnion(Place place) {
        List<Place> branches = document.inPlace(place);
        List<String> holding = place.node().propertyNames().stream()
                .filter(keyword -> JsonSchemaKeywords.holdsSchemas(keyword) && !DEFINITIONS.contains(keyword))
                .toList();
        return (holding.equals(List.of("oneOf")) || holding.equals(List.of("anyOf")))
                && document.targets(place).isEmpty()
                && disjoint(document, branches);
    }

    private void visitPart(Place place) {
        if (parts.add(place.pointer())) {
            visitKeywords(place);
        }
    }

    private void visitKeywords(Place place) {
        document.targets(place).forEach(this::visitPart);
        for (String keyword : place.node().propertyNames()) {
            List<Place> under = JsonSchemaKeywords.under(place, keyword);
            if (DEEPER.contains(keyword)) {
                under.forEach(this::visitPosition);
            } else if (ALL_OR_ANY.contains(keyword) || (keyword.equals("oneOf") && disjoint(document, under))) {
                under.forEach(this::visitPart);
            } else if (!DEFINITIONS.contains(keyword)) {
                under.forEach(this::fix);
            }
        }
    }

    private void fix(Place place) {
        if (fixed.add(place.pointer())) {
            document.targets(place).forEach(this::fix);
            place.node()
                    .propertyNames()
                    .forEach(keyword -> JsonSchemaKeywords.under(place, keyword).forEach(this::fix));
        }
    }

    /** Whether no data fits two of the schemas, by their types or by a required property with different values. */
    static boolean disjoint(JsonSchemaDocument document, List<Place> branches) {
        for (int i = 0; i < branches.size(); i++) {
            for (int j = i + 1; j < branches.size(); j++) {
                if (!disjoint(document, branches.get(i), branches.get(j))) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean disjoint(JsonSchemaDocument document, Place one, Place other) {
        var facts = new JsonSchemaFacts(document, document.conjuncts(one));
        var others = new JsonSchemaFacts(document, document.conjuncts(other));
        var kinds = facts.kinds();
        kinds.retainAll(others.kinds());
        if (kinds.isEmpty()) {
            return true;
        }
        return kinds.equals(Set.of(JsonSchemaFacts.Kind.OBJECT))
                && facts.required().stream()
                        .filter(others.required()::contains)
                        .anyMatch(name -> differ(facts.valuesOf(name), others.valuesOf(name)));
    }

    private static boolean differ(List<JsonNode> values, List<JsonNode> others) {
        return !values.isEmpty()
                && !others.isEmpty()
                && values.stream()
                        .noneMatch(value -> others.stream().anyMatch(other -> JsonSchemaFacts.same(value, other)));
    }

    /** The same without comments, blanks and the order of keys and sets. */
    static JsonNode canonical(JsonNode schema) {
        if (!schema.isObject()) {
            return schema;
        }
        var place = new Place("", schema);
        ObjectNode sorted = JsonNodeFactory.instance.objectNode();
        schema.propertyNames().stream()
                .filter(keyword -> !JsonSchemaKeywords.isComment(keyword))
                .sorted()
                .forEach(keyword -> sorted.set(keyword, canonical(place, keyword)));
        return sorted;
    }

    private static JsonNode canonical(Place place, String keyword) {
        JsonNode value = place.node().get(keyword);
        List<Place> under = JsonSchemaKeywords.under(place, keyword);
        if (JsonSchemaKeywords.named(keyword) && value.isObject()) {
            ObjectNode sorted = JsonNodeFactory.instance.objectNode();
            value.propertyNames().stream().sorted().forEach(name -> sorted.set(name, canonical(value.get(name))));
            return sorted;
        }
        if (!under.isEmpty() && value.isArray()) {
            var list = JsonNodeFactory.instance.arrayNode();
            under.forEach(branch -> list.add(canonical(branch.node())));
            return list;
        }
        if (!under.isEmpty()) {
            return canonical(value);
        }
        return JsonSchemaKeywords.isSet(keyword) ? sortedSet(value) : sortedKeys(value);
    }

    private static JsonNode sortedSet(JsonNode value) {
        if (!value.isArray()) {
            return sortedKeys(value);
        }
        var list = JsonNodeFactory.instance.arrayNode();
        value.valueStream()
                .map(JsonSchemaForms::sortedKeys)
                .sorted(java.util.Comparator.comparing(JsonNode::toString))
                .forEach(list::add);
        return list;
    }

    private static JsonNode sortedKeys(JsonNode value) {
        if (value.isArray()) {
            var list = JsonNodeFactory.instance.arrayNode();
            value.forEach(element -> list.add(sortedKeys(element)));
            return list;
        }
        if (!value.isObject()) {
            return value;
        }
        ObjectNode sorted = JsonNodeFactory.instance.objectNode();
        value.propertyNames().stream().sorted().forEach(name -> sorted.set(name, sortedKeys(value.get(name))));
        return sorted;
    }
}
