package io.clusterdb.events.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaException;
import io.clusterdb.events.testkit.Sweep;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** When nothing is said against a reader, it reads whatever the writer writes: random schemas, random data. */
class JsonSchemaReadingTest {
    private static final int PAIRS = Sweep.size(3_000, 100_000);
    private static final int DOCUMENTS = 40;
    private static final List<String> NAMES = List.of("a", "b", "x1");

    private final JsonSchemaFormat format = new JsonSchemaFormat();
    private final JsonMapper mapper = JsonMapper.builder().build();

    /** Draws schemas and data from one small world, so that they meet. */
    private static final class World {
        private final SplittableRandom random;

        World(long seed) {
            random = new SplittableRandom(seed);
        }

        boolean once(int in) {
            return random.nextInt(in) == 0;
        }

        <T> T one(List<T> of) {
            return of.get(random.nextInt(of.size()));
        }

        JsonNode document() {
            if (once(20)) {
                return JsonNodeFactory.instance.booleanNode(true);
            }
            ObjectNode root = object(3);
            ObjectNode definitions = root.putObject("$defs");
            definitions.set("p", object(1));
            definitions.set("q", schema(1));
            return root;
        }

        private JsonNode schema(int depth) {
            if (once(25)) {
                return JsonNodeFactory.instance.booleanNode(!once(3));
            }
            if (depth > 0 && once(8)) {
                return JsonNodeFactory.instance.objectNode().put("$ref", one(List.of("#/$defs/p", "#/$defs/q")));
            }
            if (depth > 0 && once(3)) {
                return object(depth - 1);
            }
            ObjectNode schema = JsonNodeFactory.instance.objectNode();
            if (depth > 0 && once(6)) {
                combine(schema, depth - 1);
            }
            switch (random.nextInt(8)) {
                case 0 -> schema.put("type", "integer");
                case 1 -> schema.put("type", "number");
                case 2 -> schema.put("type", "string");
                case 3 -> schema.putArray("type").add("string").add("null");
                case 4 ->
                    schema.putArray("enum").addPOJO(scalar()).addPOJO(scalar()).addPOJO(scalar());
                case 5 -> schema.set("const", scalar());
                case 6 -> array(schema, depth);
                default -> {
                    // Nothing is said about the type.
                }
            }
            bounds(schema);
            return schema;
        }

        private void bounds(ObjectNode schema) {
            for (String keyword : List.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")) {
                if (once(6)) {
                    schema.put(keyword, random.nextInt(-1, 5) / (once(3) ? 2.0 : 1.0));
                }
            }
            for (String keyword : List.of("minLength", "maxLength", "minProperties", "maxProperties")) {
                if (once(9)) {
                    schema.put(keyword, random.nextInt(3));
                }
            }
            if (once(12)) {
                schema.put("pattern", one(List.of("^a", "b")));
            }
            if (once(12)) {
                schema.put("multipleOf", one(List.of(1, 2)));
            }
            if (once(20)) {
                schema.set("not", JsonNodeFactory.instance.objectNode().set("const", scalar()));
            }
        }

        private void combine(ObjectNode schema, int depth) {
            var branches = schema.putArray(one(List.of("allOf", "anyOf", "oneOf")));
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                branches.add(schema(depth));
            }
        }

        private void array(ObjectNode schema, int depth) {
            schema.put("type", "array");
            if (!once(4)) {
                schema.set("items", schema(depth - 1));
            }
            if (once(4)) {
                schema.putArray("prefixItems").add(schema(depth - 1));
            }
            for (String keyword : List.of("minItems", "maxItems")) {
                if (once(4)) {
                    schema.put(keyword, random.nextInt(3));
                }
            }
            if (once(5)) {
                schema.put("uniqueItems", true);
            }
            if (once(8)) {
                schema.set("contains", schema(0));
            }
        }

