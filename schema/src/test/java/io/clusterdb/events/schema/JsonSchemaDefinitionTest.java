package io.clusterdb.events.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.spi.ParsedSchema.DataType;
import io.clusterdb.events.spi.SchemaException;
import io.clusterdb.events.spi.SchemaFormat;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonSchemaDefinitionTest {
    private final JsonSchemaFormat format = new JsonSchemaFormat();

    private SchemaException refusal(String definition) {
        return catchThrowableOfType(SchemaException.class, () -> format.parse(definition));
    }

    private void assertRefused(String definition, String path, String expected, String found) {
        SchemaException refused = refusal(definition);
        assertThat(refused).as(definition).isNotNull();
        assertThat(refused.path()).isEqualTo(path);
        assertThat(refused.expected()).contains(expected);
        assertThat(refused.found()).contains(found);
    }

    @Test
    void the_format_is_found_by_its_name() {
        assertThat(ServiceLoader.load(SchemaFormat.class).stream()
                        .map(ServiceLoader.Provider::get)
                        .filter(found -> found.name().equals("json-schema")))
                .hasSize(1)
                .allMatch(JsonSchemaFormat.class::isInstance);
    }

    @Test
    void data_is_json_without_an_id() {
        var schema = format.parse("true");

        assertThat(schema.needsId()).isFalse();
        assertThat(schema.contentType()).isEqualTo("application/json");
    }

    @Test
    void text_that_is_no_json_is_refused_with_its_line() {
        assertRefused("{\n  \"type\": \"object\",\n  oops\n}", "", "JSON", "line 3, column");
    }

    @Test
    void an_empty_definition_is_refused() {
        assertRefused("", "", "a JSON Schema", "nothing");
    }

    @Test
    void text_after_the_definition_is_refused() {
        assertRefused("{} {}", "", "JSON", "line 1");
    }

    @Test
    void a_key_given_twice_is_refused() {
        assertRefused("{\"type\": \"object\",\n\"type\": \"string\"}", "", "JSON", "line 2");
    }

    @Test
    void json_that_is_no_schema_is_refused() {
        assertRefused("[1]", "", "an object or true or false", "a list of 1");
        assertRefused("{\"type\": \"strin\"}", "/type", "\"string\"", "the string \"strin\"");
        assertRefused(
                "{\"properties\": {\"a/b\": 4}}", "/properties/a~1b", "an object or true or false", "the number 4");
        assertRefused("{\"minLength\": -1}", "/minLength", "at least 0", "-1");
    }

    @Test
    void another_draft_is_refused() {
        assertRefused("{\"$schema\": \"http://json-schema.org/draft-07/schema#\"}", "/$schema", "2020-12", "draft-07");
        assertThat(format.parse("{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\"}"))
                .isNotNull();
    }

    @Test
    void a_reference_out_of_the_document_is_refused() {
        assertRefused(
                "{\"properties\": {\"a\": {\"$ref\": \"https://example.com/order.json\"}}}",
                "/properties/a/$ref",
                "within the document",
                "https://example.com/order.json");
        assertRefused("{\"$ref\": \"order.json#/x\"}", "/$ref", "within the document", "order.json");
        assertRefused("{\"$ref\": \"file:///etc/order.json\"}", "/$ref", "within the document", "file:");
    }

    @Test
    void a_reference_that_leads_nowhere_is_refused() {
        assertRefused("{\"items\": {\"$ref\": \"#/$defs/x\"}}", "/items/$ref", "a schema of the document", "nothing");
        assertRefused("{\"items\": {\"$ref\": \"#x\"}}", "/items/$ref", "a schema of the document", "nothing");
        assertRefused("{\"items\": {\"$ref\": \"#/%zz\"}}", "/items/$ref", "a JSON pointer", "%zz");
        assertRefused(
                "{\"x\": 4, \"items\": {\"$ref\": \"#/x\"}}", "/items/$ref", "a schema of the document", "no schema");
    }

    @Test
    void what_a_reference_leads_to_is_checked_wherever_it_stands() {
        assertRefused("{\"$ref\": \"#/x\", \"x\": {\"type\": 1}}", "/x/type", "", "1");
    }

    @Test
    void references_may_use_pointers_and_anchors() {
        var schema = format.parse("""
                {"properties": {"a": {"$ref": "#/$defs/a%20b"}, "c": {"$ref": "#c"}},
                 "$defs": {"a b": {"type": "string"}, "c": {"$anchor": "c", "type": "integer"}}}""");

        assertThat(schema.encode("{\"a\":\"x\",\"c\":1}".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isNotNull();
        assertThat(catchThrowableOfType(SchemaException.class, () -> schema.encode(java.util.Map.of("c", "x")))
                        .path())
                .isEqualTo("/c");
    }

    @Test
    void an_anchor_given_twice_is_refused() {
        assertRefused(
                "{\"$defs\": {\"a\": {\"$anchor\": \"x\"}, \"b\": {\"$anchor\": \"x\"}}}",
                "/$defs/b/$anchor",
                "a name of its own",
                "x");
    }

    @Test
    void an_id_below_the_root_is_refused() {
        assertRefused("{\"items\": {\"$id\": \"item\"}}", "/items/$id", "no $id below the root", "item");
    }

    @Test
    void references_that_go_in_a_circle_are_refused() {
        assertRefused("{\"$ref\": \"#\"}", "", "comes to an end", "lead back");
        assertRefused(
                "{\"$ref\": \"#/$defs/a\", \"$defs\": {\"a\": {\"allOf\": [{\"$ref\": \"#/$defs/b\"}]}, \"b\": {\"$ref\": \"#/$defs/a\"}}}",
                "/$defs/a",
                "comes to an end",
                "lead back");
        assertThat(format.parse("{\"properties\": {\"next\": {\"$ref\": \"#\"}}}"))
                .isNotNull();
    }

    @Test
    void a_pattern_that_is_no_regular_expression_is_refused() {
        assertRefused("{\"pattern\": \"[a\"}", "/pattern", "a regular expression", "[a");
        assertRefused("{\"patternProperties\": {\"(\": true}}", "/patternProperties/(", "a regular expression", "(");
    }

    @Test
    void unknown_keywords_are_allowed() {
        assertThat(format.parse("{\"x-owner\": {\"team\": 1}, \"type\": \"string\"}")
                        .canonical())
                .isEqualTo("{\"type\":\"string\",\"x-owner\":{\"team\":1}}");
    }

    @Test
    void definitions_that_mean_the_same_have_one_canonical_text() {
        String canonical = format.parse("""
                {
                  "title": "Order", "description": "d", "$comment": "c", "examples": [1],
                  "type": ["string", "object"],
                  "required": ["title", "a"],
                  "properties": {"title": {"title": "t", "enum": ["b", "a"]}, "a": {"const": {"y": 1, "x": 2}}}
                }""").canonical();

        assertThat(canonical)
                .isEqualTo("{\"properties\":{\"a\":{\"const\":{\"x\":2,\"y\":1}},\"title\":{\"enum\":[\"a\",\"b\"]}},"
                        + "\"required\":[\"a\",\"title\"],\"type\":[\"object\",\"string\"]}");
        assertThat(format.parse(canonical).canonical()).isEqualTo(canonical);
    }

    @Test
    void defaults_and_formats_are_kept_in_the_canonical_text() {
        assertThat(format.parse("{\"format\": \"date\", \"default\": {\"title\": 1}}")
                        .canonical())
                .isEqualTo("{\"default\":{\"title\":1},\"format\":\"date\"}");
    }

    @Test
    void the_order_of_branches_is_kept() {
        assertThat(format.parse("{\"anyOf\":[{\"type\":\"string\"},{\"title\":\"x\",\"type\":\"null\"}]}")
                        .canonical())
                .isEqualTo("{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}");
    }

    /** Definitions d0, d1, ..., each made of the one before; "$d" stands for a reference to that. */
    private static String layers(int count, String first, String layer) {
        var all = new StringBuilder("{\"$ref\":\"#/$defs/d" + count + "\",\"$defs\":{\"d0\":" + first);
        for (int i = 1; i <= count; i++) {
            all.append(",\"d" + i + "\":" + layer.replace("$d", "{\"$ref\":\"#/$defs/d" + (i - 1) + "\"}"));
        }
        return all + "}}";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"allOf\":[$d,$d]}",
                "{\"anyOf\":[$d,$d]}",
                "{\"oneOf\":[$d,{\"not\":$d}]}",
                "{\"if\":$d,\"then\":$d}",
                "{\"dependentSchemas\":{\"a\":$d,\"b\":$d}}"
            })
    void references_that_make_much_of_a_short_definition_are_refused(String layer) {
        assertThat(format.parse(layers(8, "true", layer))).isNotNull();
        assertThat(refusal(layers(14, "true", layer)).expected())
                .isEqualTo("at most 5000 schemas that are asked about the same data");
        assertThat(refusal(layers(60, "true", layer)).path()).startsWith("/$defs/d");
    }

    @Test
    void a_long_row_of_references_is_no_error_but_one_that_is_too_long_is_told() {
        assertThat(format.parse(layers(100, "{\"type\":\"string\"}", "$d")).type())
                .isEqualTo(new DataType.Text());
        assertThat(refusal(layers(50_000, "true", "{\"properties\":{\"a\":$d}}"))
                        .expected())
                .contains("fits the stack");
    }

    @Test
    void the_shape_of_what_contains_itself_in_many_ways_is_not_told_to_the_end() {
        var names = List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k");
        String properties =
                names.stream().map(name -> "\"" + name + "\":{\"$ref\":\"#\"}").collect(Collectors.joining(","));

        DataType type = format.parse("{\"type\":\"object\",\"properties\":{" + properties + "}}")
                .type();

        assertThat(shapes(type)).isBetween(1_000, 4_000);
    }

    static int shapes(DataType type) {
        return type instanceof DataType.Fields(var fields, boolean open)
                ? 1
                        + fields.values().stream()
                                .mapToInt(JsonSchemaDefinitionTest::shapes)
                                .sum()
                : 1;
    }

    @Test
    void numbers_that_nothing_can_be_reckoned_with_are_refused() {
        assertRefused(
                "{\"type\":\"integer\",\"minimum\":1e999999999}",
                "/minimum",
                "exponent of at most 1000",
                "1E+999999999");
        assertRefused("{\"items\":{\"enum\":[1,1e-2000]}}", "/items/enum/1", "exponent of at most 1000", "1E-2000");
        assertThat(format.parse("{\"minimum\":-1.7976931348623157e308}")).isNotNull();
    }
}
