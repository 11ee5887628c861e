package io.clusterdb.events.schema;

import io.clusterdb.events.schema.JsonSchemaKeywords.Place;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What is true of data that several schemas of one document allow, all of them at once. Where the schemas say more than
 * is understood here, the facts are fewer: never more than is true.
 */
final class JsonSchemaFacts {
    /** Whole numbers and others are told apart, since one is a part of the other. */
    enum Kind {
        NULL,
        BOOLEAN,
        INTEGER,
        FRACTION,
        STRING,
        ARRAY,
        OBJECT
    }

    /** Alternatives that are told apart; with more, {@code anyOf} and {@code oneOf} are not looked into. */
    static final int ALTERNATIVES = 64;

    private static final Set<Kind> FEW = EnumSet.of(Kind.NULL, Kind.BOOLEAN);
    /** May declare properties that are not seen here. */
    private static final List<String> HIDING = List.of("if", "dependentSchemas", "not");

    private final JsonSchemaDocument document;
    private final List<Place> conjuncts;
    private final EnumSet<Kind> kinds;

    /** @param conjuncts as {@link JsonSchemaDocument#conjuncts} has them */
    JsonSchemaFacts(JsonSchemaDocument document, List<Place> conjuncts) {
        this(document, conjuncts, kinds(conjuncts));
    }

    private JsonSchemaFacts(JsonSchemaDocument document, List<Place> conjuncts, EnumSet<Kind> kinds) {
        this.document = document;
        this.conjuncts = conjuncts;
        this.kinds = kinds;
    }

    /** The alternatives that there are for data that all the places allow: data is true of at least one. */
    static List<JsonSchemaFacts> alternatives(JsonSchemaDocument document, List<Place> places) {
        List<List<Place>> alternatives = List.of(List.of());
        for (Place place : places) {
            alternatives = product(alternatives, expanded(document, place));
        }
        return alternatives.stream()
                .map(conjuncts -> new JsonSchemaFacts(document, conjuncts))
                .filter(facts -> !facts.kinds.isEmpty())
                .toList();
    }

    private static List<List<Place>> expanded(JsonSchemaDocument document, Place place) {
        List<List<Place>> alternatives = List.of(document.conjuncts(place));
        for (Place conjunct : document.conjuncts(place)) {
            for (String keyword : List.of("anyOf", "oneOf")) {
                List<List<Place>> branches = new ArrayList<>();
                conjunct.all(keyword).forEach(branch -> branches.addAll(expanded(document, branch)));
                alternatives = branches.isEmpty() ? alternatives : product(alternatives, branches);
            }
        }
        return alternatives;
    }

    private static List<List<Place>> product(List<List<Place>> left, List<List<Place>> right) {
        if (left.size() * right.size() > ALTERNATIVES) {
            return left;
        }
        var product = new ArrayList<List<Place>>();
        left.forEach(a -> right.forEach(
                b -> product.add(Stream.concat(a.stream(), b.stream()).toList())));
        return product;
    }

    List<Place> conjuncts() {
        return conjuncts;
    }

    /** Whether a branch was taken wherever there are several. */
    boolean branchesAreToldApart() {
        var pointers = conjuncts.stream().map(Place::pointer).collect(Collectors.toSet());
        return conjuncts.stream()
                .flatMap(conjunct -> Stream.of(conjunct.all("anyOf"), conjunct.all("oneOf")))
                .filter(branches -> !branches.isEmpty())
                .allMatch(branches -> branches.stream().map(Place::pointer).anyMatch(pointers::contains));
    }

    EnumSet<Kind> kinds() {
        return kinds.clone();
    }

    boolean may(Kind kind) {
        return kinds.contains(kind);
    }

    /** The same for one kind of data each. */
    List<JsonSchemaFacts> byKind() {
        return kinds.stream()
                .map(kind -> new JsonSchemaFacts(document, conjuncts, EnumSet.of(kind)))
                .toList();
    }

    private static EnumSet<Kind> kinds(List<Place> conjuncts) {
        var kinds = EnumSet.allOf(Kind.class);
        for (Place conjunct : conjuncts) {
            kinds.retainAll(kinds(conjunct.node()));
        }
        return kinds;
    }

