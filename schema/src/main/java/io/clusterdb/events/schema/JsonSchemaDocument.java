package io.clusterdb.events.schema;

import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.path.PathType;
import io.clusterdb.events.schema.JsonSchemaKeywords.Place;
import io.clusterdb.events.spi.SchemaException;
import java.math.BigDecimal;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A definition that is a JSON Schema for sure: every reference in it leads to a schema. Immutable. */
final class JsonSchemaDocument {
    /** Reads decimals as they are written, since a bound or a multiple of 0.1 is none of the nearest binary number. */
    static final JsonMapper EXACT = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    static final SchemaRegistryConfig CONFIG =
            SchemaRegistryConfig.builder().pathType(PathType.JSON_POINTER).build();
    private static final String DRAFT = Dialects.getDraft202012().getId();
    private static final com.networknt.schema.Schema META = registry().getSchema(SchemaLocation.of(DRAFT));
    private static final List<String> IN_PLACE = List.of("allOf", "anyOf", "oneOf", "not", "if", "then", "else");

    /** Of schemas for the same data: references to others of references make more of a short definition than can be asked. */
    private static final int MOST_ASKED = 5_000;

    private static final int MOST_DIGITS = 1_000;

    private final Place root;
    private final Map<String, Place> anchors = new HashMap<>();

    private JsonSchemaDocument(JsonNode root) {
        this.root = new Place("", root);
    }

    static JsonSchemaDocument parse(String definition) {
        var document = new JsonSchemaDocument(tree(definition));
        document.check();
        return document;
    }

    /** The same document with other contents, at least where its references lead. */
    JsonSchemaDocument with(JsonNode changed) {
        var document = new JsonSchemaDocument(changed);
        anchors.forEach((name, place) -> document.anchors.put(name, document.at(place.pointer())));
        return document;
    }

    /** @throws SchemaException when it has what the validator makes nothing of, as {@code id}, a name of older drafts */
    static com.networknt.schema.Schema validator(JsonNode schema) {
        try {
            return registry().getSchema(schema);
        } catch (com.networknt.schema.SchemaException e) {
            throw new SchemaException("", "keywords of draft 2020-12", String.valueOf(e.getMessage()), e);
        }
    }

    /** A registry keeps what it has read, so each definition gets one of its own. */
    private static SchemaRegistry registry() {
        return SchemaRegistry.withDefaultDialect(
                Dialects.getDraft202012(), builder -> builder.schemaRegistryConfig(CONFIG));
    }

    private static JsonNode tree(String definition) {
        try {
            JsonNode tree = EXACT.readTree(definition);
            if (tree.isMissingNode()) {
                throw new SchemaException("", "a JSON Schema", "nothing");
            }
            return tree;
        } catch (JacksonException e) {
            throw JsonSchemaViolations.notJson(e);
        } catch (NumberFormatException e) {
            throw JsonSchemaViolations.notJson(e);
        }
    }

    Place root() {
        return root;
    }

    /** A place by its pointer; its node is a missing one when there is none. */
    Place at(String pointer) {
        return new Place(pointer, root.node().at(JsonSchemaKeywords.pointer(pointer)));
    }

    /** Where a reference leads; its node is a missing one when it leads nowhere. */
    Place target(String reference) {
        String fragment = URLDecoder.decode(reference.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8);
        return fragment.isEmpty() || fragment.startsWith("/")
                ? at(fragment)
                : anchors.getOrDefault(fragment, new Place("", EXACT.missingNode()));
    }

    /** The schemas that a place refers to. */
    List<Place> targets(Place place) {
        return JsonSchemaKeywords.REFERENCES.stream()
                .sorted()
                .filter(place.node()::has)
                .map(keyword -> target(place.node().get(keyword).stringValue()))
                .toList();
    }

    private void check() {
        checkDraft();
        checkNumbers(root);
        JsonSchemaViolations.refuse(META.validate(root.node()));
        var places = new ArrayList<Place>();
        collect(root, places);
        places.forEach(this::readAnchors);
        // A reference may lead to a place that no keyword makes a schema: such places are checked like the others.
        var known = new HashSet<>(places.stream().map(Place::pointer).toList());
        for (int i = 0; i < places.size(); i++) {
            checkPlace(places.get(i));
            for (Place target : targets(places.get(i))) {
                if (known.add(target.pointer())) {
                    JsonSchemaViolations.refuse(META.validate(target.node()), target.pointer());
                    collect(target, places);
                }
            }
        }
        var asked = new HashMap<String, Integer>();
        places.forEach(place -> asked(place, new HashSet<>(), asked));
    }

    private void checkDraft() {
        JsonNode named = root.node().path("$schema");
        if (named.isString() && !named.stringValue().replaceAll("#$", "").equals(DRAFT)) {
            throw new SchemaException("/$schema", DRAFT + " or nothing", JsonSchemaViolations.words(named));
        }
    }