        private ObjectNode object(int depth) {
            ObjectNode schema = JsonNodeFactory.instance.objectNode();
            if (!once(5)) {
                schema.put("type", "object");
            }
            if (!once(6)) {
                ObjectNode properties = schema.putObject("properties");
                NAMES.stream().filter(name -> !once(3)).forEach(name -> properties.set(name, schema(depth - 1)));
            }
            if (once(3)) {
                var required = schema.putArray("required");
                NAMES.stream().filter(name -> once(3)).forEach(required::add);
            }
            if (once(3)) {
                schema.set("additionalProperties", once(2) ? JsonNodeFactory.instance.booleanNode(once(2)) : schema(0));
            }
            if (once(8)) {
                schema.putObject("patternProperties").set("^x", schema(0));
            }
            if (once(12)) {
                schema.putObject("dependentRequired").putArray("a").add("b");
            }
            if (once(12)) {
                schema.putObject("propertyNames").put("maxLength", random.nextInt(1, 3));
            }
            if (once(12)) {
                schema.put("unevaluatedProperties", false);
            }
            if (depth > 0 && once(5)) {
                combine(schema, depth - 1);
            }
            if (depth > 0 && once(12)) {
                schema.set("if", schema(0));
                schema.set("then", schema(depth - 1));
            }
            return schema;
        }

        /** The same schema with one thing changed somewhere. */
        JsonNode changed(JsonNode schema) {
            JsonNode copy = schema.deepCopy();
            var nodes = new ArrayList<ObjectNode>();
            collect(copy, nodes);
            if (nodes.isEmpty()) {
                return document();
            }
            ObjectNode node = one(nodes);
            ObjectNode other = (ObjectNode) document0();
            for (String keyword : List.copyOf(other.propertyNames())) {
                if (once(2) && !keyword.equals("$defs")) {
                    node.set(keyword, other.get(keyword));
                }
            }
            List.copyOf(node.propertyNames()).stream()
                    .filter(keyword -> once(4) && !keyword.startsWith("$"))
                    .forEach(node::remove);
            return copy;
        }

        private JsonNode document0() {
            JsonNode schema = schema(1);
            return schema.isObject() ? schema : JsonNodeFactory.instance.objectNode();
        }

        private static void collect(JsonNode node, List<ObjectNode> into) {
            if (node instanceof ObjectNode object && (object.has("type") || object.has("minimum"))) {
                into.add(object);
            }
            node.forEach(child -> collect(child, into));
        }

        private JsonNode scalar() {
            return switch (random.nextInt(7)) {
                case 0, 1 -> JsonNodeFactory.instance.numberNode(random.nextInt(-1, 5));
                case 2 -> JsonNodeFactory.instance.numberNode(random.nextInt(-1, 5) + 0.5);
                case 3, 4 -> JsonNodeFactory.instance.stringNode(one(List.of("", "a", "ab", "b", "abc")));
                case 5 -> JsonNodeFactory.instance.booleanNode(once(2));
                default -> JsonNodeFactory.instance.nullNode();
            };
        }

