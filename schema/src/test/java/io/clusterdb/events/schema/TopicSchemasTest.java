package io.clusterdb.events.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.Topic;
import io.clusterdb.events.memory.Memory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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
}
