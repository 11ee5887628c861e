package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a store with schemas promises, on every engine. The formats of schemas have to be on the class path. */
public abstract class StoreSchemaContract extends StoreFixture {
    private static final Schema CREATED = json("""
            {"type": "object", "required": ["customer", "total"], "additionalProperties": false,
             "properties": {"customer": {"type": "string"}, "total": {"type": "integer", "minimum": 0}}}""");
    private static final Schema ANY_OBJECT = json("{\"type\": \"object\", \"maxProperties\": 1}");

    private static Schema json(String definition) {
        return Schema.jsonSchema(definition, SchemaCompatibility.BACKWARD);
    }

    private void openWith(EventStore config) {
        events.close();
        events = openAs(config);
    }

    private RejectedException refusal(DomainEvent event) {
        return catchThrowableOfType(RejectedException.class, () -> events.storeEvent(event));
    }

    @Test
    void data_that_fit_are_stored() {
        openWith(orders().schema("OrderCreated", CREATED).schema(ANY_OBJECT));

        events.storeEvents(List.of(created("o-1", 5), paid("o-1", 2, 5)));

        assertThat(events.loadAggregate(ORDER, "o-1").state()).isEqualTo(new Order("c-1", 5, 5));
    }

    @Test
    void data_that_do_not_fit_are_refused_with_their_place_and_nothing_is_stored() {
        openWith(orders().schema("OrderCreated", CREATED).schema(ANY_OBJECT));

        RejectedException refusal = refusal(created("o-1", -5));

        assertThat(refusal.code()).isEqualTo(ErrorCode.SCHEMA_VIOLATION);
        assertThat(refusal.problem().toString()).contains("/total").contains("-5");
        assertThat(refusal(DomainEvent.of("Order", "o-1", 1, "OrderCreated", Map.of("total", 1)))
                        .code())
                .isEqualTo(ErrorCode.SCHEMA_VIOLATION);
        events.storeEvent(created("o-1", 5));
        assertThat(events.getEvents("o-1")).hasSize(1);
    }

    @Test
    void one_event_that_does_not_fit_refuses_all_of_an_append() {
        openWith(orders().schema("OrderCreated", CREATED).schema(ANY_OBJECT));

        EventsException refusal = catchThrowableOfType(
                EventsException.class, () -> events.storeEvents(List.of(created("o-1", 1), created("o-2", -1))));

        assertThat(refusal.code()).isEqualTo(ErrorCode.SCHEMA_VIOLATION);
        events.storeEvent(created("o-1", 1));
        assertThat(events.getEvents("o-1")).hasSize(1);
    }

    @Test
    void types_without_a_schema_of_their_own_have_the_one_for_all() {
        openWith(orders().schema("OrderCreated", CREATED).schema(ANY_OBJECT));

        assertThat(refusal(DomainEvent.of("Order", "o-1", 1, "Other", Map.of("a", 1, "b", 2)))
                        .code())
                .isEqualTo(ErrorCode.SCHEMA_VIOLATION);
        events.storeEvent(DomainEvent.of("Order", "o-1", 1, "Other", Map.of("a", 1)));
        assertThat(events.getEvents("o-1")).hasSize(1);
    }

    @Test
    void types_that_no_schema_is_for_are_refused() {
        openWith(orders().schema("OrderCreated", CREATED));
        events.storeEvent(created("o-1", 1));

        assertThat(refusal(paid("o-1", 2, 1)).problem().toString())
                .contains("OrderPaid")
                .contains("store orders");
        assertThat(events.getEvents("o-1")).hasSize(1);
    }

    @Test
    void a_format_that_is_not_json_is_refused_at_the_start() {
        events.storeEvent(created("o-1", 1));
        events.close();
        Schema avro = Schema.avro(
                "{\"type\": \"record\", \"name\": \"OrderCreated\", \"fields\": []}", SchemaCompatibility.BACKWARD);

        RejectedException refusal = catchThrowableOfType(RejectedException.class, () -> openAs(orders().schema(avro)));

        assertThat(refusal.code()).isEqualTo(ErrorCode.BAD_SCHEMA);
        assertThat(refusal.problem().why()).contains("avro").contains("JSON");
        events = open();
        assertThat(events.getEvents("o-1")).hasSize(1);
    }
}
