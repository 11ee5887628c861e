package io.clusterdb.events.schema;

import io.clusterdb.events.schema.JsonSchemaFacts.Kind;
import io.clusterdb.events.schema.JsonSchemaKeywords.Place;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/**
 * A quick yes. Data that passes is valid for sure; of data that does not pass the full validator must be asked, which
 * knows all keywords and says what is wrong. Most events are valid and most schemas are plain, so that most data is seen
 * once by this alone. Immutable and thread-safe once compiled.
 */
final class JsonSchemaCheck {
    /** The rules of one schema; filled after it is known, since schemas refer to themselves. */
    private record Rules(List<Predicate<JsonNode>> all) implements Predicate<JsonNode> {
        @Override
        public boolean test(JsonNode data) {
            for (int i = 0; i < all.size(); i++) {
                if (!all.get(i).test(data)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Leave data alone: annotations, definitions, and keywords that others look at. */
    private static final Set<String> SILENT = Set.of(
            "$schema",
            "$id",
            "$anchor",
            "$dynamicAnchor",
            "$defs",
            "definitions",
            "$comment",
            "title",
            "description",
            "examples",
            "default",
            "deprecated",
            "readOnly",
            "writeOnly",
            "format");

    private final JsonSchemaDocument document;
    private final Map<String, Rules> compiled = new HashMap<>();
    private boolean plain = true;

    private JsonSchemaCheck(JsonSchemaDocument document) {
        this.document = document;
    }

    /** Passes nothing when the schema has a keyword that is not known here. */
    static Predicate<JsonNode> of(JsonSchemaDocument document) {
        var check = new JsonSchemaCheck(document);
        Predicate<JsonNode> root = check.schema(document.root());
        return check.plain ? root : data -> false;
    }

    private Predicate<JsonNode> schema(Place place) {
        Rules known = compiled.get(place.pointer());
        if (known != null) {
            return known;
        }
        var rules = new Rules(new ArrayList<>());
        compiled.put(place.pointer(), rules);
        if (place.node().isBoolean()) {
            boolean passes = place.node().booleanValue();
            rules.all().add(data -> passes);
        }
        place.node().propertyNames().forEach(keyword -> rule(place, keyword).ifPresent(rules.all()::add));
        return rules;
    }

    private Optional<Predicate<JsonNode>> rule(Place place, String keyword) {
        JsonNode says = place.node().get(keyword);
        return switch (keyword) {
            case "type" -> Optional.of(type(JsonSchemaFacts.types(says)));
            case "enum" -> Optional.of(data -> says.valueStream().anyMatch(one -> JsonSchemaFacts.same(one, data)));
            case "const" -> Optional.of(data -> JsonSchemaFacts.same(says, data));
            case "$ref", "$dynamicRef" -> Optional.of(schema(document.target(says.stringValue())));
            case "allOf" -> Optional.of(new Rules(branches(place, keyword)));
            case "anyOf" -> Optional.of(any(branches(place, keyword)));
            case "oneOf" ->
                JsonSchemaForms.disjoint(document, place.all(keyword))
                        ? Optional.of(any(branches(place, keyword)))
                        : unknown();
            case "properties" -> Optional.of(properties(place));
            case "additionalProperties" ->
                place.node().has("patternProperties") ? unknown() : Optional.of(others(place));
            case "required" -> Optional.of(required(says));
            case "items" -> place.node().has("prefixItems") ? unknown() : Optional.of(items(schema(place.at(keyword))));
            default -> SILENT.contains(keyword) ? Optional.empty() : bound(keyword, says);
        };
    }

    private Optional<Predicate<JsonNode>> bound(String keyword, JsonNode says) {
        return switch (keyword) {
            case "minimum" -> number(says, order -> order >= 0);
            case "maximum" -> number(says, order -> order <= 0);
            case "exclusiveMinimum" -> number(says, order -> order > 0);
            case "exclusiveMaximum" -> number(says, order -> order < 0);
            case "minLength" -> Optional.of(data -> !data.isString() || length(data) >= says.doubleValue());
            case "maxLength" -> Optional.of(data -> !data.isString() || length(data) <= says.doubleValue());
            case "minItems" -> Optional.of(data -> !data.isArray() || data.size() >= says.doubleValue());
            case "maxItems" -> Optional.of(data -> !data.isArray() || data.size() <= says.doubleValue());
            case "pattern" -> pattern(says.stringValue());
            default -> unknown();
        };
    }

    private Optional<Predicate<JsonNode>> unknown() {
        plain = false;
        return Optional.empty();
    }

    private List<Predicate<JsonNode>> branches(Place place, String keyword) {
        return place.all(keyword).stream().map(this::schema).toList();
    }

    private static Predicate<JsonNode> any(List<Predicate<JsonNode>> branches) {
        return data -> branches.stream().anyMatch(branch -> branch.test(data));
    }

    /** A number that is written with a point is not called whole here, though it may be. */
    private static Predicate<JsonNode> type(EnumSet<Kind> kinds) {
        boolean numbers = kinds.contains(Kind.FRACTION);
        boolean wholes = kinds.contains(Kind.INTEGER);
        return data -> switch (data.getNodeType()) {
            case STRING -> kinds.contains(Kind.STRING);
            case NUMBER -> numbers || (wholes && data.isIntegralNumber());
            case OBJECT -> kinds.contains(Kind.OBJECT);
            case ARRAY -> kinds.contains(Kind.ARRAY);
            case BOOLEAN -> kinds.contains(Kind.BOOLEAN);
            case NULL -> kinds.contains(Kind.NULL);
            default -> false;
        };
    }

    private Predicate<JsonNode> properties(Place place) {
        var names = List.copyOf(place.node().get("properties").propertyNames());
        var schemas = place.all("properties").stream().map(this::schema).toList();
        return data -> {
            for (int i = 0; i < names.size() && data.isObject(); i++) {
                JsonNode value = data.get(names.get(i));
                if (value != null && !schemas.get(i).test(value)) {
                    return false;
                }
            }
            return true;
        };
    }

    private Predicate<JsonNode> others(Place place) {
        Set<String> declared = Set.copyOf(place.node().path("properties").propertyNames());
        Predicate<JsonNode> schema = schema(place.at("additionalProperties"));
        return data -> {
            if (data.isObject()) {
                for (Map.Entry<String, JsonNode> property : data.properties()) {
                    if (!declared.contains(property.getKey()) && !schema.test(property.getValue())) {
                        return false;
                    }
                }
            }
            return true;
        };
    }

    private static Predicate<JsonNode> required(JsonNode says) {
        var names = says.valueStream().map(JsonNode::stringValue).toList();
        return data -> !data.isObject() || names.stream().allMatch(data::has);
    }

    private static Predicate<JsonNode> items(Predicate<JsonNode> schema) {
        return data -> {
            for (int i = 0; data.isArray() && i < data.size(); i++) {
                if (!schema.test(data.get(i))) {
                    return false;
                }
            }
            return true;
        };
    }

    private static Optional<Predicate<JsonNode>> number(JsonNode says, Predicate<Integer> holds) {
        BigDecimal bound = says.decimalValue();
        return Optional.of(
                data -> !data.isNumber() || holds.test(data.decimalValue().compareTo(bound)));
    }

    /** In characters as Unicode counts them. */
    private static int length(JsonNode data) {
        String text = data.stringValue();
        return text.codePointCount(0, text.length());
    }

    private static Optional<Predicate<JsonNode>> pattern(String pattern) {
        var expression = JsonSchemaDocument.CONFIG.getRegularExpressionFactory().getRegularExpression(pattern);
        return Optional.of(data -> !data.isString() || expression.matches(data.stringValue()));
    }
}
