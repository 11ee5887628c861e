package io.clusterdb.events.testkit;

import static io.clusterdb.events.SchemaCompatibility.BACKWARD;
import static io.clusterdb.events.SchemaCompatibility.FULL_TRANSITIVE;
import static io.clusterdb.events.SchemaCompatibility.NONE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Disposition;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Filter;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Message;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RegisteredSchema;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.Schemas;
import io.clusterdb.events.Schemas.Outcome;
import io.clusterdb.events.Schemas.Registration;
import io.clusterdb.events.Topic;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What schemas of topics promise, on every engine. The formats have to be on the class path, which only their own module
 * and the engines' tests have.
 */
public abstract class SchemaContract extends GroupFixture {
    private static final String ID = "{\"name\":\"id\",\"type\":\"string\"}";
    private static final String TOTAL = "{\"name\":\"total\",\"type\":\"double\"}";
    private static final String NOTE = "{\"name\":\"note\",\"type\":\"string\"}";
    private static final String DEFAULTED_NOTE = "{\"name\":\"note\",\"type\":\"string\",\"default\":\"\"}";
    private static final String JSON = """
            {"type": "object", "properties": {"id": {"type": "string"}, "total": {"type": "number", "minimum": 0}},
             "required": ["id", "total"], "additionalProperties": false}""";

    private static Schema avro(SchemaCompatibility compatibility, String... fields) {
        return Schema.avro(
                "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[" + String.join(",", fields) + "]}",
                compatibility);
    }

    private void topic(Schema schema) {
        events.createTopic(Topic.named(topic).schema(schema));
    }

    private Event first() {
        return first(topic);
    }

    private Event first(String name) {
        try (EventReader reader = events.read(LogQuery.of(name))) {
            return reader.next(SOON).orElseThrow().event();
        }
    }

    private long written() {
        return events.topics().status(topic).partitions().stream()
                .mapToLong(partition -> partition.stableEnd() - partition.start())
                .sum();
    }

    private RejectedException refused(Object data) {
        RejectedException refused = catchThrowableOfType(
                RejectedException.class, () -> events.publish(topic, Event.of("order.created", data)));
        assertThat(refused.code()).isEqualTo(ErrorCode.SCHEMA_VIOLATION);
        assertThat(written()).isZero();
        return refused;
    }

    @Test
    void avro_data_is_stored_in_confluents_frame_and_comes_back_as_it_was() {
        topic(avro(BACKWARD, ID, TOTAL));
        Order order = new Order("o-1", 12.5);
        events.publish(topic, Event.of("order.created", order));

        Event stored = first();
        int id = events.schemas().latest(topic, "order.created").orElseThrow().id();
        assertThat(stored.bytes()).startsWith(0, id >> 24, id >> 16 & 0xff, id >> 8 & 0xff, id & 0xff);
        assertThat(stored.data(Order.class)).isEqualTo(order);
        assertThat(stored.data().path("total").asDouble()).isEqualTo(12.5);
    }

    @Test
    void json_data_is_stored_as_json() {
        topic(Schema.jsonSchema(JSON, BACKWARD));
        events.publish(topic, Event.of("order.created", Map.of("id", "o-1", "total", 3)));

        assertThat(first().contentType()).isEqualTo("application/json");
        assertThat(first().data(Order.class)).isEqualTo(new Order("o-1", 3));
    }

    @Test
    void data_of_an_unknown_schema_is_a_dead_letter_and_an_error_to_who_reads_it() {
        topicAndGroup(1);
        byte[] framed = {0, 0x7f, 0, 0, 1, 6, 'o', '-', '1'};
        events.publish(topic, Event.of("order.created").withContent(framed, "application/vnd.apache.avro+binary"));

        RejectedException refused = catchThrowableOfType(RejectedException.class, () -> first().data(Order.class));
        assertThat(refused.code()).isEqualTo(ErrorCode.UNDECODABLE);
        assertThat(refused).hasMessageContaining("unknown schema id " + 0x7f000001);
        ActiveSubscription handling = events.subscribe(subscription(), message -> message.data(Order.class));
        PATIENCE.until("the dead letter is there", () -> !deadLetters().isEmpty());
        handling.close();
        assertThat(deadLetters().getFirst().disposition()).isEqualTo(Disposition.UNDECODABLE);
        assertThat(deadLetters().getFirst().event().bytes()).isEqualTo(framed);
    }

