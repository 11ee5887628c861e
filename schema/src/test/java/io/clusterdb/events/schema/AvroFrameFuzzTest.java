package io.clusterdb.events.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.Topic;
import io.clusterdb.events.memory.Memory;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Whatever bytes stand where a frame of Avro data should, they are read, or it is said why they can't be. */
class AvroFrameFuzzTest {
    private static final String TYPE = "order.created";
    private static Events events = Events.open(EventBroker.named("fuzz").store(Memory.create()));
    private static Event written = Event.of(TYPE);

    @BeforeAll
    static void write() {
        events.createTopic(Topic.named("orders").schema(Schema.avro("""
                {"type": "record", "name": "Order", "fields": [
                  {"name": "id", "type": "string"}, {"name": "total", "type": ["null", "double"]}]}""", SchemaCompatibility.BACKWARD)));
        events.publish("orders", Event.of(TYPE, Map.of("id", "o-1", "total", 12.5)));
        try (EventReader reader = events.read(LogQuery.of("orders"))) {
            written = reader.next(Duration.ofSeconds(10)).orElseThrow().event();
        }
    }

    @AfterAll
    static void close() {
        events.close();
    }

    @FuzzTest(maxDuration = "2m")
    void bytes_are_a_frame_or_refused(byte[] bytes) {
        Event event = written.withContent(bytes, "application/vnd.apache.avro+binary");
        try {
            assertThat(event.data().path("id").isString()).isTrue();
        } catch (RejectedException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.UNDECODABLE);
        }
    }
}
