package io.clusterdb.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Whatever bytes stand where JSON should, reading them as an event gives data, or an error that says so. */
class EventFuzzTest {
    /** Of each kind of thing that JSON is read as. */
    private record Thing(
            String text,
            int whole,
            double number,
            boolean truth,
            Instant time,
            @Nullable Thing inner,
            List<Long> list,
            Map<String, byte[]> map) {}

    @FuzzTest(maxDuration = "2m")
    void data_is_json_or_undecodable(byte[] bytes) {
        Event event = Event.read(
                new LogRecord(
                        new TopicPartition("t", 0),
                        0,
                        0,
                        null,
                        Bytes.of(bytes),
                        new Headers.Builder()
                                .add("content-type", "application/json")
                                .build()),
                DataCodec.NONE);
        decode(event, Thing.class);
        decode(event, Object.class);
        decode(event, BigDecimal.class);
        JsonNode tree = decode(event, JsonNode.class);
        if (tree != null) {
            assertThat(Event.of("again", tree).data()).isEqualTo(tree);
        }
    }

    private static <T> @Nullable T decode(Event event, Class<T> type) {
        try {
            return event.data(type);
        } catch (RejectedException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.UNDECODABLE);
            return null;
        }
    }
}
