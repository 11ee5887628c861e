package io.clusterdb.events.schema;

import io.clusterdb.events.schema.JsonSchemaFacts.Kind;
import io.clusterdb.events.schema.JsonSchemaKeywords.Place;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Why a tolerant reader can't read all that a strict writer may write. For each keyword of the reader's schema it asks
 * whether the writer's makes it true; what can't be decided counts as a difference, so that an empty answer is a proof.
 *
 * <p>Used once.
 */
final class JsonSchemaReading {
    static final String INTRICATE = "the whole: the two schemas are too intricate to be compared";

    /** Of schemas compared; beyond that nothing is decided. */
    private static final int STEPS = 20_000;

    /** Keywords whose meaning depends on each other, decided only when both sides say the same. */
    private static final Map<String, List<String>> SAME = Map.of(
            "not", List.of("not"),
            "if", List.of("if", "then", "else"),
            "contains", List.of("contains", "minContains", "maxContains"),
            "dependentSchemas", List.of("dependentSchemas"));

    private final JsonSchema writer;
    private final JsonSchema reader;
    private final Set<String> comparing = new HashSet<>();
    private int steps;

    JsonSchemaReading(JsonSchema writer, JsonSchema reader) {
        this.writer = writer;
        this.reader = reader;
    }

    List<String> differences() {
        List<String> differences =
                differences(List.of(writer.writing().root()), reader.reading().root());
        return steps > STEPS ? List.of(INTRICATE) : List.copyOf(new LinkedHashSet<>(differences));
    }

    /** @param written all hold of the data */
    private List<String> differences(List<Place> written, Place read) {
        String pair = written.stream().map(Place::pointer).collect(Collectors.joining(" ")) + " > " + read.pointer();
        // Asked about the same pair deeper in the data, the answer is that of the data above.
        if (steps++ > STEPS || !comparing.add(pair)) {
            return List.of();
        }
        try {
            var differences = new ArrayList<String>();
            for (JsonSchemaFacts facts : JsonSchemaFacts.alternatives(writer.writing(), written)) {
                differences.addAll(toldApart(facts, read));
            }
            return differences;
        } finally {
            comparing.remove(pair);
        }
    }

    /** Of branches that are not looked into, the differences would not be true. */
    private List<String> toldApart(JsonSchemaFacts facts, Place read) {
        List<String> differences = differences(facts, read);
        return differences.isEmpty() || facts.branchesAreToldApart()
                ? differences
                : List.of(text(
                        read,
                        "",
                        "the writer has more than " + JsonSchemaFacts.ALTERNATIVES
                                + " branches of anyOf and oneOf here, too many to be compared"));
    }

    private List<String> differences(JsonSchemaFacts facts, Place read) {
        if (facts.kinds().isEmpty() || facts.conjuncts().stream().anyMatch(w -> same(w.pointer(), read.pointer()))) {
            return List.of();
        }
        Optional<List<JsonNode>> values = facts.values();
        if (values.isPresent()) {
            return values(values.get(), read);
        }
        var differences = new ArrayList<String>();
        for (Place conjunct : reader.reading().conjuncts(read)) {
            differences.addAll(keywords(facts, conjunct));
        }
        return differences;
    }

    private List<String> values(List<JsonNode> values, Place read) {
        List<String> refused = values.stream()
                .filter(value -> !reader.reads(value, read))
                .map(JsonNode::toString)
                .toList();
        String keyword = Stream.of("enum", "const", "type", "anyOf", "oneOf")
                .filter(read.node()::has)
                .findFirst()
                .orElse("");
        return refused.isEmpty()
                ? List.of()
                : List.of(text(read, keyword, "the writer may write " + String.join(", ", refused)));
    }

    private List<String> keywords(JsonSchemaFacts facts, Place read) {
        if (read.node().isBoolean()) {
            return read.node().booleanValue()
                    ? List.of()
                    : List.of(text(read, "", "the reader allows nothing here, the writer may write " + words(facts)));
        }
        if (read.node().has("type")) {
            Set<Kind> taken = JsonSchemaFacts.types(read.node().get("type"));
            if (!taken.containsAll(facts.kinds())) {
                // Nothing else is worth saying of data of the wrong kind.
                return List.of(text(read, "type", "the writer may write " + words(facts)));
            }
        }
        return read.node().propertyNames().stream()
                .flatMap(keyword -> keyword(facts, read, keyword).stream())
                .toList();
    }

    private List<String> keyword(JsonSchemaFacts facts, Place read, String keyword) {
        return switch (keyword) {
            case "enum", "const" -> List.of(text(read, keyword, "the writer may write other values"));
            case "anyOf", "oneOf" -> branches(facts, read, keyword);
            case "not", "if", "dependentSchemas" -> undecided(facts, read, keyword);
            default -> {
                if (facts.may(Kind.OBJECT)) {
                    yield object(facts, read, keyword);
                }
                yield facts.may(Kind.ARRAY) ? array(facts, read, keyword) : scalar(facts, read, keyword);
            }
        };
    }

