package io.clusterdb.events.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaException;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;

/** Whatever a definition says, it is an Avro schema that works, or refused. */
class AvroDefinitionFuzzTest {
    private static final AvroFormat AVRO = new AvroFormat();

    @FuzzTest(maxDuration = "2m")
    void text_is_a_schema_or_refused(byte[] bytes) {
        ParsedSchema schema;
        try {
            schema = AVRO.parse(new String(bytes, StandardCharsets.UTF_8));
        } catch (SchemaException e) {
            assertThat(e.expected()).isNotBlank();
            return;
        }
        assertThat(AVRO.parse(schema.canonical()).canonical()).isEqualTo(schema.canonical());
        assertThat(schema.unreadable(schema)).isEmpty();
        assertThat(schema.type()).isNotNull();
        try {
            JsonNode unused = schema.tree(Bytes.of(new byte[8]));
        } catch (SchemaException e) {
            assertThat(e.expected()).isNotBlank();
        }
    }
}
