package io.clusterdb.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class UpcastersTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static Upcaster step(int from) {
        return Upcaster.of("order", from, tree -> tree.asObject().put("step" + from, true));
    }

    private static JsonNode tree() {
        return JSON.readTree("{}");
    }

    @Test
    void data_takes_the_steps_from_its_version_on() {
        Upcasters chain = Upcasters.of(List.of(step(2), step(1), step(3)));

        assertThat(chain.newest("order")).isEqualTo(4);
        assertThat(chain.newest("other")).isEqualTo(1);
        assertThat(chain.upcast("it", "order", 1, tree()))
                .hasToString("{\"step1\":true,\"step2\":true,\"step3\":true}");
        assertThat(chain.upcast("it", "order", 3, tree())).hasToString("{\"step3\":true}");
        assertThat(chain.upcast("it", "order", 4, tree())).hasToString("{}");
        assertThat(chain.upcast("it", "order", 9, tree())).hasToString("{}");
        assertThat(chain.upcast("it", "other", 1, tree())).hasToString("{}");
    }

    @Test
    void fingerprint_tells_chains_of_other_versions_apart() {
        String two = Upcasters.of(List.of(step(1), step(2))).fingerprint();

        assertThat(Upcasters.of(List.of(step(2), step(1))).fingerprint()).isEqualTo(two);
        assertThat(Upcasters.of(List.of(step(1))).fingerprint()).isNotEqualTo(two);
        assertThat(Upcasters.NONE.fingerprint()).isEmpty();
    }

    @Test
    @NullUnmarked
    void upcaster_that_returns_nothing_is_named() {
        Upcasters chain = Upcasters.of(List.of(Upcaster.of("order", 1, tree -> null)));

        assertThatThrownBy(() -> chain.upcast("event orders-0@7", "order", 1, tree()))
                .isInstanceOf(RejectedException.class)
                .hasMessageContainingAll("orders-0@7", "upcaster of order from version 1 to 2 returned null");
    }

    @Test
    void version_of_another_program_that_is_no_number_makes_the_event_undecodable() {
        for (String version : List.of("two", "0", "-1", "")) {
            Headers headers = new Headers.Builder()
                    .add("ce_id", "x")
                    .add("ce_dataversion", version)
                    .build();
            LogRecord record = new LogRecord(new TopicPartition("orders", 0), 7, 0, null, Bytes.utf8("{}"), headers);

            assertThatThrownBy(() -> Event.read(record, DataCodec.NONE).dataVersion())
                    .isInstanceOf(RejectedException.class)
                    .hasMessageContainingAll("orders", "ce_dataversion", "'" + version + "'");
        }
    }
}