    private List<String> object(JsonSchemaFacts facts, Place read, String keyword) {
        return switch (keyword) {
            case "required" -> required(facts, read);
            case "properties" -> properties(facts, read);
            case "patternProperties" -> patterns(facts, read);
            case "additionalProperties" -> additional(facts, read);
            case "dependentRequired" -> dependentRequired(facts, read);
            case "minProperties" -> bound(facts, read, keyword, fewest(facts));
            case "maxProperties" -> bound(facts, read, keyword, most(facts));
            case "propertyNames", "unevaluatedProperties" -> unlessAnything(facts, read, keyword);
            default -> facts.may(Kind.ARRAY) ? array(facts, read, keyword) : scalar(facts, read, keyword);
        };
    }

    private List<String> array(JsonSchemaFacts facts, Place read, String keyword) {
        return switch (keyword) {
            case "items" -> items(facts, read);
            case "prefixItems" -> leading(facts, read);
            case "minItems" -> bound(facts, read, keyword, facts.highest(keyword));
            case "maxItems" -> bound(facts, read, keyword, facts.lowest(keyword));
            case "uniqueItems" ->
                read.node().get(keyword).booleanValue() && !facts.itemsDiffer()
                        ? List.of(text(read, keyword, "the writer may write the same item twice"))
                        : List.of();
            case "contains" -> undecided(facts, read, keyword);
            case "unevaluatedItems" -> unlessAnything(facts, read, keyword);
            default -> scalar(facts, read, keyword);
        };
    }

    private List<String> scalar(JsonSchemaFacts facts, Place read, String keyword) {
        boolean numbers = facts.may(Kind.INTEGER) || facts.may(Kind.FRACTION);
        boolean strings = facts.may(Kind.STRING);
        return switch (keyword) {
            case "minimum", "exclusiveMinimum" ->
                !numbers || facts.numbersReach(number(read, keyword), keyword.equals("minimum"))
                        ? List.of()
                        : loose(facts, read, keyword, List.of("minimum", "exclusiveMinimum"));
            case "maximum", "exclusiveMaximum" ->
                !numbers || facts.numbersStay(number(read, keyword), keyword.equals("maximum"))
                        ? List.of()
                        : loose(facts, read, keyword, List.of("maximum", "exclusiveMaximum"));
            case "multipleOf" ->
                !numbers || facts.numbersAreMultiplesOf(number(read, keyword))
                        ? List.of()
                        : loose(facts, read, keyword, List.of(keyword));
            case "minLength" -> strings ? bound(facts, read, keyword, facts.highest(keyword)) : List.of();
            case "maxLength" -> strings ? bound(facts, read, keyword, facts.lowest(keyword)) : List.of();
            case "pattern" ->
                strings && !facts.says(keyword, read.node().get(keyword))
                        ? loose(facts, read, keyword, List.of(keyword))
                        : List.of();
            default -> List.of();
        };
    }

    private static BigDecimal number(Place read, String keyword) {
        return read.node().get(keyword).decimalValue();
    }

    /** A bound of a size: the writer's must be as tight, and no bound is that of nothing. */
    private static List<String> bound(JsonSchemaFacts facts, Place read, String keyword, Optional<BigDecimal> written) {
        BigDecimal wanted = number(read, keyword);
        boolean holds = keyword.startsWith("max")
                ? written.filter(w -> w.compareTo(wanted) <= 0).isPresent()
                : wanted.signum() == 0
                        || written.filter(w -> w.compareTo(wanted) >= 0).isPresent();
        return holds ? List.of() : loose(facts, read, keyword, List.of(keyword));
    }

    private static List<String> loose(JsonSchemaFacts facts, Place read, String keyword, List<String> like) {
        String said = like.stream()
                .flatMap(k -> facts.conjuncts().stream()
                        .filter(c -> c.node().has(k))
                        .map(c -> k + " " + c.node().get(k)))
                .distinct()
                .collect(Collectors.joining(" and "));
        return List.of(text(read, keyword, said.isEmpty() ? "the writer has none" : "the writer has " + said));
    }

    private List<String> required(JsonSchemaFacts facts, Place read) {
        Set<String> sure = facts.required();
        return read.node()
                .get("required")
                .valueStream()
                .map(JsonNode::stringValue)
                .filter(name -> !sure.contains(name))
                .map(name ->
                        read.pointer() + "/required: the reader needs \"" + name + "\", the writer may leave it out")
                .toList();
    }

