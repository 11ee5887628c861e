package io.clusterdb.events.schema;

import com.networknt.schema.Error;
import io.clusterdb.events.spi.SchemaException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.JsonNode;

/** Says in plain words what is wrong with data. */
final class JsonSchemaViolations {
    private static final int SHOWN = 60;
    private static final int LISTED = 5;
    /** Say only that something said elsewhere makes them fail. */
    private static final Set<String> SUMMARIES =
            Set.of("anyOf", "oneOf", "allOf", "$ref", "if", "then", "else", "unevaluatedProperties");

    private static final Set<String> UNKNOWN = Set.of("additionalProperties", "unevaluatedProperties");

    private JsonSchemaViolations() {}

    /** One violation. */
    record Violation(String path, int depth, String keyword, String expected, String found) {
        boolean isCause() {
            return !SUMMARIES.contains(keyword);
        }

        /** A branch that wants another type tells less than one that wants another value. */
        int telling() {
            return keyword.equals("type") ? 0 : 1;
        }
    }

    /** Throws when there are errors. */
    static void refuse(List<Error> errors) {
        refuse(errors, "");
    }

    /** @param base is before each path */
    static void refuse(List<Error> errors, String base) {
        if (!errors.isEmpty()) {
            throw exception(errors, base);
        }
    }

    private static SchemaException exception(List<Error> errors, String base) {
        List<Violation> violations = errors.stream()
                .map(error -> violation(error, base))
                .distinct()
                .sorted(Comparator.comparing(Violation::isCause)
                        .thenComparingInt(Violation::depth)
                        .thenComparingInt(Violation::telling)
                        .reversed())
                .toList();
        Violation first = violations.getFirst();
        String expected = violations.stream()
                .filter(v -> v.path().equals(first.path()) && v.keyword().equals(first.keyword()))
                .map(Violation::expected)
                .distinct()
                .collect(Collectors.joining(" or "));
        return new SchemaException(first.path(), expected, first.found() + others(violations, first));
    }

    private static String others(List<Violation> violations, Violation first) {
        List<String> paths = violations.stream()
                .filter(v -> v.isCause() == first.isCause() && !v.path().equals(first.path()))
                .map(Violation::path)
                .distinct()
                .toList();
        return paths.isEmpty()
                ? ""
                : " (and " + paths.size() + " more: "
                        + paths.stream()
                                .limit(LISTED)
                                .map(p -> p.isEmpty() ? "the whole" : p)
                                .collect(Collectors.joining(", "))
                        + (paths.size() > LISTED ? " ..." : "") + ")";
    }

    private static Violation violation(Error error, String base) {
        String path = base + error.getInstanceLocation();
        int depth = error.getInstanceLocation().getNameCount();
        String property = error.getProperty();
        if (property != null && UNKNOWN.contains(error.getKeyword())) {
            JsonNode value = error.getInstanceNode().path(property);
            return new Violation(
                    path + "/" + JsonSchemaKeywords.escaped(property),
                    depth + 1,
                    error.getKeyword(),
                    "no property that the schema does not declare",
                    value.isMissingNode() ? "one" : words(value));
        }
        String found = error.getKeyword().equals("required")
                ? properties(error.getInstanceNode())
                : words(error.getInstanceNode());
        return new Violation(path, depth, error.getKeyword(), expected(error, property), found);
    }

    private static String expected(Error error, String property) {
        JsonNode says = error.getSchemaNode();
        return switch (error.getKeyword()) {
            case "type" -> types(says);
            case "required" -> "the property \"" + property + '"';
            case "enum" -> "one of " + listed(says);
            case "const" -> says.toString();
            case "minimum" -> "a number of at least " + says;
            case "maximum" -> "a number of at most " + says;
            case "exclusiveMinimum" -> "a number above " + says;
            case "exclusiveMaximum" -> "a number below " + says;
            case "multipleOf" -> "a multiple of " + says;
            case "minLength" -> "at least " + says + " characters";
            case "maxLength" -> "at most " + says + " characters";
            case "pattern" -> "a text that matches " + says.asString();
            case "minItems" -> "at least " + says + " items";
            case "maxItems" -> "at most " + says + " items";
            case "minProperties" -> "at least " + says + " properties";
            case "maxProperties" -> "at most " + says + " properties";
            case "contains", "minContains", "maxContains" ->
                "as many items that fit as \"" + error.getKeyword() + "\" says";
            case "uniqueItems" -> "items that all differ";
            default -> error.getKeyword() + ": " + error.getMessage();
        };
    }

    private static String types(JsonNode says) {
        return says.isArray()
                ? elements(says).map(type -> type(type.asString())).collect(Collectors.joining(" or "))
                : type(says.asString());
    }

    private static String type(String name) {
        return switch (name) {
            case "array" -> "a list";
            case "object", "integer" -> "an " + name;
            case "boolean" -> "true or false";
            case "null" -> name;
            default -> "a " + name;
        };
    }

    private static String listed(JsonNode list) {
        return elements(list).map(JsonNode::toString).collect(Collectors.joining(", "));
    }

    private static java.util.stream.Stream<JsonNode> elements(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }

    /** What a value is, and the value itself when it is short. */
    static String words(JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> "the string " + cut(value.toString());
            case NUMBER -> "the number " + cut(value.toString());
            case OBJECT -> properties(value);
            case ARRAY -> "a list of " + value.size();
            default -> value.toString();
        };
    }

    private static String properties(JsonNode object) {
        return object.isEmpty()
                ? "an empty object"
                : "an object with " + cut(String.join(", ", object.propertyNames()));
    }

    private static String cut(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    }

    static SchemaException notJson(JacksonException e) {
        TokenStreamLocation at = e.getLocation();
        String where = at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
        return new SchemaException("", "JSON", e.getOriginalMessage() + where, e);
    }

    /** Jackson tells of an exponent that no decimal of Java has as Java does, and not where it stands. */
    static SchemaException notJson(NumberFormatException e) {
        return new SchemaException(
                "", "JSON with numbers whose exponents have 32 bits", cut(String.valueOf(e.getMessage())), e);
    }

    /** Data that is JSON, but does not become an object of a class. */
    static SchemaException notOf(Class<?> type, DatabindException e) {
        var path = new ArrayList<String>();
        e.getPath()
                .forEach(step -> path.add(JsonSchemaKeywords.escaped(
                        step.getPropertyName() == null ? Integer.toString(step.getIndex()) : step.getPropertyName())));
        return new SchemaException(
                path.isEmpty() ? "" : "/" + String.join("/", path),
                "what fits " + type.getName(),
                cut(e.getOriginalMessage().lines().findFirst().orElse("something else")),
                e);
    }
}