    private static EnumSet<Kind> kinds(JsonNode schema) {
        var kinds = EnumSet.allOf(Kind.class);
        if (schema.isBoolean() && !schema.booleanValue()) {
            return EnumSet.noneOf(Kind.class);
        }
        if (schema.has("type")) {
            kinds.retainAll(types(schema.get("type")));
        }
        listed(schema).ifPresent(values -> {
            var found = EnumSet.noneOf(Kind.class);
            values.forEach(value -> found.add(kind(value)));
            kinds.retainAll(found);
        });
        return kinds;
    }

    static EnumSet<Kind> types(JsonNode type) {
        var kinds = EnumSet.noneOf(Kind.class);
        if (type.isArray()) {
            type.forEach(one -> kinds.addAll(types(one)));
            return kinds;
        }
        switch (type.asString()) {
            case "null" -> kinds.add(Kind.NULL);
            case "boolean" -> kinds.add(Kind.BOOLEAN);
            case "integer" -> kinds.add(Kind.INTEGER);
            case "number" -> kinds.addAll(EnumSet.of(Kind.INTEGER, Kind.FRACTION));
            case "string" -> kinds.add(Kind.STRING);
            case "array" -> kinds.add(Kind.ARRAY);
            default -> kinds.add(Kind.OBJECT);
        }
        return kinds;
    }

    private static Kind kind(JsonNode value) {
        return switch (value.getNodeType()) {
            case NULL -> Kind.NULL;
            case BOOLEAN -> Kind.BOOLEAN;
            case STRING -> Kind.STRING;
            case ARRAY -> Kind.ARRAY;
            case NUMBER -> isWhole(value.decimalValue()) ? Kind.INTEGER : Kind.FRACTION;
            default -> Kind.OBJECT;
        };
    }

    private static boolean isWhole(BigDecimal number) {
        return number.stripTrailingZeros().scale() <= 0;
    }

    private static Optional<List<JsonNode>> listed(JsonNode schema) {
        if (schema.has("const")) {
            return Optional.of(List.of(schema.get("const")));
        }
        return schema.has("enum") ? Optional.of(schema.get("enum").valueStream().toList()) : Optional.empty();
    }

    /** All values that there can be, when they can be listed. */
    Optional<List<JsonNode>> values() {
        Optional<List<JsonNode>> values = conjuncts.stream()
                .map(conjunct -> listed(conjunct.node()))
                .flatMap(Optional::stream)
                .findFirst();
        if (values.isPresent()) {
            return Optional.of(values.get().stream().filter(this::allowed).toList());
        }
        if (!FEW.containsAll(kinds)) {
            return Optional.empty();
        }
        var few = new ArrayList<JsonNode>();
        if (may(Kind.NULL)) {
            few.add(JsonNodeFactory.instance.nullNode());
        }
        if (may(Kind.BOOLEAN)) {
            few.add(JsonNodeFactory.instance.booleanNode(true));
            few.add(JsonNodeFactory.instance.booleanNode(false));
        }
        return Optional.of(few);
    }

    private boolean allowed(JsonNode value) {
        return kinds.contains(kind(value))
                && conjuncts.stream()
                        .map(conjunct -> listed(conjunct.node()))
                        .flatMap(Optional::stream)
                        .allMatch(values -> values.stream().anyMatch(one -> same(one, value)));
    }

    /** Equal as JSON Schema has it: 1 is 1.0. */
    static boolean same(JsonNode one, JsonNode other) {
        return one.equals(other)
                || (one.isNumber() && other.isNumber() && one.decimalValue().compareTo(other.decimalValue()) == 0);
    }

    /** The values a property can have, when it says so itself; none when it does not. */
    List<JsonNode> valuesOf(String property) {
        return conjuncts.stream()
                .map(conjunct -> conjunct.node().path("properties").path(property))
                .map(JsonSchemaFacts::listed)
                .flatMap(Optional::stream)
                .findFirst()
                .orElse(List.of());
    }