    private List<String> properties(JsonSchemaFacts facts, Place read) {
        var differences = new ArrayList<String>();
        for (Place property : read.all("properties")) {
            facts.property(lastOf(property)).ifPresent(written -> differences.addAll(differences(written, property)));
        }
        return differences;
    }

    /** The reader's patterns may match whatever the writer does not name. */
    private List<String> patterns(JsonSchemaFacts facts, Place read) {
        var differences = new ArrayList<String>();
        for (Place schema : read.all("patternProperties")) {
            List<Place> alike = facts.patterns().values().stream()
                    .filter(written -> lastOf(written).equals(lastOf(schema)))
                    .toList();
            if (alike.isEmpty()) {
                differences.addAll(pattern(facts, schema));
            } else {
                differences.addAll(differences(alike, schema));
            }
        }
        return differences;
    }

    /** A pattern that the writer does not have: it may match what the writer names, and all that it does not name. */
    private List<String> pattern(JsonSchemaFacts facts, Place schema) {
        var differences = new ArrayList<String>();
        Pattern pattern = Pattern.compile(lastOf(schema));
        facts.names().stream()
                .filter(name -> pattern.matcher(name).find())
                .flatMap(name -> facts.property(name).stream())
                .forEach(written -> differences.addAll(differences(written, schema)));
        facts.patterns().values().forEach(written -> differences.addAll(differences(List.of(written), schema)));
        facts.others().ifPresent(written -> differences.addAll(differences(written, schema)));
        return differences;
    }

    private List<String> additional(JsonSchemaFacts facts, Place read) {
        Place schema = read.at("additionalProperties");
        var differences = new ArrayList<String>();
        for (String name : facts.names()) {
            if (!declares(read, name)) {
                facts.property(name).ifPresent(written -> differences.addAll(differences(written, schema)));
            }
        }
        facts.patterns().values().stream()
                .filter(w -> !read.node().path("patternProperties").has(lastOf(w)))
                .forEach(written -> differences.addAll(differences(List.of(written), schema)));
        facts.others().ifPresent(written -> differences.addAll(differences(written, schema)));
        return differences;
    }

    private static String lastOf(Place place) {
        return JsonSchemaKeywords.pointer(place.pointer()).last().getMatchingProperty();
    }

    private static boolean declares(Place read, String name) {
        return read.node().path("properties").has(name)
                || read.node().path("patternProperties").propertyNames().stream()
                        .anyMatch(pattern ->
                                Pattern.compile(pattern).matcher(name).find());
    }

    private List<String> dependentRequired(JsonSchemaFacts facts, Place read) {
        var differences = new ArrayList<String>();
        read.node().get("dependentRequired").properties().forEach(entry -> {
            boolean never = facts.property(entry.getKey()).isEmpty();
            entry.getValue().forEach(name -> {
                if (!never && !facts.requires(entry.getKey(), name.stringValue())) {
                    differences.add(read.pointer() + "/dependentRequired: with \"" + entry.getKey()
                            + "\" the reader needs \"" + name.stringValue() + "\", the writer may leave it out");
                }
            });
        });
        return differences;
    }

    private static Optional<BigDecimal> fewest(JsonSchemaFacts facts) {
        BigDecimal required = BigDecimal.valueOf(facts.required().size());
        return Optional.of(facts.highest("minProperties").map(required::max).orElse(required));
    }

    private static Optional<BigDecimal> most(JsonSchemaFacts facts) {
        Optional<BigDecimal> said = facts.lowest("maxProperties");
        if (facts.others().isPresent() || !facts.patterns().isEmpty()) {
            return said;
        }
        BigDecimal declared = BigDecimal.valueOf(facts.names().size());
        return Optional.of(said.map(declared::min).orElse(declared));
    }

    private List<String> leading(JsonSchemaFacts facts, Place read) {
        var differences = new ArrayList<String>();
        List<Place> leading = read.all("prefixItems");
        for (int i = 0; i < leading.size(); i++) {
            Place item = leading.get(i);
            facts.item(i).ifPresent(written -> differences.addAll(differences(written, item)));
        }
        return differences;
    }

    private List<String> items(JsonSchemaFacts facts, Place read) {
        var differences = new ArrayList<String>();
        int first = read.node().path("prefixItems").size();
        for (int i = first; i <= Math.max(first, facts.leading()); i++) {
            facts.item(i).ifPresent(written -> differences.addAll(differences(written, read.at("items"))));
        }
        return differences;
    }

