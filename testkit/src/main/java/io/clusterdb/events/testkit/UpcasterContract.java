package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.Component;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.Disposition;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.Topic;
import io.clusterdb.events.Upcaster;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * What upcasters promise, on every engine: old events are read as if they had been published in the newest version, and
 * what is stored stays as it was. The formats of schemas have to be on the class path.
 */
public abstract class UpcasterContract extends GroupFixture {
    private static final String TYPE = "order.created";
    private static final Upcaster NAMED_TOTAL = Upcaster.of(TYPE, 1, UpcasterContract::namedTotal);
    private static final Upcaster CURRENCY =
            Upcaster.of(TYPE, 2, order -> order.asObject().put("currency", "EUR"));
    private static final Upcaster BROKEN = Upcaster.of(TYPE, 1, order -> {
        throw new IllegalStateException("no way");
    });

    /** The third version: the first had an amount, the second has a total, the third its currency. */
    public record Priced(String id, double total, String currency) {}

    /** Opens the front door on the engine, with more than the broker; called again on the same folder. */
    protected abstract Events open(Path home, Component... more);

    /** Both, to open. */
    protected static Component[] with(EventBroker broker, Component... more) {
        return Stream.concat(Stream.of(broker), Stream.of(more)).toArray(Component[]::new);
    }

    @Override
    protected final Events open(Path home) {
        return open(home, new Component[0]);
    }

