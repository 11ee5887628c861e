package io.clusterdb.events.schema;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.ParsedSchema.DataType;
import io.clusterdb.events.spi.SchemaException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class JsonSchemaDataTest {
    record Item(String sku, int quantity) {}

    record Order(String id, String customer, BigDecimal total, List<Item> items) {}

    record Node(int v, @Nullable Node next) {}

    static final class Broken {
        public String getName() {
            return Optional.<String>empty().orElseThrow(() -> new IllegalStateException("no name"));
        }
    }

    private static final String ORDER = """
            {"type": "object",
             "properties": {
               "id": {"type": "string", "minLength": 1},
               "customer": {"type": "string"},
               "total": {"type": "number", "minimum": 0},
               "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
               "note": {"type": ["string", "null"]}},
             "required": ["id", "customer", "total", "items"],
             "$defs": {"item": {
               "type": "object",
               "properties": {"sku": {"type": "string"}, "quantity": {"type": "integer", "minimum": 1}},
               "required": ["sku", "quantity"]}}}""";

    private final ParsedSchema order = parse(ORDER);

    private static ParsedSchema parse(String definition) {
        return new JsonSchemaFormat().parse(definition);
    }

    private static Order sample() {
        return new Order("o-1", "c-1", new BigDecimal("12.50"), List.of(new Item("a", 1), new Item("b", 2)));
    }

    private static @Nullable SchemaException refusal(String definition, String json) {
        ParsedSchema schema = parse(definition);
        return catchThrowableOfType(SchemaException.class, () -> schema.encode(json.getBytes(UTF_8)));
    }

    @Test
    void records_are_stored_as_plain_json() {
        assertThat(order.encode(sample()).utf8())
                .isEqualTo("{\"id\":\"o-1\",\"customer\":\"c-1\",\"total\":12.50,"
                        + "\"items\":[{\"sku\":\"a\",\"quantity\":1},{\"sku\":\"b\",\"quantity\":2}]}");
    }

    @Test
    void maps_and_trees_are_stored_as_plain_json() {
        JsonNode tree = order.tree(order.encode(sample()));

        assertThat(order.encode(tree).utf8()).contains("\"id\":\"o-1\"");
        assertThat(parse("{\"type\":\"object\"}").encode(Map.of("a", 1)).utf8()).isEqualTo("{\"a\":1}");
    }

    @Test
    void plain_data_passes_quickly() {
        JsonNode tree = order.tree(order.encode(sample()));

        assertThat(((JsonSchema) order).passes(tree)).isTrue();
        assertThat(((JsonSchema) parse("{\"not\":{\"type\":\"null\"}}")).passes(tree))
                .isFalse();
    }

    @Test
    void bytes_are_stored_as_given() {
        byte[] json = "{ \"a\" : 1.0 }".getBytes(UTF_8);
        Bytes slice = new Bytes("x{ \"a\" : 1 }y".getBytes(UTF_8), 1, 11);

        assertThat(parse("{}").encode(json)).isEqualTo(Bytes.of(json));
        assertThat(parse("{}").encode(slice)).isEqualTo(slice);
    }

    @Test
    void data_comes_back_as_tree_and_object() {
        Bytes stored = order.encode(sample());

        assertThat(order.decode(stored, Order.class)).isEqualTo(sample());
        assertThat(order.decode(stored, JsonNode.class)).isEqualTo(order.tree(stored));
        assertThat(order.tree(stored).at("/items/1/sku").stringValue()).isEqualTo("b");
    }

    @Test
    void readers_pass_over_properties_they_do_not_know() {
        assertThat(order.decode(Bytes.utf8("{\"sku\":\"a\",\"quantity\":1,\"colour\":\"red\"}"), Item.class))
                .isEqualTo(new Item("a", 1));
    }

    @Test
    void data_that_does_not_fit_the_class_names_the_place() {
        SchemaException refused = catchThrowableOfType(
                SchemaException.class,
                () -> order.decode(Bytes.utf8("{\"items\":[{\"sku\":\"a\",\"quantity\":\"many\"}]}"), Order.class));

        assertThat(refused.path()).isEqualTo("/items/0/quantity");
        assertThat(refused.expected()).contains("Order");
        assertThat(refused.found()).contains("many");
    }

    @Test
    void bytes_that_are_no_json_are_refused_with_the_place() {
        SchemaException refused = refusal("true", "{\n\"a\": }");

        assertThat(refused).isNotNull();
        assertThat(refused.expected()).isEqualTo("JSON");
        assertThat(refused.found()).contains("line 2");
        assertThat(refusal("true", "")).hasMessageContaining("found nothing");
        assertThat(refusal("true", "1 2")).hasMessageContaining("expected JSON");
        assertThat(refusal("true", "{\"a\":1,\"a\":2}")).hasMessageContaining("expected JSON");
        assertThatThrownBy(() -> order.tree(Bytes.utf8("{"))).isInstanceOf(SchemaException.class);
        assertThatThrownBy(() -> order.decode(Bytes.utf8("{"), Order.class)).isInstanceOf(SchemaException.class);
    }

    @Test
    void an_object_that_can_not_be_written_is_refused() {
        assertThatThrownBy(() -> parse("true").encode(new Broken()))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("written as JSON")
                .hasMessageContaining("no name");
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '^', delimiter = ';', textBlock = """
            {"type":"string"};                    1;             a string;                       the number 1
            {"type":["string","null"]};           true;          a string or null;               true
            {"type":"integer"};                   1.5;           an integer;                     the number 1.5
            {"type":"array"};                     {};            a list;                         an empty object
            {"type":"object"};                    [1,2];         an object;                      a list of 2
            {"type":"boolean"};                   null;          true or false;                  null
            {"enum":["a",2]};                     "b";           one of "a", 2;                  the string "b"
            {"const":{"a":1}};                    {"a":2};       {"a":1};                        an object with a
            {"minimum":3};                        2;             a number of at least 3;         the number 2
            {"maximum":3};                        3.1;           a number of at most 3;          the number 3.1
            {"exclusiveMinimum":3};               3;             a number above 3;               the number 3
            {"exclusiveMaximum":3};               3;             a number below 3;               the number 3
            {"multipleOf":0.1};                   0.25;          a multiple of 0.1;              the number 0.25
            {"minLength":2};                      "a";           at least 2 characters;          the string "a"
            {"maxLength":2};                      "abc";         at most 2 characters;           the string "abc"
            {"pattern":"^a"};                     "b";           a text that matches ^a;         the string "b"
            {"minItems":2};                       [1];           at least 2 items;               a list of 1
            {"maxItems":1};                       [1,2];         at most 1 items;                a list of 2
            {"uniqueItems":true};                 [1,1.0];       items that all differ;          a list of 2
            {"minProperties":1};                  {};            at least 1 properties;          an empty object
            {"maxProperties":1};                  {"a":1,"b":2}; at most 1 properties;           an object with a, b
            {"required":["a","b"]};               {"a":1};       the property "b";               an object with a
            {"not":{"type":"null"}};              null;          not;                            null
            {"contains":{"const":1}};             [2];           that fit;                       a list of 1
            false;                                1;             false;                          the number 1
            {"oneOf":[{"type":"null"},{"type":"string"}]}; 1;    null or a string;               the number 1
            {"anyOf":[{"type":"null"},{"maxLength":1,"type":"string"}]}; "ab"; at most 1 characters; the string "ab"
            """)
    void a_violation_says_expected_and_found(String definition, String json, String expected, String found) {
        SchemaException refused = refusal(definition, json);

        assertThat(refused).as(definition).isNotNull();
        assertThat(refused.path()).isEmpty();
        assertThat(refused.expected()).contains(expected);
        assertThat(refused.found()).isEqualTo(found);
    }

    @Test
    void the_deepest_violation_is_told_and_the_others_named() {
        SchemaException refused = refusal(ORDER, """
                {"id": "", "customer": "c", "total": -1, "items": [{"sku": "a", "quantity": 0}]}""");

        assertThat(refused).isNotNull();
        assertThat(refused.path()).isEqualTo("/items/0/quantity");
        assertThat(refused.expected()).isEqualTo("a number of at least 1");
        assertThat(refused.found()).isEqualTo("the number 0 (and 2 more: /id, /total)");
    }

    @Test
    void names_with_slashes_are_escaped_in_the_path() {
        SchemaException refused = refusal("{\"properties\":{\"a/b~c\":{\"type\":\"null\"}}}", "{\"a/b~c\":1}");

        assertThat(refused).isNotNull();
        assertThat(refused.path()).isEqualTo("/a~1b~0c");
    }

    @Test
    void a_property_that_is_not_declared_is_refused() {
        SchemaException refused = refusal(ORDER, """
                {"id": "o", "customer": "c", "total": 1, "items": [{"sku": "a", "quantity": 1, "colour": "red"}]}""");

        assertThat(refused).isNotNull();
        assertThat(refused.path()).isEqualTo("/items/0/colour");
        assertThat(refused.expected()).isEqualTo("no property that the schema does not declare");
        assertThat(refused.found()).isEqualTo("the string \"red\"");
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '^', delimiter = ';', textBlock = """
            true;  {"type":"object"}
            true;  {"properties":{"a":true},"additionalProperties":true}
            true;  {"properties":{"a":true},"additionalProperties":{"type":"integer"}}
            true;  {"properties":{"a":true},"unevaluatedProperties":true}
            true;  {"patternProperties":{"^x":true}}
            true;  {"properties":{"a":true},"patternProperties":{"^x":true}}
            true;  {"allOf":[{"properties":{"a":true}},{"properties":{"x":true}}]}
            true;  {"properties":{"a":true},"anyOf":[{"properties":{"x":true}}]}
            true;  {"properties":{"a":true},"$ref":"#/$defs/b","$defs":{"b":{"properties":{"x":true}}}}
            true;  {"properties":{"a":true},"if":{"required":["x"]},"then":{"properties":{"x":true}}}
            false; {"properties":{"a":true}}
            false; {"properties":{"a":true},"additionalProperties":false}
            false; {"patternProperties":{"^y":true}}
            false; {"allOf":[{"properties":{"a":true}},{"properties":{"y":true}}]}
            false; {"$ref":"#/$defs/b","$defs":{"b":{"properties":{"y":true}}}}
            false; {"oneOf":[{"properties":{"y":true},"required":["x"]},{"type":"null"}]}
            """)
    void only_declared_properties_are_written_unless_the_object_is_open(boolean allowed, String definition) {
        assertThat(refusal(definition, "{\"x\":1}") == null).isEqualTo(allowed);
    }

    @Test
    void the_inner_objects_of_a_recursive_schema_are_strict_too() {
        String list =
                "{\"properties\":{\"v\":{\"type\":\"integer\"},\"next\":{\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#\"}]}}}";

        assertThat(parse(list).encode(new Node(1, new Node(2, null))).utf8()).contains("\"v\":2");
        assertThat(refusal(list, "{\"v\":1,\"next\":{\"v\":2,\"w\":3}}")).isNotNull();
        assertThat(refusal("{\"properties\":{\"next\":{\"$ref\":\"#\"}}}", "{\"next\":{\"next\":{\"w\":3}}}"))
                .hasMessageContaining("/next/next/w");
    }

    @Test
    void a_part_that_others_build_on_is_not_closed() {
        String extended = """
                {"properties": {
                   "home": {"$ref": "#/$defs/address"},
                   "work": {"allOf": [{"$ref": "#/$defs/address"}], "properties": {"floor": {"type": "integer"}}}},
                 "$defs": {"address": {"properties": {"street": {"type": "string"}}}}}""";

        assertThat(refusal(extended, "{\"work\":{\"street\":\"s\",\"floor\":1}}"))
                .isNull();
        assertThat(refusal(extended, "{\"work\":{\"street\":\"s\",\"door\":1}}"))
                .isNotNull();
        assertThat(refusal(extended, "{\"home\":{\"street\":\"s\",\"floor\":1}}"))
                .isNotNull();
    }

    @Test
    void whole_numbers_may_be_written_with_a_point() {
        assertThat(refusal("{\"type\":\"integer\"}", "1.0")).isNull();
        assertThat(refusal("{\"multipleOf\":0.1}", "0.3")).isNull();
    }

    @Test
    void formats_are_not_checked() {
        assertThat(refusal("{\"format\":\"date-time\"}", "\"soon\"")).isNull();
    }

    @Test
    void the_shape_of_data_is_known() {
        var item = new DataType.Fields(Map.of("quantity", new DataType.Whole(), "sku", new DataType.Text()), false);

        assertThat(order.type())
                .isEqualTo(new DataType.Fields(
                        Map.of(
                                "id", new DataType.Text(),
                                "customer", new DataType.Text(),
                                "total", new DataType.Decimal(),
                                "items", new DataType.Repeated(item),
                                "note", new DataType.Text()),
                        false));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '^', delimiter = ';', textBlock = """
            true;                                        Any[]
            {"type":["string","integer"]};               Any[]
            {"type":"boolean"};                          Truth[]
            {"enum":["a","b",null]};                     Text[]
            {"const":3};                                 Whole[]
            {"type":"array"};                            Repeated[of=Any[]]
            {"type":"object"};                           Fields[fields={}, open=true]
            {"type":"object","properties":{"a":true}};   Fields[fields={a=Any[]}, open=false]
            {"oneOf":[{"type":"null"},{"type":"number"}]}; Decimal[]
            {"type":"object","properties":{"n":{"$ref":"#"}}}; Fields[fields={n=Fields[fields={n=Any[]}, open=false]}, open=false]
            {"type":"array","prefixItems":[{"type":"string"}],"items":{"type":"integer"}}; Repeated[of=Any[]]
            """)
    void the_shape_of_other_data_is_known_too(String definition, String type) {
        assertThat(parse(definition).type()).hasToString(type);
    }

    @Test
    void a_text_that_is_too_long_for_a_pattern_is_refused() {
        String definition = "{\"type\":\"string\",\"pattern\":\"^([a-z]|[0-9])*$\"}";

        assertThat(refusal(definition, '"' + "a".repeat(100) + '"')).isNull();
        assertThat(refusal(definition, '"' + "a".repeat(1_000_000) + '"')).hasMessageContaining("too long");
    }
}