    /** The values of a keyword, of all the schemas that have it. */
    private Stream<JsonNode> said(String keyword) {
        return conjuncts.stream().map(Place::node).filter(n -> n.has(keyword)).map(n -> n.get(keyword));
    }

    boolean says(String keyword, JsonNode value) {
        return said(keyword).anyMatch(value::equals);
    }

    /** The highest value of a keyword that is a lower bound. */
    Optional<BigDecimal> highest(String keyword) {
        return said(keyword).map(JsonNode::decimalValue).max(BigDecimal::compareTo);
    }

    /** The lowest value of a keyword that is an upper bound. */
    Optional<BigDecimal> lowest(String keyword) {
        return said(keyword).map(JsonNode::decimalValue).min(BigDecimal::compareTo);
    }

    /** Whether all numbers are at least so, or above. */
    boolean numbersReach(BigDecimal bound, boolean orEqual) {
        Optional<BigDecimal> minimum = highest("minimum");
        Optional<BigDecimal> above = highest("exclusiveMinimum");
        if (!may(Kind.FRACTION)) {
            BigDecimal first = orEqual
                    ? bound.setScale(0, RoundingMode.CEILING)
                    : floor(bound).add(BigDecimal.ONE);
            return minimum.filter(m -> m.setScale(0, RoundingMode.CEILING).compareTo(first) >= 0)
                            .isPresent()
                    || above.filter(a -> floor(a).add(BigDecimal.ONE).compareTo(first) >= 0)
                            .isPresent();
        }
        return minimum.filter(m -> m.compareTo(bound) >= (orEqual ? 0 : 1)).isPresent()
                || above.filter(a -> a.compareTo(bound) >= 0).isPresent();
    }

    /** Whether all numbers are at most so, or below. */
    boolean numbersStay(BigDecimal bound, boolean orEqual) {
        Optional<BigDecimal> maximum = lowest("maximum");
        Optional<BigDecimal> below = lowest("exclusiveMaximum");
        if (!may(Kind.FRACTION)) {
            BigDecimal last = orEqual
                    ? floor(bound)
                    : bound.setScale(0, RoundingMode.CEILING).subtract(BigDecimal.ONE);
            return maximum.filter(m -> floor(m).compareTo(last) <= 0).isPresent()
                    || below.filter(b -> b.setScale(0, RoundingMode.CEILING)
                                            .subtract(BigDecimal.ONE)
                                            .compareTo(last)
                                    <= 0)
                            .isPresent();
        }
        return maximum.filter(m -> m.compareTo(bound) <= (orEqual ? 0 : -1)).isPresent()
                || below.filter(b -> b.compareTo(bound) <= 0).isPresent();
    }

    private static BigDecimal floor(BigDecimal number) {
        return number.setScale(0, RoundingMode.FLOOR);
    }

    /** Whether all numbers are multiples of one. */
    boolean numbersAreMultiplesOf(BigDecimal factor) {
        return Stream.concat(
                        said("multipleOf").map(JsonNode::decimalValue),
                        may(Kind.FRACTION) ? Stream.empty() : Stream.of(BigDecimal.ONE))
                .anyMatch(m -> m.remainder(factor).signum() == 0);
    }

    Set<String> required() {
        var names = new LinkedHashSet<String>();
        said("required").forEach(list -> list.forEach(name -> names.add(name.stringValue())));
        return names;
    }

    /** Whether an object with one property has another too. */
    boolean requires(String property, String with) {
        return required().contains(with)
                || said("dependentRequired")
                        .anyMatch(all -> all.path(property)
                                .valueStream()
                                .anyMatch(n -> n.asString().equals(with)));
    }

    /** The properties that are declared by name. */
    Set<String> names() {
        var names = new LinkedHashSet<String>();
        said("properties").forEach(properties -> names.addAll(properties.propertyNames()));
        return names;
    }