    private static JsonNode namedTotal(JsonNode order) {
        JsonNode amount = order.asObject().remove("amount");
        return order.asObject().set("total", amount);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void reopen(Component... upcasters) {
        events.close();
        events = open(home, upcasters);
    }

    private void publishOld() {
        events.publish(
                topic, Event.of(TYPE, Map.of("id", "o-1", "amount", 12.5)).withKey("k"));
    }

    private List<Event> read(LogQuery query) {
        List<Event> all = new ArrayList<>();
        try (EventReader reader = events.read(query)) {
            while (!reader.isCaughtUp()) {
                reader.next(Duration.ofMillis(10)).ifPresent(stored -> all.add(stored.event()));
            }
        }
        return all;
    }

    private Event first() {
        return read(LogQuery.of(topic)).getFirst();
    }

    @Test
    void old_event_is_read_as_the_newest_version_and_stored_as_it_was() {
        topic(1);
        publishOld();
        byte[] before = first().bytes();
        assertThat(first().data()).hasToString(new String(before, StandardCharsets.UTF_8));
        reopen(NAMED_TOTAL, CURRENCY);

        assertThat(first().data(Priced.class)).isEqualTo(new Priced("o-1", 12.5, "EUR"));
        assertThat(first().data().path("currency").asString()).isEqualTo("EUR");
        assertThat(first().dataVersion()).isEqualTo(1);
        assertThat(first().bytes()).isEqualTo(before);
        assertThat(first().data(byte[].class)).isEqualTo(before);
    }

    @Test
    void published_event_has_the_newest_version() {
        topic(1);
        publishOld();
        reopen(NAMED_TOTAL);
        events.publish(topic, Event.of(TYPE, Map.of("id", "o-2", "total", 2.0)).withKey("k"));
        events.publish(topic, Event.of("order.paid", Map.of("amount", 2.0)).withKey("k"));
        reopen(CURRENCY, NAMED_TOTAL);

        List<Event> all = read(LogQuery.of(topic));

        assertThat(all).extracting(Event::dataVersion).containsExactly(1, 2, 1);
        assertThat(all.subList(0, 2))
                .extracting(event -> event.data(Priced.class))
                .containsExactly(new Priced("o-1", 12.5, "EUR"), new Priced("o-2", 2, "EUR"));
        assertThat(all.getLast().data()).hasToString("{\"amount\":2.0}");
    }

    @Test
    void version_can_be_said_and_a_newer_one_than_is_known_is_read_as_it_is() {
        topic(1);
        reopen(NAMED_TOTAL);
        events.publish(topic, Event.of(TYPE, Map.of("amount", 1)).withDataVersion(1));
        events.publish(topic, Event.of(TYPE, Map.of("sum", 2)).withDataVersion(7));

        assertThat(read(LogQuery.of(topic)))
                .extracting(event -> event.dataVersion() + " " + event.data())
                .containsExactlyInAnyOrder("1 {\"total\":1}", "7 {\"sum\":2}");
        assertThat(catchThrowableOfType(
                                RejectedException.class, () -> Event.of(TYPE).withDataVersion(0))
                        .code())
                .isEqualTo(ErrorCode.BAD_VALUE);
    }

    @Test
    void filters_and_handlers_see_the_newest_version() {
        topicAndGroup(1);
        publishOld();
        reopen(NAMED_TOTAL, CURRENCY);

        assertThat(read(LogQuery.of(topic).where("data.total > 12 && data.currency == 'EUR'")))
                .hasSize(1);
        try (Consumer consumer = events.subscribe(subscription().filter("data.currency == 'EUR'"))) {
            assertThat(take(consumer).data(Priced.class)).isEqualTo(new Priced("o-1", 12.5, "EUR"));
        }
    }

    @Test
    void filters_over_what_upcasters_lift_are_not_checked_by_the_schema_it_was_written_with() {
        Schema closed = Schema.jsonSchema("""
                {"type": "object", "properties": {"id": {"type": "string"}, "amount": {"type": "number"}},
                 "additionalProperties": false}""", SchemaCompatibility.NONE);
        events.createTopic(Topic.named(topic).schema(closed));
        publishOld();
        reopen(NAMED_TOTAL, CURRENCY);

        assertThat(read(LogQuery.of(topic).where("data.currency == 'EUR' && data.total > 12")))
                .hasSize(1);
        String other = topic + ".paid";
        events.createTopic(Topic.named(other).schema("order.paid", closed));
        assertThat(catchThrowableOfType(
                                RejectedException.class,
                                () -> read(LogQuery.of(other).where("data.total > 12")))
                        .code())
                .as("of a type without upcasters")
                .isEqualTo(ErrorCode.BAD_EXPRESSION);
    }

    @Test
    void avro_data_is_lifted_from_the_form_it_was_written_in() {
        Schema old = Schema.avro("""
                {"type": "record", "name": "Order", "fields": [
                 {"name": "id", "type": "string"}, {"name": "amount", "type": "double"}]}""", SchemaCompatibility.NONE);
        events.createTopic(Topic.named(topic).schema(old));
        publishOld();
        byte[] before = first().bytes();
        reopen(NAMED_TOTAL, CURRENCY);
        events.schemas().register(topic, Schema.avro("""
                {"type": "record", "name": "Order", "fields": [
                 {"name": "id", "type": "string"}, {"name": "total", "type": "double"},
                 {"name": "currency", "type": "string"}]}""", SchemaCompatibility.NONE));
        events.publish(topic, Event.of(TYPE, new Priced("o-2", 2, "USD")).withKey("k"));

        assertThat(read(LogQuery.of(topic).where("data.currency in ['EUR', 'USD']")))
                .extracting(event -> event.data(Priced.class))
                .containsExactly(new Priced("o-1", 12.5, "EUR"), new Priced("o-2", 2, "USD"));
        assertThat(first().bytes()).isEqualTo(before);
    }

    @Test
    void old_event_that_is_published_again_is_published_as_it_is_read() {
        topic(1);
        publishOld();
        reopen(NAMED_TOTAL);
        String copies = topic + ".copies";
        events.createTopic(Topic.named(copies).partitions(1));

        events.publish(copies, first().withMetadata("copied", "yes"));

        Event copy = read(LogQuery.of(copies)).getFirst();
        assertThat(copy.dataVersion()).isEqualTo(2);
        assertThat(new String(copy.bytes(), StandardCharsets.UTF_8)).contains("\"total\":12.5", "\"id\":\"o-1\"");
        assertThat(copy.id()).isEqualTo(first().id());
    }

    @Test
    void decimals_are_lifted_as_they_were_written() {
        topic(1);
        events.publish(topic, Event.of(TYPE).withContent(utf8("{\"amount\":2.50}"), "application/json"));
        reopen(NAMED_TOTAL);

        record Exact(BigDecimal total) {}
        assertThat(first().data(Exact.class).total()).isEqualTo(new BigDecimal("2.50"));
    }

    @Test
    void failing_upcaster_makes_the_event_undecodable() {
        topicAndGroup(1);
        publishOld();
        reopen(BROKEN);

        Event stored = first();
        RejectedException refused = catchThrowableOfType(RejectedException.class, stored::data);
        assertThat(refused.code()).isEqualTo(ErrorCode.UNDECODABLE);
        assertThat(refused).hasMessageContainingAll(topic, TYPE, "from version 1 to 2", "no way");
        try (var active = events.subscribe(subscription(), m -> m.data(Priced.class))) {
            PATIENCE.until("it is a dead letter", () -> !deadLetters().isEmpty());
            assertThat(active.failure()).isEmpty();
        }
        assertThat(deadLetters().getFirst().disposition()).isEqualTo(Disposition.UNDECODABLE);
        assertThat(deadLetters().getFirst().event().bytes()).isEqualTo(stored.bytes());
    }

    @Test
    void failing_upcaster_below_a_filter_makes_a_dead_letter_that_comes_again_when_it_is_corrected() {
        topicAndGroup(1);
        publishOld();
        reopen(BROKEN);
        try (Consumer consumer = events.subscribe(subscription().filter("data.total > 1"))) {
            PATIENCE.until("it is a dead letter", () -> {
                consumer.next(Duration.ofMillis(1));
                return !deadLetters().isEmpty();
            });
        }
        assertThat(deadLetters().getFirst().disposition()).isEqualTo(Disposition.UNDECODABLE);
        reopen(NAMED_TOTAL, CURRENCY);

        assertThat(events.deadLetters().replay(group, null, 10, false)).isEqualTo(1);

        try (Consumer consumer = events.subscribe(subscription())) {
            assertThat(take(consumer).data(Priced.class)).isEqualTo(new Priced("o-1", 12.5, "EUR"));
        }
    }

    @Test
    void broken_chain_is_refused_when_it_is_opened() {
        Upcaster fourth = Upcaster.of(TYPE, 4, order -> order);
        Upcaster late = Upcaster.of("order.paid", 2, order -> order);

        RejectedException refused = catchThrowableOfType(
                RejectedException.class, () -> open(home.resolve("none"), NAMED_TOTAL, fourth, NAMED_TOTAL, late));

        assertThat(refused.code()).isEqualTo(ErrorCode.BROKEN_UPCASTERS);
        assertThat(refused)
                .hasMessageContainingAll(
                        "order.created: 2 upcasters lead from version 1 to 2",
                        "order.created: nothing leads from version 2 to 4",
                        "order.paid: nothing leads from version 1 to 2");
        assertThat(catchThrowableOfType(RejectedException.class, () -> Upcaster.of(TYPE, 0, order -> order))
                        .code())
                .isEqualTo(ErrorCode.BAD_VALUE);
    }
}