        JsonNode data(int depth) {
            if (depth == 0 || once(4)) {
                return scalar();
            }
            if (once(4)) {
                var list = JsonNodeFactory.instance.arrayNode();
                for (int i = random.nextInt(4); i > 0; i--) {
                    list.add(data(depth - 1));
                }
                return list;
            }
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            for (String name : List.of("a", "b", "x1", "x2", "other")) {
                if (once(2)) {
                    object.set(name, data(depth - 1));
                }
            }
            return object;
        }
    }

    @Test
    void what_is_called_readable_is_read() {
        long seed = Sweep.seed();
        var world = new World(seed);
        int readable = 0;
        int read = 0;
        for (int i = 0; i < PAIRS; i++) {
            JsonNode old = world.document();
            JsonNode changed = world.changed(old);
            var writer = parse(old);
            var reader = parse(changed);
            if (writer == null || reader == null || !reader.unreadable(writer).isEmpty()) {
                continue;
            }
            readable++;
            for (int d = 0; d < DOCUMENTS; d++) {
                JsonNode data = world.data(3);
                if (isWritten(writer, data)) {
                    read++;
                    assertThat(((JsonSchema) reader).reads(data))
                            .as("seed %s: %s written by %s is read by %s", seed, data, old, changed)
                            .isTrue();
                }
            }
        }
        assertThat(readable).as("seed %s", seed).isGreaterThan(PAIRS / 20);
        assertThat(read).as("seed %s", seed).isGreaterThan(PAIRS);
        Sweep.note(
                "JsonSchemaReadingTest",
                PAIRS + " pairs of schemas, " + readable + " compatible, " + read + " documents");
    }

    @Test
    void what_passes_quickly_is_valid() {
        long seed = Sweep.seed();
        var world = new World(seed);
        int passed = 0;
        int valid = 0;
        for (int i = 0; i < PAIRS; i++) {
            JsonNode definition = world.document();
            if (!(parse(definition) instanceof JsonSchema schema)) {
                continue;
            }
            for (int d = 0; d < DOCUMENTS; d++) {
                JsonNode data = world.data(3);
                boolean writes = schema.writes(data);
                valid += writes ? 1 : 0;
                if (schema.passes(data)) {
                    passed++;
                    assertThat(writes)
                            .as("seed %s: %s by %s", seed, data, definition)
                            .isTrue();
                }
            }
        }
        assertThat(passed).as("seed %s, of %s", seed, valid).isGreaterThan(valid / 10);
    }

    @Test
    void every_schema_reads_itself() {
        long seed = Sweep.seed();
        var world = new World(seed);
        for (int i = 0; i < PAIRS / 3; i++) {
            JsonNode definition = world.document();
            var schema = parse(definition);
            if (schema != null) {
                assertThat(schema.unreadable(schema))
                        .as("seed %s: %s", seed, definition)
                        .isEmpty();
                assertThat(format.parse(schema.canonical()).unreadable(schema)).isEmpty();
            }
        }
    }

    /** Null when the schema refers to itself without end. */
    private @org.jspecify.annotations.Nullable ParsedSchema parse(JsonNode definition) {
        try {
            return format.parse(definition.toString());
        } catch (SchemaException e) {
            assertThat(e).hasMessageContaining("comes to an end");
            return null;
        }
    }

    private boolean isWritten(ParsedSchema writer, JsonNode data) {
        try {
            writer.encode(Bytes.utf8(mapper.writeValueAsString(data)));
            return true;
        } catch (SchemaException e) {
            return false;
        }
    }

    @Test
    void schemas_of_other_formats_are_no_writers() {
        ParsedSchema schema = format.parse("{}");
        ParsedSchema other = (ParsedSchema) java.lang.reflect.Proxy.newProxyInstance(
                ParsedSchema.class.getClassLoader(),
                new Class<?>[] {ParsedSchema.class},
                (proxy, method, args) -> "other");

        assertThatThrownBy(() -> schema.unreadable(other)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void schemas_too_intricate_to_compare_are_not_called_readable() {
        var deep = new StringBuilder("{\"$defs\":{\"d0\":{\"type\":\"integer\"}");
        for (int i = 1; i < 30; i++) {
            deep.append(
                    ",\"d%d\":{\"anyOf\":[{\"properties\":{\"l\":{\"$ref\":\"#/$defs/d%d\"},\"r\":{\"$ref\":\"#/$defs/d%d\"}}},{\"minimum\":%d}]}"
                            .formatted(i, i - 1, i - 1, i));
        }
        ParsedSchema old = format.parse(deep + "},\"$ref\":\"#/$defs/d29\"}");
        ParsedSchema changed = format.parse((deep + "},\"$ref\":\"#/$defs/d29\"}").replace("integer", "number"));

        assertThat(old.unreadable(changed)).isNotEmpty();
    }

    @Test
    void a_property_called_like_a_reference_hides_none() {
        String definition = """
                {"type": "object",
                 "properties": {"link": {"type": "object", "properties": {"$ref": {"$ref": "#/$defs/uri"}}}},
                 "$defs": {"uri": {"type": "%s"}}}""";
        ParsedSchema text = format.parse(definition.formatted("string"));
        ParsedSchema number = format.parse(definition.formatted("integer"));

        assertThat(number.unreadable(text)).singleElement().asString().startsWith("/$defs/uri/type: ");
        assertThat(text.unreadable(number)).singleElement().asString().startsWith("/$defs/uri/type: ");
        assertThat(format.parse(text.canonical()).unreadable(text)).isEmpty();
    }

    @Test
    void more_branches_than_are_told_apart_are_said_to_be_too_many() {
        String all = IntStream.range(0, 70)
                .mapToObj(i -> "{\"properties\":{\"kind\":{\"const\":" + i + "}},\"required\":[\"kind\"]}")
                .collect(Collectors.joining(","));
        ParsedSchema old = format.parse("{\"type\":\"object\",\"oneOf\":[" + all + "]}");
        ParsedSchema more = format.parse("{\"type\":\"object\",\"oneOf\":[" + all
                + ",{\"properties\":{\"kind\":{\"const\":70}},\"required\":[\"kind\"]}]}");

        assertThat(more.unreadable(old))
                .singleElement()
                .asString()
                .isEqualTo("the whole: the writer has more than 64 branches of anyOf and oneOf here, too many to be"
                        + " compared");
        assertThat(old.unreadable(old)).isEmpty();
    }
}
