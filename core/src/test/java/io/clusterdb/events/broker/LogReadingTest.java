package io.clusterdb.events.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.StoredEvent;
import io.clusterdb.events.Topic;
import io.clusterdb.events.Upcasters;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LogReadingTest {
    private static final Duration WAIT = Duration.ofSeconds(10);

    private Events events;

    @BeforeEach
    void open() {
        events = Events.open(EventBroker.named("shop"));
    }

    @AfterEach
    void close() {
        events.close();
    }

    private void publish(String topic, int from, int to) {
        for (int n = from; n < to; n++) {
            events.publish(topic, Event.of("numbered", Map.of("n", n)).withKey("k" + n));
        }
    }

    private static int number(StoredEvent event) {
        return event.event().data().get("n").asInt();
    }

    /** All that there was when the reader was opened. */
    private List<StoredEvent> read(LogQuery query) {
        List<StoredEvent> all = new ArrayList<>();
        try (EventReader reader = events.read(query)) {
            while (!reader.isCaughtUp()) {
                reader.next(WAIT).ifPresent(all::add);
            }
        }
        return all;
    }

    @Test
    void all_partitions_are_merged_by_append_time() {
        events.createTopic(Topic.named("orders").partitions(7));
        publish("orders", 0, 5_000);

        List<StoredEvent> read = read(LogQuery.of("orders"));

        assertThat(read).hasSize(5_000).isSortedAccordingTo(Comparator.comparing(StoredEvent::appended));
        assertThat(read).extracting(LogReadingTest::number).doesNotHaveDuplicates();
        assertThat(read(LogQuery.of("orders").partition(3)))
                .isNotEmpty()
                .extracting(StoredEvent::offset)
                .isEqualTo(read.stream()
                        .filter(e -> e.partition() == 3)
                        .map(StoredEvent::offset)
                        .toList());
    }

    @Test
    void it_starts_where_it_is_told() {
        events.createTopic(Topic.named("orders"));
        publish("orders", 0, 10);

        assertThat(read(LogQuery.of("orders").from(new LogQuery.Offset(7)))).hasSize(3);
        assertThat(read(LogQuery.of("orders").from(new LogQuery.Offset(10)))).isEmpty();
        assertThat(read(LogQuery.of("orders").from(new LogQuery.Latest()))).isEmpty();
        assertThat(read(LogQuery.of("orders").from(new LogQuery.At(Instant.EPOCH))))
                .hasSize(10);
        assertThat(read(LogQuery.of("orders").from(new LogQuery.Back(Duration.ofHours(1)))))
                .hasSize(10);
        assertThat(read(LogQuery.of("orders").from(new LogQuery.At(Instant.now().plusSeconds(60)))))
                .isEmpty();
    }

    @Test
    void an_offset_out_of_range_is_refused_in_one_partition_and_moved_into_range_in_several() {
        events.createTopic(Topic.named("one"));
        events.createTopic(Topic.named("two").partitions(2));
        publish("two", 0, 10);

        assertThatThrownBy(() -> events.read(LogQuery.of("one").from(new LogQuery.Offset(1))))
                .isInstanceOfSatisfying(
                        RejectedException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE));
        assertThat(read(LogQuery.of("two").from(new LogQuery.Offset(1_000)))).isEmpty();
        assertThatThrownBy(() -> events.read(LogQuery.of("two").partition(2))).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> events.read(LogQuery.of("three"))).isInstanceOf(NotFoundException.class);
    }

    @Test
    void a_condition_selects_and_what_it_can_not_read_is_left_out() {
        events.createTopic(Topic.named("orders").partitions(2));
        publish("orders", 0, 100);
        events.publish("orders", Event.of("binary", new byte[] {1, 2}));

        assertThat(read(LogQuery.of("orders").where("data.n >= 90"))).hasSize(10);
        assertThat(read(LogQuery.of("orders").where("type == 'binary'"))).hasSize(1);
        assertThatThrownBy(() -> events.read(LogQuery.of("orders").where("nonsense")))
                .isInstanceOf(RejectedException.class);
    }

    @Test
    void it_goes_on_with_what_is_appended_later() {
        events.createTopic(Topic.named("orders").partitions(3));
        publish("orders", 0, 3);
        try (EventReader reader = events.read(LogQuery.of("orders"))) {
            for (int n = 0; n < 3; n++) {
                assertThat(reader.isCaughtUp()).isFalse();
                assertThat(reader.next(WAIT)).isPresent();
            }
            assertThat(reader.next(Duration.ofMillis(1))).isEmpty();
            assertThat(reader.isCaughtUp()).isTrue();

            for (int n = 3; n < 2_000; n++) {
                publish("orders", n, n + 1);
                Optional<StoredEvent> next = reader.next(WAIT);
                assertThat(next.map(LogReadingTest::number)).contains(n);
            }
        }
    }

    @Test
    void what_is_deleted_meanwhile_is_passed_over() {
        EventBroker configuration = EventBroker.named("shop");
        Threads threads = new Threads();
        LogEngine engine = Memory.create().open(configuration, threads);
        try (Broker broker = new Broker("shop", engine, threads, Upcasters.NONE)) {
            broker.topics().create(Topic.named("orders"));
            for (int n = 0; n < 20_000; n++) {
                broker.publishAsync("orders", Event.of("numbered"), Producer.defaults());
            }
            broker.publish("orders", Event.of("last"), Producer.defaults());
            EventReader reader = broker.read(LogQuery.of("orders"));
            assertThat(reader.next(WAIT).map(StoredEvent::offset)).contains(0L);

            threads.await(engine.trim(new TopicPartition("orders", 0), 19_000));

            List<Long> offsets = new ArrayList<>();
            while (!reader.isCaughtUp()) {
                reader.next(WAIT).ifPresent(e -> offsets.add(e.offset()));
            }
            assertThat(offsets).isSorted().endsWith(20_000L).hasSizeLessThan(20_000);
        }
    }
}
