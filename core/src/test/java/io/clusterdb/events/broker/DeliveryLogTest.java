package io.clusterdb.events.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Producer;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeliveryLogTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 3);

    private final Threads threads = new Threads();
    private LogEngine engine = Memory.create().open(EventBroker.named("shop"), threads);
    private DeliveryLog log = new DeliveryLog(new Scan(engine, threads));

    @BeforeEach
    void topic() {
        engine.createTopic(InternalTopics.DELIVERY);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private NewRecord mark(long offset) {
        List<NewRecord> records = new ArrayList<>();
        log.write("g", PARTITION, new Delivery.Changes(offset, new TreeMap<>(), List.of(), Map.of()), records);
        return records.getFirst();
    }

    private void append(NewRecord record) {
        try (LogWriter writer = engine.writer(Producer.defaults())) {
            writer.append(record).join();
        }
    }

    private void append(NewRecord record, byte[] value) {
        append(new NewRecord(record.topic(), record.partition(), record.key(), Bytes.of(value), record.headers()));
    }

    @Test
    void what_was_written_last_is_read() {
        append(mark(5));
        append(mark(7));

        assertThat(log.read("g", List.of(PARTITION)).get(PARTITION))
                .extracting(DeliveryLog.Written::mark)
                .isEqualTo(7L);
    }

    @Test
    void what_a_transaction_holds_back_is_waited_for_by_who_goes_on_from_it() {
        append(mark(5));
        LogTransaction transaction = engine.begin("test", Duration.ofMinutes(1));
        transaction.append(mark(1)).join();
        append(mark(9));

        assertThat(log.visible("g", List.of(PARTITION)).get(PARTITION))
                .extracting(DeliveryLog.Written::mark)
                .isEqualTo(5L);
        CompletableFuture<Map<TopicPartition, DeliveryLog.Written>> read =
                CompletableFuture.supplyAsync(() -> log.read("g", List.of(PARTITION)));
        assertThatThrownBy(() -> read.get(100, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        transaction.abort().join();

        assertThat(read.orTimeout(30, TimeUnit.SECONDS).join().get(PARTITION))
                .extracting(DeliveryLog.Written::mark)
                .isEqualTo(9L);
    }

    @Test
    void a_record_of_another_version_is_refused() {
        append(mark(5), new byte[] {9, 5});

        assertThatThrownBy(() -> log.read("g", List.of(PARTITION)))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("version 9")
                .hasMessageContaining("version 1");
        assertThat(log.read("another", List.of(PARTITION)))
                .as("what is not asked for is not looked into")
                .isEmpty();
    }

    @Test
    void a_record_that_ends_too_early_is_refused() {
        append(mark(5), new byte[] {1});

        assertThatThrownBy(() -> log.read("g", List.of(PARTITION)))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("_events.delivery");
    }
}