    private static void collect(Place place, List<Place> into) {
        into.add(place);
        if (place.node().isObject()) {
            place.node()
                    .propertyNames()
                    .forEach(
                            keyword -> JsonSchemaKeywords.under(place, keyword).forEach(child -> collect(child, into)));
        }
    }

    private void readAnchors(Place place) {
        for (String keyword : List.of("$anchor", "$dynamicAnchor")) {
            JsonNode name = place.node().path(keyword);
            if (name.isString() && anchors.put(name.stringValue(), place) != null) {
                throw new SchemaException(
                        place.pointer() + "/" + keyword, "a name of its own", "a second " + name.stringValue());
            }
        }
    }

    private void checkPlace(Place place) {
        JsonNode node = place.node();
        if (!place.pointer().isEmpty() && node.has("$id")) {
            throw new SchemaException(
                    place.pointer() + "/$id",
                    "no $id below the root, since references lead within the document",
                    JsonSchemaViolations.words(node.get("$id")));
        }
        JsonSchemaKeywords.REFERENCES.stream()
                .sorted()
                .filter(node::has)
                .forEach(keyword -> checkReference(place, keyword));
        if (node.has("pattern")) {
            checkPattern(place.pointer() + "/pattern", node.get("pattern").stringValue());
        }
        node.path("patternProperties")
                .propertyNames()
                .forEach(pattern -> checkPattern(
                        place.pointer() + "/patternProperties/" + JsonSchemaKeywords.escaped(pattern), pattern));
    }

    private void checkReference(Place place, String keyword) {
        String reference = place.node().get(keyword).stringValue();
        String path = place.pointer() + "/" + keyword;
        if (!reference.startsWith("#")) {
            throw new SchemaException(
                    path, "a reference within the document, like #/$defs/name", '"' + reference + '"');
        }
        JsonNode target = resolved(path, reference);
        if (!target.isObject() && !target.isBoolean()) {
            throw new SchemaException(
                    path,
                    "a reference to a schema of the document",
                    '"' + reference + "\", which leads to " + (target.isMissingNode() ? "nothing" : "no schema"));
        }
    }

    private JsonNode resolved(String path, String reference) {
        try {
            return target(reference).node();
        } catch (IllegalArgumentException e) {
            throw new SchemaException(path, "a JSON pointer or an anchor after #", '"' + reference + '"', e);
        }
    }

    private static void checkPattern(String path, String pattern) {
        try {
            var unused = Pattern.compile(pattern);
        } catch (PatternSyntaxException e) {
            throw new SchemaException(
                    path,
                    "a regular expression",
                    '"' + pattern + "\": " + e.getDescription() + " at " + e.getIndex(),
                    e);
        }
    }

    /**
     * How many schemas are asked about the same data, each as often as it is.
     *
     * @param asking what is being asked: to ask it again has no end
     * @param known the answers, by pointer
     */
    private int asked(Place place, Set<String> asking, Map<String, Integer> known) {
        Integer before = known.get(place.pointer());
        if (before != null) {
            return before;
        }
        if (!asking.add(place.pointer())) {
            throw new SchemaException(
                    place.pointer(),
                    "a schema that comes to an end",
                    "references that lead back to it for the same data");
        }
        int all = 1;
        for (Place next : inPlace(place)) {
            all += asked(next, asking, known);
            if (all > MOST_ASKED) {
                throw new SchemaException(
                        place.pointer(),
                        "at most " + MOST_ASKED + " schemas that are asked about the same data",
                        "references that lead to more");
            }
        }
        asking.remove(place.pointer());
        known.put(place.pointer(), all);
        return all;
    }

    /** To reckon with a number of more digits takes more memory than there is. */
    private static void checkNumbers(Place place) {
        JsonNode node = place.node();
        if (node.isNumber()) {
            BigDecimal number = node.decimalValue();
            if (Math.abs((long) number.precision() - number.scale()) > MOST_DIGITS) {
                throw new SchemaException(
                        place.pointer(), "a number with an exponent of at most " + MOST_DIGITS, number.toString());
            }
        }
        for (int i = 0; i < node.size() && node.isArray(); i++) {
            checkNumbers(place.at(Integer.toString(i), node.get(i)));
        }
        node.properties().forEach(entry -> checkNumbers(place.at(entry.getKey(), entry.getValue())));
    }

    /** The schemas that all must hold where a place is applied: itself, and what it refers to and puts together. */
    List<Place> conjuncts(Place place) {
        var conjuncts = new ArrayList<Place>();
        conjuncts.add(place);
        targets(place).forEach(target -> conjuncts.addAll(conjuncts(target)));
        place.all("allOf").forEach(member -> conjuncts.addAll(conjuncts(member)));
        return conjuncts;
    }

    /** The schemas that a place applies to the very data it is applied to. */
    List<Place> inPlace(Place place) {
        var places = new ArrayList<>(targets(place));
        IN_PLACE.stream()
                .filter(place.node()::has)
                .forEach(keyword -> places.addAll(JsonSchemaKeywords.under(place, keyword)));
        places.addAll(place.all("dependentSchemas"));
        return places;
    }
}
