package io.clusterdb.events.broker;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Producer;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.Threads;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaRegistryTest {
    private final Threads threads = new Threads();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{\"id\": \"one\"}",
                "{\"id\": 1, \"topic\": \"orders\", \"schema\": 7}",
                "\u0000\u0001"
            })
    void a_damaged_record_of_the_registry_is_named_and_nothing_goes_on_without_it(String damaged) {
        try (LogEngine engine = Memory.create().open(EventBroker.named("shop"), threads)) {
            engine.createTopic(InternalTopics.SCHEMAS);
            try (LogWriter writer = engine.writer(Producer.defaults())) {
                writer.append(new NewRecord(
                                InternalTopics.SCHEMAS.name(), 0, Bytes.utf8("1"), Bytes.utf8(damaged), Headers.NONE))
                        .join();
            }

            assertThatThrownBy(() -> new Broker("shop", engine, threads))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining("schema record _events.schemas-0@0");
        }
    }
}
