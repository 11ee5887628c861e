package io.clusterdb.events.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.Schemas;
import io.clusterdb.events.Topic;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.Threads;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What topics make of data by their schemas, whatever the engine. */
class TopicSchemasTest {
    private static final int FRAME = 5;
    private static final String CHOICES = """
            {"name": "change", "type": [
               {"type": "record", "name": "Created", "fields": [{"name": "id", "type": "string"}]},
               {"type": "record", "name": "Deleted", "fields": [{"name": "id", "type": "string"}]}]},
            {"name": "raw", "type": ["string", "bytes"]},
            {"name": "at", "type": ["string", {"type": "long", "logicalType": "timestamp-millis"}]}""";
    private static final Instant AT = Instant.parse("2026-05-06T07:08:09.123Z");

    record Deleted(String id) {}

    record Change(Object change, Object raw, Object at) {}

    private final Memory memory = Memory.create();
    private Events events;

    @BeforeEach
    void open() {
        events = Events.open(EventBroker.named("test").store(memory));
    }

    @AfterEach
    void close() {
        events.close();
    }

    private static Schema avro(String... fields) {
        return Schema.avro(
                "{\"type\":\"record\",\"name\":\"Change\",\"fields\":[" + String.join(",", fields) + "]}",
                SchemaCompatibility.BACKWARD);
    }

    private Event only(String topic) {
        try (EventReader reader = events.read(LogQuery.of(topic))) {
            return reader.next(Duration.ofSeconds(10)).orElseThrow().event();
        }
    }

    private static Event json(String data) {
        return Event.of("order.created").withContent(data.getBytes(StandardCharsets.UTF_8), "application/json");
    }

    @Test
    void a_copy_by_the_same_definition_has_the_same_bytes() {
        events.createTopic(Topic.named("routed").schema(avro(CHOICES)));
        events.createTopic(Topic.named("again").schema(avro(CHOICES)));
        events.createTopic(Topic.named("changes").schema(avro(CHOICES)).route("type == 'changed'", "routed"));

        events.publish("changes", Event.of("changed", new Change(new Deleted("x"), new byte[] {1, 2, 3}, AT)));
        events.publish("again", only("changes"));

        byte[] data = only("changes").bytes();
        for (String copied : new String[] {"routed", "again"}) {
            byte[] copy = only(copied).bytes();
            assertThat(Arrays.copyOf(copy, FRAME)).as("the id").isNotEqualTo(Arrays.copyOf(data, FRAME));
            assertThat(Arrays.copyOfRange(copy, FRAME, copy.length))
                    .isEqualTo(Arrays.copyOfRange(data, FRAME, data.length));
        }
    }

    @Test
    void a_copy_by_another_definition_keeps_the_branches_of_unions() {
        events.createTopic(Topic.named("changes").schema(avro(CHOICES)));
        events.createTopic(Topic.named("copies")
                .schema(avro("{\"name\": \"note\", \"type\": \"string\", \"default\": \"none\"}", CHOICES)));

        events.publish("changes", Event.of("changed", new Change(new Deleted("x"), new byte[] {1, 2, 3}, AT)));
        events.publish("copies", only("changes"));

        GenericRecord copy = only("copies").data(GenericRecord.class);
        assertThat(((GenericRecord) copy.get("change")).getSchema().getName()).isEqualTo("Deleted");
        assertThat(copy.get("raw")).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        assertThat(copy.get("at")).isEqualTo(AT.toEpochMilli());
        assertThat(copy.get("note")).hasToString("none");
    }

    @Test
    void a_copy_has_another_scale_and_the_text_of_a_time_where_its_definition_says_so() {
        events.createTopic(Topic.named("changes").schema(avro("""
                {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
                {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}}""")));
        events.createTopic(Topic.named("copies").schema(avro("""
                {"name": "at", "type": "string"},
                {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3}}""")));

        events.publish("changes", json("{\"at\": \"2026-05-06T07:08:09.123Z\", \"total\": 12.34}"));
        events.publish("copies", only("changes"));

        assertThat(only("copies").data()).hasToString("{\"at\":\"2026-05-06T07:08:09.123Z\",\"total\":12.340}");
    }

    @Test
    void json_keeps_its_decimals_in_avro() {
        events.createTopic(Topic.named("orders").schema(avro("""
                {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 2}}""")));

        events.publish("orders", json("{\"total\": 12345678901234567.89}"));

        assertThat(only("orders").data()).hasToString("{\"total\":12345678901234567.89}");
    }

    @ParameterizedTest
    @CsvSource({"0.1, 0.1", "0.10000000000000001, 0.1", "1e23, 1.0E23", "9.9999999999999992e22, 1.0E23", "12, 12.0"})
    void json_is_the_double_that_it_is_written_as(String written, String kept) {
        events.createTopic(Topic.named("orders").schema(avro("{\"name\": \"total\", \"type\": \"double\"}")));

        events.publish("orders", json("{\"total\": " + written + "}"));

        assertThat(only("orders").data().path("total").doubleValue()).hasToString(kept);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"total\": 1e400}",
                "{\"total\": 1e99999999999}",
                "{\"total\": 1, \"total\": 2}",
                "{\"total\": 1} 2",
                ""
            })
    void json_that_is_no_double_or_says_two_things_is_refused(String data) {
        events.createTopic(Topic.named("orders").schema(avro("{\"name\": \"total\", \"type\": \"double\"}")));

        RejectedException refused =
                catchThrowableOfType(RejectedException.class, () -> events.publish("orders", json(data)));

        assertThat(refused.code()).isEqualTo(ErrorCode.SCHEMA_VIOLATION);
    }

    @Test
    void schemas_of_a_topic_that_went_without_them_do_not_bind_the_next_of_its_name() {
        events.createTopic(Topic.named("orders").schema(avro("{\"name\": \"id\", \"type\": \"string\"}")));
        events.close();
        try (LogEngine engine = memory.open(EventBroker.named("another-tool"), new Threads())) {
            engine.deleteTopic("orders");
        }
        events = Events.open(EventBroker.named("test").store(memory));
        Schema other = avro("{\"name\": \"total\", \"type\": \"int\"}");

        events.createTopic(Topic.named("orders").schema(other));

        assertThat(events.schemas().latest("orders", "any").orElseThrow().schema())
                .isEqualTo(other);
        assertThat(events.schemas().versions("orders", Schemas.ANY_TYPE)).hasSize(1);
    }
}