    private List<String> branches(JsonSchemaFacts facts, Place read, String keyword) {
        List<Place> branches = read.all(keyword);
        if (keyword.equals("oneOf") && !JsonSchemaForms.disjoint(reader.reading(), branches)) {
            return undecided(facts, read, keyword);
        }
        var differences = new ArrayList<String>();
        for (JsonSchemaFacts kind : facts.byKind()) {
            List<List<String>> answers =
                    branches.stream().map(branch -> differences(kind, branch)).toList();
            if (answers.stream().noneMatch(List::isEmpty)) {
                differences.addAll(nearest(read, keyword, kind, answers));
            }
        }
        return differences;
    }

    /** When only one branch is of the right kind, what is wrong with it says more than that none fits. */
    private static List<String> nearest(Place read, String keyword, JsonSchemaFacts kind, List<List<String>> answers) {
        List<Place> branches = read.all(keyword);
        List<List<String>> near = new ArrayList<>();
        for (int i = 0; i < branches.size(); i++) {
            String own = branches.get(i).pointer() + "/type:";
            if (answers.get(i).stream().noneMatch(text -> text.startsWith(own))) {
                near.add(answers.get(i));
            }
        }
        return near.size() == 1
                ? near.getFirst()
                : List.of(read.pointer() + "/" + keyword + ": no branch of the reader allows " + words(kind)
                        + " as the writer may write it");
    }

    /** To allow anything says nothing. */
    private List<String> unlessAnything(JsonSchemaFacts facts, Place read, String keyword) {
        return read.node().get(keyword).asBoolean(false) ? List.of() : undecided(facts, read, keyword);
    }

    private List<String> undecided(JsonSchemaFacts facts, Place read, String keyword) {
        List<String> group = SAME.getOrDefault(keyword, List.of(keyword));
        boolean same = !keyword.startsWith("unevaluated")
                && facts.conjuncts().stream().anyMatch(written -> group.stream().allMatch(k -> same(written, read, k)));
        return same
                ? List.of()
                : List.of(
                        read.pointer() + "/" + keyword
                                + ": the reader has it, and that the writer keeps it can't be decided unless both say the same");
    }

    private boolean same(Place written, Place read, String keyword) {
        if (!written.node().has(keyword) || !read.node().has(keyword)) {
            return written.node().has(keyword) == read.node().has(keyword);
        }
        List<String> parts = parts(read, keyword);
        return parts.equals(parts(written, keyword))
                && parts.stream().allMatch(part -> same(written.pointer() + part, read.pointer() + part));
    }

    /** Where from a place on the schemas of a keyword stand; the keyword itself when it holds something else. */
    private static List<String> parts(Place place, String keyword) {
        List<Place> schemas = JsonSchemaKeywords.under(place, keyword);
        return schemas.isEmpty()
                ? List.of("/" + keyword)
                : schemas.stream()
                        .map(schema ->
                                schema.pointer().substring(place.pointer().length()))
                        .sorted()
                        .toList();
    }

    /** Whether two places have the same text, and so has all they refer to. */
    private boolean same(String written, String read) {
        return same(written, read, new HashSet<>());
    }

    private boolean same(String written, String read, Set<String> known) {
        if (!known.add(written + " " + read)) {
            return true;
        }
        JsonNode one = writer.document().at(written).node();
        JsonNode other = reader.document().at(read).node();
        return JsonSchemaForms.canonical(one).equals(JsonSchemaForms.canonical(other))
                && references(new Place("", one))
                        .allMatch(ref -> same(target(writer.document(), ref), target(reader.document(), ref), known));
    }

    /** One that leads nowhere is as good as the root. */
    private static String target(JsonSchemaDocument document, String reference) {
        try {
            return document.target(reference).pointer();
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /** Of a schema and those in it. */
    private static Stream<String> references(Place place) {
        Stream<String> own = JsonSchemaKeywords.REFERENCES.stream()
                .map(place.node()::path)
                .filter(JsonNode::isString)
                .map(JsonNode::stringValue)
                .filter(text -> text.startsWith("#"));
        Stream<String> inner = place.node().propertyNames().stream()
                .flatMap(keyword -> JsonSchemaKeywords.under(place, keyword).stream())
                .flatMap(JsonSchemaReading::references);
        return Stream.concat(own, inner);
    }

    private static String text(Place read, String keyword, String writer) {
        if (keyword.isEmpty()) {
            return (read.pointer().isEmpty() ? "the whole" : read.pointer()) + ": " + writer;
        }
        return read.pointer() + "/" + keyword + ": the reader has " + keyword + " "
                + read.node().get(keyword) + ", " + writer;
    }

    private static String words(JsonSchemaFacts facts) {
        var names = new TreeSet<String>();
        facts.kinds()
                .forEach(kind ->
                        names.add(kind == Kind.FRACTION ? "number" : kind.name().toLowerCase(java.util.Locale.ROOT)));
        if (names.contains("number")) {
            names.remove("integer");
        }
        return facts.kinds().size() == Kind.values().length ? "anything" : String.join(" or ", names);
    }
}
