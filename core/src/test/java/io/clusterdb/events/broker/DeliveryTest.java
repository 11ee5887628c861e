package io.clusterdb.events.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Disposition;
import io.clusterdb.events.Processor;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DeliveryTest {
    private static final Now NOW = new Now(1_000, 1_000);

    private final Delivery delivery = new Delivery(Processor.DEFAULT, new Random(1), 0, true);

    private Entry taken() {
        return delivery.take(1, NOW).getFirst();
    }

    private void arrive() {
        delivery.arrived(new LogRecord(
                new TopicPartition("t", 0),
                0,
                0,
                null,
                Bytes.utf8("{}"),
                new Headers.Builder().add("ce_id", "x").build()));
    }

    @Test
    void what_has_failed_and_is_released_when_retention_has_deleted_it_becomes_a_dead_letter() {
        arrive();
        Entry entry = taken();
        delivery.failed(entry, entry.token, new Failure(0, "IllegalState", "once"), Duration.ZERO, NOW);
        delivery.tick(NOW);
        Entry again = taken();
        delivery.expiring(1, NOW);

        assertThat(delivery.released(again, again.token, NOW)).isTrue();

        assertThat(delivery.changes().letters())
                .extracting(Delivery.Letter::disposition)
                .containsExactly(Disposition.EXPIRED);
        assertThat(delivery.count()).isZero();
        assertThat(delivery.leasedCount()).isZero();
    }

    @Test
    void what_has_not_failed_and_is_released_then_is_deleted_as_if_it_had_never_been_taken() {
        arrive();
        Entry entry = taken();
        delivery.expiring(1, NOW);

        delivery.released(entry, entry.token, NOW);

        assertThat(delivery.changes().letters()).isEmpty();
        assertThat(delivery.readyCount()).isOne();
    }
}