    @Test
    void data_that_does_not_fit_is_never_written() {
        topic(avro(BACKWARD, ID, TOTAL));

        assertThat(refused(Map.of("id", "o-1", "total", "many")))
                .hasMessageContainingAll("/total", "double", "version 1");
        assertThat(refused(Map.of("total", 1.0))).hasMessageContaining("id");
    }

    @Test
    void json_that_does_not_fit_is_never_written() {
        topic(Schema.jsonSchema(JSON, BACKWARD));

        assertThat(refused(Map.of("id", "o-1", "total", -1))).hasMessageContainingAll("/total", "version 1");
        assertThat(refused(Map.of("id", "o-1", "total", 1, "other", 2))).hasMessageContaining("other");
    }

    @Test
    void transactions_are_checked_too() {
        topic(avro(BACKWARD, ID, TOTAL));

        RejectedException refused = catchThrowableOfType(
                RejectedException.class,
                () -> events.transaction(tx -> {
                    tx.publish(topic, Event.of("order.created", new Order("o-1", 1)));
                    tx.publish(topic, Event.of("order.created", Map.of("id", "o-2")));
                }));

        assertThat(refused.code()).isEqualTo(ErrorCode.SCHEMA_VIOLATION);
        try (EventReader reader = events.read(LogQuery.of(topic))) {
            assertThat(reader.next(A_MOMENT)).isEmpty();
        }
    }

    @Test
    void compatible_version_is_the_next_one_and_what_was_written_before_stays_readable() {
        topic(avro(BACKWARD, ID));
        events.publish(topic, Event.of("order.created", Map.of("id", "o-1")));

        Registration second = events.schemas().register(topic, avro(BACKWARD, ID, DEFAULTED_NOTE));
        events.publish(topic, Event.of("order.created", Map.of("id", "o-2", "note", "late")));

        assertThat(second.outcome()).isEqualTo(Outcome.CREATED);
        assertThat(second.schema().version()).isEqualTo(2);
        try (EventReader reader = events.read(LogQuery.of(topic))) {
            assertThat(reader.next(SOON).orElseThrow().event().data()).hasToString("{\"id\":\"o-1\"}");
            assertThat(reader.next(SOON).orElseThrow().event().data())
                    .hasToString("{\"id\":\"o-2\",\"note\":\"late\"}");
        }
    }

    @Test
    void incompatible_version_is_refused_with_the_difference() {
        topic(avro(BACKWARD, ID));
        Schema wrong = avro(BACKWARD, ID, NOTE);

        ConflictException refused = catchThrowableOfType(
                ConflictException.class, () -> events.schemas().register(topic, wrong));

        assertThat(refused.code()).isEqualTo(ErrorCode.INCOMPATIBLE_SCHEMA);
        assertThat(refused).hasMessageContainingAll("BACKWARD", "version 1", "note");
        assertThat(events.schemas().check(topic, Schemas.ANY_TYPE, wrong))
                .singleElement()
                .asString()
                .contains("note");
        assertThat(events.schemas().versions(topic, Schemas.ANY_TYPE)).hasSize(1);
    }

