package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import io.clusterdb.events.spi.Threads;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class MemoryStoreForwardContractTest extends StoreForwardContract {
    private final Memory memory = Memory.create();
    private Memory kept = Memory.create();

    @Override
    protected EventBroker broker(Path home) {
        return EventBroker.named("contract").store(memory);
    }

    @Override
    protected StoreBackend place(Path home) {
        return kept;
    }

    @Test
    void store_that_was_set_back_is_not_forwarded_on() {
        topic(1);
        store(5);
        awaitAll();
        events.close();
        EventStore config = EventStore.named("orders");
        Bytes id;
        try (StoreEngine before = kept.open(config, DataCodec.NONE, new Threads())) {
            id = Objects.requireNonNull(before.document("store", "id"));
        }
        kept = Memory.create();
        try (StoreEngine restored = kept.open(config, DataCodec.NONE, new Threads())) {
            restored.write(List.of(DocumentChange.put("store", "id", id)));
        }
        events = open(home);
        store(7);

        PATIENCE.until("it is told", () -> String.valueOf(status().failure()).contains(ErrorCode.OTHER_HISTORY.id()));
        assertThat(status().position()).isEqualTo(5);
    }

    @Test
    void store_in_the_place_of_the_broker_is_forwarded_as_every_other() {
        topic(2);
        events.close();
        kept = memory;
        events = open(home);
        store(30);

        awaitAll();
        assertThat(events.topics()
                        .status("store:orders")
                        .partitions()
                        .getFirst()
                        .end())
                .isEqualTo(30);
    }

    @Test
    void store_without_a_broker_is_forwarded_nowhere() {
        refused(
                ErrorCode.NOT_CONFIGURED,
                () -> Events.open(
                        EventStore.named("orders").store(Memory.create()).forwardTo("order-events")));
    }

    @Test
    void topic_that_holds_copies_is_no_place_for_a_store_nor_the_other_way_round() {
        events.createConsumerGroup(ConsumerGroup.of(group, "store:orders"));
        events.close();
        refused(ErrorCode.TOPIC_EXISTS, () -> Events.open(broker(home), EventStore.named("orders")));

        Memory other = Memory.create();
        EventBroker broker = EventBroker.named("other").store(other);
        try (Events there = Events.open(broker, EventStore.named("orders"))) {
            there.createConsumerGroup(ConsumerGroup.of(group, "store:orders"));
        }
        refused(
                ErrorCode.ENGINE_REFUSED,
                () -> Events.open(broker, EventStore.named("orders").store(Memory.create())));
        events = open(home);
    }

    @Test
    void topic_with_a_deduplication_window_is_none_to_forward_to() {
        events.createTopic(Topic.named(topic).deduplication(java.time.Duration.ofHours(1)));
        store(1);

        PATIENCE.until("it is told", () -> String.valueOf(status().failure()).contains("deduplication window"));
    }

    private static void refused(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        EventsException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
