package io.clusterdb.events.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Whatever bytes stand where Avro's should, they are data of the schema, or it is said where they are not. */
class AvroFuzzTest {
    private static final ParsedSchema ORDER = new AvroFormat().parse("""
            {"type": "record", "name": "Order", "fields": [
              {"name": "id", "type": "string"},
              {"name": "number", "type": "int"},
              {"name": "paid", "type": "boolean"},
              {"name": "total", "type": ["null", "double"]},
              {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
              {"name": "uuid", "type": {"type": "fixed", "name": "Id", "size": 16, "logicalType": "uuid"}},
              {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
              {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["OPEN", "SENT"]}},
              {"name": "lines", "type": {"type": "array", "items": {"type": "record", "name": "Line", "fields": [
                {"name": "product", "type": "string"}, {"name": "weight", "type": "float"}]}}},
              {"name": "notes", "type": {"type": "map", "values": "long"}},
              {"name": "nothings", "type": {"type": "array", "items": "null"}},
              {"name": "before", "type": ["null", "Order"]}]}""");

    private enum State {
        OPEN,
        SENT
    }

    private record Line(String product, float weight) {}

    private record Order(
            String id,
            int number,
            boolean paid,
            @Nullable Double total,
            BigDecimal price,
            UUID uuid,
            Instant at,
            State state,
            List<Line> lines,
            Map<String, Long> notes,
            List<@Nullable Object> nothings,
            @Nullable Order before) {}

    @FuzzTest(maxDuration = "2m")
    void bytes_are_data_or_refused_with_their_place(byte[] array) {
        Bytes bytes = Bytes.of(array);
        JsonNode tree = decoded(bytes, JsonNode.class);
        Object map = decoded(bytes, Object.class);
        Order order = decoded(bytes, Order.class);
        assertThat(map == null).isEqualTo(tree == null);
        if (tree == null) {
            assertThat(order).isNull();
            return;
        }
        if (order != null) {
            assertThat(ORDER.decode(ORDER.encode(order), Order.class)).isEqualTo(order);
        }
        assertThat(ORDER.tree(ORDER.encode(tree))).isEqualTo(tree);
    }

    private static <T> @Nullable T decoded(Bytes bytes, Class<T> type) {
        try {
            return ORDER.decode(bytes, type);
        } catch (SchemaException e) {
            assertThat(e.expected()).isNotBlank();
            return null;
        }
    }
}