    private boolean isAllowed(Schema next) {
        return events.schemas().check(topic, Schemas.ANY_TYPE, next).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void each_mode_allows_what_it_says(SchemaCompatibility mode) {
        topic(avro(mode, ID, TOTAL));

        assertThat(isAllowed(avro(mode, ID, TOTAL, NOTE)))
                .isEqualTo(Set.of("NONE", "FORWARD", "FORWARD_TRANSITIVE").contains(mode.name()));
        assertThat(isAllowed(avro(mode, ID)))
                .isEqualTo(Set.of("NONE", "BACKWARD", "BACKWARD_TRANSITIVE").contains(mode.name()));
        assertThat(isAllowed(avro(mode, ID, TOTAL, DEFAULTED_NOTE))).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void transitive_modes_have_the_new_version_read_what_all_versions_have_written(SchemaCompatibility mode) {
        topic(avro(mode, ID));
        events.schemas().register(topic, avro(mode, ID, DEFAULTED_NOTE));

        boolean isRefused = Set.of("BACKWARD_TRANSITIVE", "FULL_TRANSITIVE").contains(mode.name());
        assertThat(isAllowed(avro(mode, ID, NOTE))).isEqualTo(!isRefused);
    }

    @ParameterizedTest
    @EnumSource
    void transitive_modes_have_all_versions_read_what_the_new_one_writes(SchemaCompatibility mode) {
        topic(avro(mode, ID, NOTE));
        events.schemas().register(topic, avro(mode, ID, DEFAULTED_NOTE));

        boolean isRefused = Set.of("FORWARD_TRANSITIVE", "FULL_TRANSITIVE").contains(mode.name());
        assertThat(isAllowed(avro(mode, ID))).isEqualTo(!isRefused);
    }

    @Test
    void registering_again_answers_what_there_is() {
        topic(avro(BACKWARD, ID));
        events.schemas().register(topic, avro(BACKWARD, ID, DEFAULTED_NOTE));

        assertThat(events.schemas()
                        .register(topic, avro(BACKWARD, ID, DEFAULTED_NOTE))
                        .outcome())
                .isEqualTo(Outcome.ALREADY_LATEST);
        assertThat(events.schemas().register(topic, avro(BACKWARD, ID)).outcome())
                .isEqualTo(Outcome.ALREADY_OLD);
        assertThat(events.schemas().versions(topic, Schemas.ANY_TYPE)).hasSize(2);
    }

    @Test
    void topic_is_described_with_its_schema_and_created_again_without_effect() {
        Schema schema = avro(BACKWARD, ID).owner("sales");
        topic(schema);
        topic(schema);

        assertThat(events.topics().get(topic).schemas()).containsExactly(Map.entry(Schemas.ANY_TYPE, schema));
        Schema next = avro(NONE, ID, DEFAULTED_NOTE);
        events.topics().alter(topic, t -> t.schema(next));
        assertThat(events.topics().get(topic).schemas()).containsExactly(Map.entry(Schemas.ANY_TYPE, next));
    }

    @Test
    void types_of_events_have_schemas_of_their_own() {
        events.createTopic(Topic.named(topic)
                .schema("order.created", avro(BACKWARD, ID, TOTAL))
                .schema("order.noted", avro(BACKWARD, NOTE)));
        events.publish(topic, Event.of("order.created", new Order("o-1", 1)));
        events.publish(topic, Event.of("order.noted", Map.of("note", "n")));

        RejectedException refused = catchThrowableOfType(
                RejectedException.class, () -> events.publish(topic, Event.of("order.paid", new Order("o-1", 1))));

        assertThat(refused).hasMessageContainingAll("order.paid", "order.created", "order.noted");
        assertThat(written()).isEqualTo(2);
    }

    @Test
    void filters_see_the_fields_of_avro_data() {
        topic(avro(BACKWARD, ID, TOTAL));
        events.createConsumerGroup(ConsumerGroup.of(group, topic));
        events.publish(topic, Event.of("order.created", new Order("small", 10)));
        events.publish(topic, Event.of("order.created", new Order("large", 1_000)));

        try (Consumer consumer = events.subscribe(subscription().filter("data.total >= 1000"))) {
            Message message = take(consumer);
            assertThat(message.data(Order.class).id()).isEqualTo("large");
            message.commit();
            assertThat(consumer.next(A_MOMENT)).isEmpty();
        }
    }

    private RejectedException refusedFilter(String expression) {
        RejectedException refused = catchThrowableOfType(
                RejectedException.class, () -> events.subscribe(subscription().filter(expression)));
        assertThat(refused.code()).isEqualTo(ErrorCode.BAD_EXPRESSION);
        assertThat(refused).hasMessageContaining(expression);
        return refused;
    }

    @Test
    void filter_that_the_schema_leaves_no_chance_is_refused() {
        topic(avro(BACKWARD, ID, TOTAL));
        events.createConsumerGroup(ConsumerGroup.of(group, topic));

        assertThat(refusedFilter("data.totl >= 1000"))
                .hasMessageContainingAll("no field data.totl", "did you mean total", topic, "version 1");
        assertThat(refusedFilter("data.id >= 1000")).hasMessageContainingAll("string, int", "version 1");
        Filter unknown = Filter.expression("data.other == 1");
        assertThat(catchThrowableOfType(
                        RejectedException.class,
                        () -> events.read(LogQuery.of(topic).where(unknown.expression()))))
                .hasMessageContaining("data.other");
        assertThat(catchThrowableOfType(
                        RejectedException.class, () -> events.deadLetters().purge(group, unknown, 10, true)))
                .hasMessageContaining("data.other");
    }

    @Test
    void open_object_may_be_asked_for_any_field() {
        topic(Schema.jsonSchema("""
                {"type": "object", "properties": {"total": {"type": "number"}}, "additionalProperties": true}""", BACKWARD));
        events.createConsumerGroup(ConsumerGroup.of(group, topic));
        events.publish(topic, Event.of("order.created", Map.of("total", 12, "coupon", "c-1")));

        assertThat(refusedFilter("data.total == 'much'")).hasMessageContaining("string");
        try (Consumer consumer =
                events.subscribe(subscription().filter("data.total * 2 > 20 && data.coupon == 'c-1'"))) {
            assertThat(take(consumer).payload().data().path("total").asInt()).isEqualTo(12);
        }
    }

    @Test
    void filter_may_ask_for_what_one_of_several_schemas_has() {
        events.createTopic(Topic.named(topic)
                .schema("order.created", avro(BACKWARD, ID, TOTAL))
                .schema("order.noted", avro(BACKWARD, NOTE)));
        events.createConsumerGroup(ConsumerGroup.of(group, topic));
        events.publish(topic, Event.of("order.created", new Order("o-1", 1)));
        events.publish(topic, Event.of("order.noted", Map.of("note", "urgent")));

        assertThat(refusedFilter("data.reason == 'late'"))
                .hasMessageContainingAll("data.reason", "order.created version 1", "order.noted version 1");
        try (Consumer consumer =
                events.subscribe(subscription().filter("has(data.note) && data.note == 'urgent' || data.total > 5"))) {
            assertThat(take(consumer).payload().type()).isEqualTo("order.noted");
        }
    }

    @Test
    void schema_that_loses_a_field_leaves_a_running_subscription_alone() {
        topic(avro(BACKWARD, ID, TOTAL));
        events.createConsumerGroup(ConsumerGroup.of(group, topic));
        String expression = "data.total >= 1000";

        try (Consumer consumer = events.subscribe(subscription().filter(expression))) {
            events.schemas().register(topic, avro(BACKWARD, ID));
            events.publish(topic, Event.of("order.created", Map.of("id", "without")));
            assertThat(refusedFilter(expression)).hasMessageContainingAll("data.total", "version 2");
            events.schemas().register(topic, avro(NONE, ID));
            events.schemas().register(topic, avro(NONE, ID, TOTAL, NOTE));
            events.publish(topic, Event.of("order.created", Map.of("id", "with", "total", 2_000.0, "note", "")));

            assertThat(take(consumer).payload().data().path("id").asString()).isEqualTo("with");
        }
    }

    @Test
    void event_read_from_one_topic_is_published_to_another_by_the_schema_of_that() {
        topic(avro(BACKWARD, ID, TOTAL));
        events.publish(topic, Event.of("order.created", new Order("o-1", 1)));
        Event read = first();
        String json = topic + ".json";
        events.createTopic(Topic.named(json).schema(Schema.jsonSchema(JSON, BACKWARD)));

        events.publish(json, read);

        try (EventReader reader = events.read(LogQuery.of(json))) {
            Event copy = reader.next(SOON).orElseThrow().event();
            assertThat(copy.contentType()).isEqualTo("application/json");
            assertThat(copy.data(Order.class)).isEqualTo(new Order("o-1", 1));
        }
    }

    @Test
    void copy_is_written_by_the_schema_of_its_topic_or_nothing_is() {
        String copies = "large-" + topic;
        events.createTopic(Topic.named(copies).schema(avro(BACKWARD, ID, TOTAL)));
        events.createTopic(Topic.named(topic).route("data.total >= 1000", copies));
        events.publish(topic, Event.of("order.created", new Order("o-1", 1_000)));

        Event copy = first(copies);
        assertThat(copy.bytes()).startsWith(0);
        assertThat(copy.data(Order.class)).isEqualTo(new Order("o-1", 1_000));
        RejectedException refused = catchThrowableOfType(
                RejectedException.class,
                () -> events.publish(topic, Event.of("order.created", Map.of("id", 7, "total", 2_000))));
        assertThat(refused.code()).isEqualTo(ErrorCode.ROUTE_REFUSED);
        assertThat(refused).hasMessageContainingAll(copies, "/id");
        try (EventReader reader = events.read(LogQuery.of(topic))) {
            assertThat(reader.next(SOON)).isPresent();
            assertThat(reader.next(A_MOMENT)).as("what was refused").isEmpty();
        }
    }

    @Test
    void route_that_the_schema_leaves_no_chance_is_refused() {
        events.createTopic(Topic.named("large-" + topic));
        Topic routed =
                Topic.named(topic).schema(avro(BACKWARD, ID, TOTAL)).route("data.totl >= 1000", "large-" + topic);

        RejectedException refused = catchThrowableOfType(RejectedException.class, () -> events.createTopic(routed));

        assertThat(refused.code()).isEqualTo(ErrorCode.BAD_EXPRESSION);
        assertThat(refused).hasMessageContainingAll("data.totl", "total");
        assertThat(events.topics().list()).extracting(Topic::name).doesNotContain(topic);
    }

    @Test
    void versions_are_told_apart_with_who_can_read_whose_data() {
        topic(avro(NONE, ID, TOTAL));
        events.schemas().register(topic, Schemas.ANY_TYPE, avro(NONE, ID, NOTE));

        Schemas.Difference difference = events.schemas().diff(topic, Schemas.ANY_TYPE, 1, 2);

        assertThat(difference.backward()).anySatisfy(why -> assertThat(why).contains("note"));
        assertThat(difference.forward()).anySatisfy(why -> assertThat(why).contains("total"));
        assertThat(catchThrowableOfType(
                                NotFoundException.class, () -> events.schemas().diff(topic, Schemas.ANY_TYPE, 1, 3))
                        .getMessage())
                .contains("1 to 2");
    }

    @Test
    void schemas_of_a_deleted_topic_end_but_keep_their_ids() {
        topic(avro(BACKWARD, ID));
        RegisteredSchema old = events.schemas().latest(topic, "any").orElseThrow();
        events.deleteTopic(topic);

        assertThat(events.schemas().latest(topic, "any")).isEmpty();
        assertThat(events.schemas().get(old.id())).isEqualTo(old);
        topic(avro(BACKWARD, TOTAL));
        assertThat(events.schemas().latest(topic, "any").orElseThrow().version())
                .isEqualTo(1);
    }

    @Test
    void schemas_and_their_ids_survive_a_restart() {
        topic(avro(BACKWARD, ID, TOTAL));
        events.publish(topic, Event.of("order.created", new Order("o-1", 1)));
        List<RegisteredSchema> before = events.schemas().versions(topic, Schemas.ANY_TYPE);
        events.close();
        events = open(home);

        assertThat(events.schemas().versions(topic, Schemas.ANY_TYPE)).isEqualTo(before);
        assertThat(first().data(Order.class)).isEqualTo(new Order("o-1", 1));
    }

    @Test
    void unknown_topic_unknown_id_and_bad_definition_are_refused() {
        assertThat(catchThrowableOfType(
                                NotFoundException.class, () -> events.schemas().register(topic, avro(BACKWARD, ID)))
                        .code())
                .isEqualTo(ErrorCode.UNKNOWN_TOPIC);
        assertThat(catchThrowableOfType(
                                NotFoundException.class, () -> events.schemas().get(1_000_000))
                        .code())
                .isEqualTo(ErrorCode.UNKNOWN_SCHEMA);
        assertThat(catchThrowableOfType(RejectedException.class, () -> topic(Schema.avro("{\"type\":", BACKWARD)))
                        .code())
                .isEqualTo(ErrorCode.BAD_SCHEMA);
        assertThat(events.topics().list()).noneMatch(t -> t.name().equals(topic));
    }

    @Test
    void tombstones_need_no_schema() {
        events.createTopic(Topic.named(topic).cleanup(CleanupPolicy.COMPACT).schema(avro(BACKWARD, ID)));

        events.publish(topic, Event.of("order.deleted").withKey("k"));

        assertThat(written()).isEqualTo(1);
    }

    @Test
    void undecodable_data_is_a_dead_letter() {
        topic(avro(BACKWARD, ID, TOTAL));
        events.createConsumerGroup(ConsumerGroup.of(group, topic));
        events.publish(topic, Event.of("order.created", new Order("o-1", 1)));

        record Other(String missing) {}
        try (var active = events.subscribe(subscription(), m -> m.data(Other.class))) {
            PATIENCE.until("it is a dead letter", () -> !deadLetters().isEmpty());
            assertThat(active.failure()).isEmpty();
        }
        assertThat(deadLetters().getFirst().event().data(Order.class)).isEqualTo(new Order("o-1", 1));
    }

    @Test
    void settings_of_the_latest_version_may_change_whatever_came_before_it() {
        topic(avro(NONE, ID));
        events.schemas().register(topic, avro(FULL_TRANSITIVE, TOTAL));
        Schema relaxed = avro(NONE, TOTAL).owner("sales");

        assertThat(events.schemas().check(topic, Schemas.ANY_TYPE, relaxed)).isEmpty();
        assertThat(events.schemas().register(topic, relaxed).outcome()).isEqualTo(Outcome.CREATED);
        assertThat(events.topics().get(topic).schemas()).containsExactly(Map.entry(Schemas.ANY_TYPE, relaxed));
    }
}
