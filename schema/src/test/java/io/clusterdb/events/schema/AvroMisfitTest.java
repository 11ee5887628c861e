package io.clusterdb.events.schema;

import static io.clusterdb.events.schema.AvroReference.json;
import static io.clusterdb.events.schema.AvroReference.misfit;
import static io.clusterdb.events.schema.AvroReference.record;
import static io.clusterdb.events.schema.AvroReference.schema;
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaException;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class AvroMisfitTest {
    private static final ParsedSchema ORDER = schema(AvroMappingTest.ORDER);

    private static SchemaException refused(String type, @Nullable Object value) {
        return misfit(() -> schema(record(type)).encode(Collections.singletonMap("f", value)));
    }

    @Test
    void the_path_leads_to_the_innermost_place() {
        SchemaException e = misfit(() -> ORDER.encode(json(
                "{'id':'o','total':1,'items':[{'sku':'a','count':1,'price':1},{'sku':'a','count':1.5,'price':1}]}")));

        assertThat(e.path()).isEqualTo("/items/1/count");
        assertThat(e.expected()).isEqualTo("an int");
        assertThat(e.found()).isEqualTo("the number 1.5");
    }

    @Test
    void a_key_of_a_map_is_part_of_the_path() {
        SchemaException e = misfit(() -> ORDER.encode(json("{'id':'o','total':1,'items':[],'tags':{'a/b':'x'}}")));

        assertThat(e.path()).isEqualTo("/tags/a~1b");
        assertThat(e.found()).isEqualTo("the text \"x\"");
    }

    @Test
    void a_missing_field_without_default_is_told() {
        SchemaException e = misfit(() -> ORDER.encode(json("{'total':1,'items':[]}")));

        assertThat(e.path()).isEqualTo("/id");
        assertThat(e.found()).isEqualTo("nothing, and the schema has no default");
    }

    @Test
    void an_unknown_field_is_refused_wherever_it_comes_from() {
        record Extra(String f, int more) {}
        Map<String, Object> map = Map.of("f", "x", "more", 1);

        assertThat(misfit(() -> schema(record("'string'")).encode(json("{'f':'x','more':1}")))
                        .path())
                .isEqualTo("/more");
        assertThat(misfit(() -> schema(record("'string'")).encode(map)).path()).isEqualTo("/more");
        assertThat(misfit(() -> schema(record("'string'")).encode(new Extra("x", 1)))
                        .path())
                .isEqualTo("/more");
        assertThat(misfit(() -> schema(record("'string'")).encode(new Extra("x", 1)))
                        .expected())
                .isEqualTo("one of the fields f");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "'string'; null; a string",
                "['string','int']; null; a string or an int",
                "'null'; 1; null",
                "'boolean'; 'true'; a boolean",
                "'int'; 2147483648; an int",
                "'int'; 1.5; an int",
                "'int'; '1'; an int",
                "'int'; 1e400; an int",
                "'long'; 9223372036854775808; a long",
                "'float'; 1e300; a float",
                "'float'; 0.1234567890123; a float",
                "'double'; 9007199254740993; a double",
                "'string'; 1; a string",
                "'string'; {}; a string",
                "'bytes'; '!'; bytes",
                "{'type':'fixed','name':'F','size':2}; 'AQID'; 2 bytes (fixed F)",
                "{'type':'enum','name':'E','symbols':['A','B'],'default':'A'}; 'C'; one of [A, B]",
                "{'type':'array','items':'int'}; {}; a list",
                "{'type':'map','values':'int'}; []; a map",
                "{'type':'record','name':'X','fields':[]}; 1; a record X",
            })
    void what_does_not_fit_is_refused(String type, String value, String expected) {
        SchemaException e = misfit(() -> schema(record(type)).encode(json("{'f':" + value + "}")));

        assertThat(e.path()).isEqualTo("/f");
        assertThat(e.expected()).isEqualTo(expected);
        assertThat(e.found()).isNotBlank();
    }

    @ParameterizedTest
    @CsvSource({"float, 0.1", "int, 3.0", "long, 1e3", "double, 19.99", "double, 9007199254740992", "float, 16777216"})
    void a_number_that_stays_what_it_is_fits_another_type(String type, BigDecimal number) {
        ParsedSchema schema = schema(record("'" + type + "'"));

        for (Object each : List.of(number, number.doubleValue())) {
            JsonNode tree = schema.tree(schema.encode(Map.of("f", each)));
            assertThat(new BigDecimal(tree.get("f").toString())).isEqualByComparingTo(number);
        }
    }

    @Test
    void half_a_surrogate_pair_is_no_text() {
        assertThat(refused("'string'", "a\uD800").path()).isEqualTo("/f");
        assertThat(schema("'string'").decode(schema("'string'").encode("\uD83D\uDE00"), String.class))
                .isEqualTo("\uD83D\uDE00");
    }

    /** Cannot be read. */
    static final class Bad {
        public String getF() {
            return Optional.<String>empty().orElseThrow(() -> new IllegalStateException("no"));
        }
    }

    /** Cannot be made of everything. */
    record Positive(int count) {
        Positive {
            if (count <= 0) {
                throw new IllegalArgumentException("not positive");
            }
        }
    }

    @Test
    void what_a_getter_throws_is_told_with_its_path() {
        SchemaException e = misfit(() -> schema(record("'string'")).encode(new Bad()));

        assertThat(e.path()).isEqualTo("/f");
        assertThat(e.found()).isEqualTo("java.lang.IllegalStateException: no");
    }

    @Test
    void what_a_constructor_refuses_is_told_with_its_path() {
        record Outer(Positive f) {}
        ParsedSchema schema = schema(record("{'type':'record','name':'P','fields':[{'name':'count','type':'int'}]}"));
        Bytes data = schema.encode(json("{'f':{'count':-1}}"));

        SchemaException e = misfit(() -> schema.decode(data, Outer.class));

        assertThat(e.path()).isEqualTo("/f");
        assertThat(e.found()).contains("not positive");
    }

    @Test
    void trailing_and_missing_bytes_are_refused_everywhere() {
        Bytes data = ORDER.encode(json("{'id':'o','total':1,'items':[{'sku':'a','count':1,'price':1}]}"));
        byte[] longer = Arrays.copyOf(data.toArray(), data.length() + 1);

        assertThat(misfit(() -> ORDER.encode(longer)).found()).isEqualTo("1 more bytes");
        assertThat(misfit(() -> ORDER.tree(Bytes.of(longer))).expected()).isEqualTo("the end of the data");
        for (int length = 0; length < data.length(); length++) {
            Bytes cut = new Bytes(data.array(), data.offset(), length);
            assertThat(misfit(() -> ORDER.tree(cut)).expected()).isNotBlank();
            assertThat(misfit(() -> ORDER.decode(cut, AvroMappingTest.Order.class))
                            .expected())
                    .isNotBlank();
        }
    }

    @Test
    void damaged_bytes_are_refused() {
        assertThat(misfit(() -> schema("'boolean'").encode(new byte[] {2})).expected())
                .contains("0 or 1");
        assertThat(misfit(() -> schema("'string'").encode(new byte[] {2, (byte) 0xFF}))
                        .expected())
                .isEqualTo("a string in UTF-8");
        assertThat(misfit(() -> schema("['null','int']").encode(new byte[] {4})).found())
                .contains("2");
        assertThat(misfit(() -> schema("{'type':'enum','name':'E','symbols':['A']}")
                                .encode(new byte[] {2}))
                        .expected())
                .isEqualTo("one of [A]");
        assertThat(misfit(() -> schema("'string'").encode(new byte[] {-2, -1, -1, -1, 15, 1}))
                        .expected())
                .isNotBlank();
        assertThat(misfit(() -> schema("{'type':'array','items':'null'}").encode(new byte[] {-2, -1, -1, -1, 7, 0}))
                        .expected())
                .contains("items without bytes");
    }

    @Test
    void null_for_a_primitive_is_refused_with_its_path() {
        record Whole(int f) {}
        ParsedSchema schema = schema(record("['null','int']"));
        Bytes data = schema.encode(Collections.singletonMap("f", null));

        assertThat(misfit(() -> schema.decode(data, Whole.class)).path()).isEqualTo("/f");
    }

    @Test
    void a_number_too_large_for_a_component_is_refused_with_its_path() {
        record Small(byte f) {}
        ParsedSchema schema = schema(record("'long'"));

        assertThat(schema.decode(schema.encode(Map.of("f", 127)), Small.class).f())
                .isEqualTo((byte) 127);
        assertThat(misfit(() -> schema.decode(schema.encode(Map.of("f", 128)), Small.class))
                        .path())
                .isEqualTo("/f");
    }

    @Test
    void a_class_of_another_shape_is_refused() {
        record Wrong(List<String> f) {}
        ParsedSchema schema = schema(record("'long'"));
        Bytes data = schema.encode(Map.of("f", 1));

        SchemaException e = misfit(() -> schema.decode(data, Wrong.class));

        assertThat(e.path()).isEqualTo("/f");
        assertThat(e.expected()).isEqualTo("a type for a long");
        assertThat(misfit(() -> schema.decode(data, String.class)).found()).isEqualTo("java.lang.String");
    }
}
