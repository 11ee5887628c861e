package io.clusterdb.events.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.StoredEvent;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Upcaster;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.memory.MemoryStorage;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Conditions over the topic that a store is: its schemas are not in the registry of topics. */
class StoreTopicConditionTest {
    private static final String TOPIC = "store:orders";
    private static final Schema CREATED = Schema.jsonSchema("""
            {"type": "object", "additionalProperties": false, "properties": {"total": {"type": "integer"}}}""", SchemaCompatibility.BACKWARD);

    private final Memory memory = new Memory(new MemoryStorage());
    private Events events;

    @BeforeEach
    void open() {
        events = Events.open(EventBroker.named("test").store(memory));
    }

    @AfterEach
    void close() {
        events.close();
    }

    private static void refused(ThrowingCallable call) {
        RejectedException refusal = catchThrowableOfType(RejectedException.class, call);
        assertThat(refusal.code()).isEqualTo(ErrorCode.BAD_EXPRESSION);
        assertThat(refusal.problem().why()).contains("schemas of event store orders");
    }

    @Test
    void a_condition_that_no_schema_of_the_store_has_data_for_is_refused() {
        events.configureStore(EventStore.named("orders").schema("OrderCreated", CREATED));
        events.createConsumerGroup(ConsumerGroup.of("large", TOPIC));
        events.storeEvent(DomainEvent.of("Order", "o-1", 1, "OrderCreated", Map.of("total", 5)));
        events.storeEvent(DomainEvent.of("Order", "o-2", 1, "OrderCreated", Map.of("total", 50)));

        refused(() -> events.subscribe(Subscription.of("large").filter("data.totel > 10")));
        refused(() -> events.read(LogQuery.of(TOPIC).where("data.total == 'many'")));
        try (EventReader reader = events.read(LogQuery.of(TOPIC).where("data.total > 10"))) {
            Optional<StoredEvent> found = reader.next(Duration.ofSeconds(10));
            assertThat(found.orElseThrow().event().key()).isEqualTo("o-2");
        }
    }

    @Test
    void where_the_store_has_no_schemas_anything_may_be_asked_for() {
        events.configureStore(EventStore.named("orders"));
        events.createConsumerGroup(ConsumerGroup.of("large", TOPIC));

        events.subscribe(Subscription.of("large").filter("data.totel > 10")).close();
    }

    @Test
    void where_upcasters_lift_the_data_anything_may_be_asked_for() {
        events.configureStore(EventStore.named("orders").schema("OrderCreated", CREATED));
        events.storeEvent(DomainEvent.of("Order", "o-1", 1, "OrderCreated", Map.of("total", 5)));
        events.close();
        events = Events.open(
                EventBroker.named("test").store(memory),
                Upcaster.of("OrderCreated", 1, order -> order.asObject().put("currency", "EUR")));
        events.configureStore(EventStore.named("orders").schema("OrderCreated", CREATED));

        try (EventReader reader = events.read(LogQuery.of(TOPIC).where("data.currency == 'EUR'"))) {
            assertThat(reader.next(Duration.ofSeconds(10))).isPresent();
        }
    }
}