    /** The properties that are declared by pattern. */
    Map<String, Place> patterns() {
        var patterns = new LinkedHashMap<String, Place>();
        conjuncts.stream().filter(c -> c.node().has("patternProperties")).forEach(conjunct -> {
            Place all = conjunct.at("patternProperties");
            all.node()
                    .propertyNames()
                    .forEach(p ->
                            patterns.put(all.pointer() + p, all.at(p, all.node().get(p))));
        });
        return patterns;
    }

    /** What is true of a property's value: all of the schemas; empty when the property is never there. */
    Optional<List<Place>> property(String name) {
        var schemas = new ArrayList<Place>();
        boolean evaluated = false;
        for (Place conjunct : conjuncts) {
            List<Place> here = declared(conjunct, name);
            @Nullable JsonNode others = conjunct.node().get("additionalProperties");
            if (here.isEmpty() && others != null) {
                here = List.of(conjunct.at("additionalProperties"));
            }
            evaluated |= !here.isEmpty();
            schemas.addAll(here);
        }
        boolean never = (!evaluated && closed()) || schemas.stream().anyMatch(JsonSchemaFacts::isNever);
        return never ? Optional.empty() : Optional.of(schemas);
    }

    private static List<Place> declared(Place conjunct, String name) {
        var schemas = new ArrayList<Place>();
        if (conjunct.node().path("properties").has(name)) {
            schemas.add(conjunct.at("properties").at(name));
        }
        if (conjunct.node().has("patternProperties")) {
            Place patterns = conjunct.at("patternProperties");
            patterns.node().propertyNames().stream()
                    .filter(p -> Pattern.compile(p).matcher(name).find())
                    .forEach(p -> schemas.add(patterns.at(p)));
        }
        return schemas;
    }

    /** What is true of properties that are not declared at all; empty when there are none. */
    Optional<List<Place>> others() {
        List<Place> schemas = conjuncts.stream()
                .filter(c -> c.node().has("additionalProperties"))
                .map(c -> c.at("additionalProperties"))
                .toList();
        boolean never = (schemas.isEmpty() && closed()) || schemas.stream().anyMatch(JsonSchemaFacts::isNever);
        return never ? Optional.empty() : Optional.of(schemas);
    }

    private static boolean isNever(Place place) {
        return place.node().isBoolean() && !place.node().booleanValue();
    }

    private boolean closed() {
        return said("unevaluatedProperties").anyMatch(node -> node.isBoolean() && !node.booleanValue())
                && HIDING.stream().noneMatch(keyword -> said(keyword).findAny().isPresent())
                && conjuncts.stream().allMatch(this::branchesAreKnown);
    }

    /** Whether no branch but those looked into can declare properties of the same object. */
    private boolean branchesAreKnown(Place conjunct) {
        List<Place> any = conjunct.all("anyOf");
        List<Place> one = conjunct.all("oneOf");
        return (any.isEmpty()
                        || (conjuncts.stream().anyMatch(any::contains) && JsonSchemaForms.disjoint(document, any)))
                && (one.isEmpty() || conjuncts.stream().anyMatch(one::contains));
    }

    /** How many items are told apart by their place. */
    int leading() {
        return said("prefixItems").mapToInt(JsonNode::size).max().orElse(0);
    }

    /** What is true of an item; empty when there is none at this place. */
    Optional<List<Place>> item(int index) {
        var schemas = new ArrayList<Place>();
        for (Place conjunct : conjuncts) {
            List<Place> leading = conjunct.all("prefixItems");
            if (index < leading.size()) {
                schemas.add(leading.get(index));
            } else if (conjunct.node().has("items")) {
                schemas.add(conjunct.at("items"));
            }
        }
        boolean never = schemas.stream().anyMatch(JsonSchemaFacts::isNever)
                || lowest("maxItems")
                        .filter(m -> m.compareTo(BigDecimal.valueOf(index)) <= 0)
                        .isPresent();
        return never ? Optional.empty() : Optional.of(schemas);
    }

    boolean itemsDiffer() {
        return said("uniqueItems").anyMatch(JsonNode::booleanValue)
                || lowest("maxItems")
                        .filter(m -> m.compareTo(BigDecimal.ONE) <= 0)
                        .isPresent();
    }
}
