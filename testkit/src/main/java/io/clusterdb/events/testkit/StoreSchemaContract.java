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
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a store with schemas promises, on every engine. The formats of schemas have to be on the class path. */
public abstract class StoreSchemaContract extends StoreFixture {
    private static final Schema CREATED = json("""
            {"type": "object", "required": ["customer", "total"], "additionalProperties": false,
             "properties": {"customer": {"type": "string"}, "total": {"type": "integer", "minimum": 0}}}""");
    private static final Schema ANY_OBJECT = json("{\"type\": \"object\", \"maxProperties\": 1}");

    private static final Schema LATER = json("""
            {"type": "object", "required": ["customer", "total"], "additionalProperties": false,
             "properties": {"customer": {"type": "string"}, "total": {"type": "integer", "minimum": 0},
                            "currency": {"type": "string"}}}""");
    private static final Schema TEXT_TOTAL = json("""
            {"type": "object", "required": ["customer", "total"], "additionalProperties": false,
             "properties": {"customer": {"type": "string"}, "total": {"type": "string"}}}""");

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
    void a_condition_that_no_schema_has_data_for_is_refused() {
        openWith(orders().schema("OrderCreated", CREATED));
        events.storeEvents(List.of(created("o-1", 5), created("o-2", 50)));
        patience.until("positions", () -> events.store().all().lastPosition() == 2);

        assertThat(events.store().all().where("data.total > 10 && version == 1"))
                .extracting(DomainEvent::aggregateId)
                .containsExactly("o-2");
        assertThat(events.store().all().where("dyn(data).totel > 10")).isEmpty();
        for (String wrong : List.of("data.totel > 10", "data.total == 'many'")) {
            RejectedException refusal = catchThrowableOfType(
                    RejectedException.class, () -> events.store().all().where(wrong));
            assertThat(refusal.code()).isEqualTo(ErrorCode.BAD_EXPRESSION);
            assertThat(refusal.problem().why()).contains("schemas of event store orders");
        }
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

    // --- kept

    private static Schema unguarded(Schema schema) {
        return Schema.jsonSchema(schema.definition(), SchemaCompatibility.NONE);
    }

    /** The versions of a type, each with its definition. */
    private Map<Integer, String> kept(String type) {
        Map<Integer, String> kept = new TreeMap<>();
        events.store().schemas().stream()
                .filter(schema -> schema.type().equals(type))
                .forEach(schema -> kept.put(schema.version(), schema.schema().definition()));
        return kept;
    }

    private DomainEvent inEuros(String id) {
        return DomainEvent.of("Order", id, 1, "OrderCreated", Map.of("customer", "c", "total", 1, "currency", "EUR"));
    }

    @Test
    void schemas_are_kept_with_the_store_and_hold_for_who_declares_none() {
        openWith(orders().schema("OrderCreated", CREATED));
        reopen();

        assertThat(kept("OrderCreated")).isEqualTo(Map.of(1, CREATED.definition()));
        RejectedException refusal = refusal(created("o-1", -5));
        assertThat(refusal.code()).isEqualTo(ErrorCode.SCHEMA_VIOLATION);
        assertThat(refusal.problem().why()).contains("/total").contains("version 1");
        events.storeEvent(created("o-1", 5));
        assertThat(events.getEvents("o-1")).hasSize(1);
    }

    @Test
    void schema_declared_again_is_the_same_version() {
        openWith(orders().schema("OrderCreated", CREATED));
        openWith(orders().schema("OrderCreated", json(CREATED.definition().replace("\n", " "))));

        assertThat(kept("OrderCreated")).containsOnlyKeys(1);
    }

    @Test
    void schema_that_may_follow_is_the_next_version_and_older_ones_are_still_listed() {
        openWith(orders().schema("OrderCreated", CREATED));
        assertThat(refusal(inEuros("o-1")).code()).isEqualTo(ErrorCode.SCHEMA_VIOLATION);

        openWith(orders().schema("OrderCreated", LATER));
        events.storeEvent(inEuros("o-1"));

        assertThat(kept("OrderCreated")).isEqualTo(Map.of(1, CREATED.definition(), 2, LATER.definition()));
        assertThat(events.store().schemas().get(1).schema().compatibility()).isEqualTo(SchemaCompatibility.BACKWARD);
    }

    @Test
    void schema_of_an_older_program_changes_nothing() {
        openWith(orders().schema("OrderCreated", CREATED));
        openWith(orders().schema("OrderCreated", LATER));
        openWith(orders().schema("OrderCreated", CREATED));

        events.storeEvent(inEuros("o-1"));
        assertThat(kept("OrderCreated")).containsOnlyKeys(1, 2);
    }

    @Test
    void schema_that_may_not_follow_is_refused_with_each_difference_and_nothing_is_opened() {
        openWith(orders().schema("OrderCreated", CREATED));
        events.close();

        RejectedException refusal = catchThrowableOfType(
                RejectedException.class,
                () -> openAs(orders().schema("Another", ANY_OBJECT).schema("OrderCreated", TEXT_TOTAL)));

        assertThat(refusal.code()).isEqualTo(ErrorCode.INCOMPATIBLE_SCHEMA);
        assertThat(refusal.problem().what()).contains("OrderCreated", "BACKWARD", "version 1");
        assertThat(refusal.problem().why())
                .contains("/total")
                .contains("integer")
                .contains("string");
        events = open();
        assertThat(events.store().schemas()).hasSize(1);
        events.storeEvent(created("o-1", 5));
    }

    @Test
    void compatibility_is_given_up_on_purpose_only() {
        openWith(orders().schema("OrderCreated", CREATED));
        events.close();
        assertThat(catchThrowableOfType(
                                RejectedException.class,
                                () -> openAs(orders().schema("OrderCreated", unguarded(TEXT_TOTAL))))
                        .code())
                .isEqualTo(ErrorCode.INCOMPATIBLE_SCHEMA);

        events = openAs(orders().schema("OrderCreated", unguarded(CREATED)));
        openWith(orders().schema("OrderCreated", TEXT_TOTAL));

        assertThat(kept("OrderCreated")).containsOnlyKeys(1, 2, 3);
        events.storeEvent(DomainEvent.of("Order", "o-1", 1, "OrderCreated", Map.of("customer", "c", "total", "1")));
    }

    @Test
    void schema_is_taken_away_by_one_that_allows_everything() {
        openWith(orders().schema("OrderCreated", CREATED));
        openWith(orders().schema("OrderCreated", json("true")).schema(json("true")));
        reopen();

        events.storeEvents(List.of(created("o-1", -5), paid("o-1", 2, 1)));
        assertThat(kept("OrderCreated")).containsOnlyKeys(1, 2);
    }
}
