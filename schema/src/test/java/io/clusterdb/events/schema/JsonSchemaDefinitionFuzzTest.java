package io.clusterdb.events.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaException;
import java.nio.charset.StandardCharsets;

/** Whatever a definition says, it is a JSON Schema that works, or refused. */
class JsonSchemaDefinitionFuzzTest {
    private static final JsonSchemaFormat JSON = new JsonSchemaFormat();
    private static final Bytes DATA = Bytes.utf8("""
            {"id": "o-1", "total": 12.5, "lines": [{"product": "p"}, null], "before": {}, "paid": true}""");

    @FuzzTest(maxDuration = "2m")
    void text_is_a_schema_or_refused(byte[] bytes) {
        ParsedSchema schema;
        try {
            schema = JSON.parse(new String(bytes, StandardCharsets.UTF_8));
        } catch (SchemaException e) {
            assertThat(e.expected()).isNotBlank();
            return;
        }
        assertThat(JSON.parse(schema.canonical()).canonical()).isEqualTo(schema.canonical());
        assertThat(schema.type()).isNotNull();
        assertThat(schema.unreadable(schema)).isNotNull();
        try {
            Bytes unused = schema.encode(DATA);
        } catch (SchemaException e) {
            assertThat(e.expected()).isNotBlank();
        }
    }
}
