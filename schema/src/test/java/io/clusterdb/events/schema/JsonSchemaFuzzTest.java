package io.clusterdb.events.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.SchemaException;

/** Whatever bytes are published, they fit the schema, or it is said where they do not. */
class JsonSchemaFuzzTest {
    private static final JsonSchema ORDER = new JsonSchema(JsonSchemaDocument.parse("""
            {"type": "object",
             "properties": {
               "id": {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^[a-z]"},
               "total": {"type": "number", "minimum": 0, "exclusiveMaximum": 1e9},
               "count": {"type": ["integer", "null"], "maximum": 10},
               "state": {"enum": ["OPEN", "SENT", 7, {"a": [1.0]}]},
               "lines": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"$ref": "#/$defs/line"}},
               "either": {"oneOf": [{"type": "string"}, {"type": "object", "required": ["x"]}]},
               "before": {"$ref": "#"}},
             "required": ["id", "total"],
             "additionalProperties": false,
             "$defs": {"line": {"type": "object", "properties": {"product": {"const": "p"}}}}}"""));

    @FuzzTest(maxDuration = "2m")
    void bytes_fit_or_are_refused_with_their_place(byte[] array) {
        Bytes bytes = Bytes.of(array);
        try {
            assertThat(ORDER.encode(bytes)).isEqualTo(bytes);
        } catch (SchemaException e) {
            assertThat(e.expected()).isNotBlank();
            return;
        }
        assertThat(ORDER.writes(JsonSchemaDocument.EXACT.readTree(array))).isTrue();
        assertThat(ORDER.tree(bytes).isObject()).isTrue();
    }
}
