package io.clusterdb.events.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Message;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What each request does, whichever way it comes. */
class ControlTest {
    @TempDir
    private Path folder;

    private Events events;

    /** The ways to a broker. */
    enum Door {
        IN_PROCESS {
            @Override
            Control open(Events events, Path folder) {
                return Control.of(events);
            }
        },
        SOCKET {
            @Override
            Control open(Events events, Path folder) {
                return Control.owner(folder).orElseThrow();
            }
        };

        abstract Control open(Events events, Path folder);
    }

    @BeforeEach
    void open() {
        events = Events.open(EventBroker.named("shop").store(Folder.at(folder)));
    }

    @AfterEach
    void close() {
        events.close();
    }

    private static ObjectNode request(String verb) {
        return Control.request(verb);
    }

    private static ObjectNode json(String text) {
        return (ObjectNode) Wire.JSON.readTree(text);
    }

    private static List<JsonNode> items(Control control, ObjectNode request) {
        List<JsonNode> items = new ArrayList<>();
        control.call(request, (item, reply) -> items.add(item));
        return items;
    }

    private void publish(String topic, int count) {
        for (int n = 0; n < count; n++) {
            events.publish(topic, Event.of("numbered", Map.of("n", n)).withId("e" + n));
        }
    }

    @ParameterizedTest
    @EnumSource
    void topics_are_created_altered_described_and_deleted(Door door) {
        try (Control control = door.open(events, folder)) {
            JsonNode made = control.call(json("""
                            {"verb": "topic.create", "name": "orders", "settings": {"partitions": 3, "owner": "sales",
                             "retention_time": "7d", "retention_size": "10GB", "cleanup": "compact_delete",
                             "compression": "zstd", "max_message_size": "2MiB", "delete_retention": "1h"}}"""));
            assertThat(made).isEqualTo(TopicJson.write(events.topics().get("orders")));

            control.call(json("""
                    {"verb": "topic.alter", "name": "orders", "settings": {"retention_time": "none", "partitions": 5}}"""));
            for (int n = 0; n < 10; n++) {
                events.publish("orders", Event.of("numbered", Map.of("n", n)).withKey("k" + n));
            }

            Topic topic = events.topics().get("orders");
            assertThat(topic.partitions()).isEqualTo(5);
            assertThat(topic.config().retention().time()).isNull();
            assertThat(topic.config().retention().size()).hasToString("10GB");
            JsonNode status = control.call(request("topic.status").put("name", "orders"));
            assertThat(status.path("events").asInt()).isEqualTo(10);
            assertThat(status.path("partition_status")).hasSize(5);
            assertThat(control.call(request("topic.list")).path("topics")).hasSize(1);

            control.call(request("topic.delete").put("name", "orders"));
            assertThat(events.topics().list()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void routes_and_a_window_are_given_shown_and_dropped(Door door) {
        events.createTopic(Topic.named("large"));
        try (Control control = door.open(events, folder)) {
            control.call(json("""
                    {"verb": "topic.create", "name": "orders", "settings":
                     {"routes": ["data.total >= 1000 -> large"], "deduplication": "2m"}}"""));
            control.call(json("""
                    {"verb": "topic.alter", "name": "orders", "settings": {"routes": ["key == '->' -> large"]}}"""));

            JsonNode status = control.call(request("topic.status").put("name", "orders"));
            assertThat(status.path("deduplication").asString()).isEqualTo("2m");
            assertThat(status.path("routes")).hasToString("""
                    [{"expression":"data.total >= 1000","topic":"large"},{"expression":"key == '->'","topic":"large"}]""");

            control.call(json("""
                    {"verb": "topic.alter", "name": "orders", "settings": {"no_routes": true, "deduplication": "none"}}"""));
            assertThat(events.topics().get("orders")).isEqualTo(Topic.named("orders"));
            for (String bad : List.of("true", "true ->", " -> large")) {
                ObjectNode wrong = json(
                        "{\"verb\": \"topic.create\", \"name\": \"o\", \"settings\": {\"routes\": [\"" + bad + "\"]}}");
                assertThatThrownBy(() -> control.call(wrong)).isInstanceOf(RejectedException.class);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void open_transactions_are_listed_and_aborted(Door door) {
        events.createTopic(Topic.named("orders"));
        try (Control control = door.open(events, folder)) {
            assertThatThrownBy(() -> events.transaction(tx -> {
                        tx.publish("orders", Event.of("order.created"));
                        JsonNode open = control.call(request("tx.list"))
                                .path("transactions")
                                .path(0);
                        assertThat(open.path("owner").asString()).isEqualTo("shop");
                        assertThat(open.path("held")).hasToString("""
                                [{"topic":"orders","partition":0,"offset":0}]""");
                        control.call(
                                request("tx.abort").put("id", open.path("id").asString()));
                    }))
                    .isInstanceOf(ConflictException.class)
                    .hasMessageContaining("EV-2011");
            assertThat(control.call(request("tx.list")).path("transactions")).isEmpty();
            assertThatThrownBy(() -> control.call(request("tx.abort").put("id", "tx-1")))
                    .isInstanceOf(NotFoundException.class)
                    .hasMessageContaining("EV-2022");
        }
    }

    @ParameterizedTest
    @EnumSource
    void keys_move_only_when_that_is_said(Door door) {
        events.createTopic(Topic.named("orders"));
        events.publish("orders", Event.of("a").withKey("k"));
        ObjectNode grow = json("{\"verb\": \"topic.alter\", \"name\": \"orders\", \"settings\": {\"partitions\": 2}}");

        try (Control control = door.open(events, folder)) {
            EventsException refused = catchThrowableOfType(RejectedException.class, () -> control.call(grow));
            assertThat(refused.code()).isEqualTo(ErrorCode.KEYED_TOPIC_GROWTH);

            control.call(grow.put("moving_keys", true));
            assertThat(events.topics().get("orders").partitions()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void an_error_is_the_same_exception_on_both_sides(Door door) {
        events.createTopic(Topic.named("orders"));
        try (Control control = door.open(events, folder)) {
            NotFoundException unknown = catchThrowableOfType(
                    NotFoundException.class,
                    () -> control.call(request("topic.status").put("name", "order")));
            EventsException direct = catchThrowableOfType(
                    NotFoundException.class, () -> events.topics().status("order"));
            assertThat(unknown.problem()).isEqualTo(direct.problem());

            ConflictException conflict = catchThrowableOfType(
                    ConflictException.class,
                    () -> control.call(json("{\"verb\": \"topic.create\", \"name\": \"orders\","
                            + " \"settings\": {\"partitions\": 9}}")));
            assertThat(conflict.code()).isEqualTo(ErrorCode.TOPIC_EXISTS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_request_that_is_none_is_refused_and_the_next_one_works(Door door) {
        try (Control control = door.open(events, folder)) {
            for (String wrong : List.of(
                    "{\"verb\": \"fly\"}",
                    "{\"verb\": \"topic.status\"}",
                    "{\"verb\": \"topic.status\", \"name\": 5}",
                    "{\"verb\": \"topic.create\", \"name\": \"a\", \"settings\": {\"cleanup\": \"sometimes\"}}",
                    "{\"verb\": \"topic.create\", \"name\": \"a\", \"settings\": {\"retention_time\": \"0s\"}}",
                    "{\"verb\": \"logs\", \"topic\": \"a\", \"from\": \"yesterday\"}",
                    "{\"verb\": \"group.reset\", \"name\": \"g\", \"to\": \"17\"}")) {
                EventsException refused =
                        catchThrowableOfType(RejectedException.class, () -> control.call(json(wrong)));
                assertThat(refused).as(wrong).isNotNull();
                assertThat(refused.code()).as(wrong).isEqualTo(ErrorCode.BAD_VALUE);
            }
            assertThat(control.call(request("topic.list")).path("topics")).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void events_go_in_and_come_out_whole(Door door) {
        events.createTopic(Topic.named("orders"));
        ObjectNode event = json("""
                {"id": "e1", "type": "order.created", "source": "shop", "subject": "s", "key": "kß",
                 "time": "2026-01-31T08:00:00.123456789Z", "metadata": {"version": "1.0"},
                 "data": {"total": 2.50, "big": 12345678901234567890123, "tiny": 0.1000000000000000055511151231,
                          "text": "line\\nbreak \\"quoted\\" \\u2028 \\uD83D\\uDE00", "none": null, "list": [true, {}]}}""");
        ObjectNode bytes = json("{\"type\": \"raw\", \"id\": \"e2\", \"data_base64\": \"AAEC/w==\", \"content_type\":"
                + " \"image/png\"}");
        ObjectNode bare = json("{\"type\": \"tombstone\", \"id\": \"e3\", \"key\": \"k\"}");

        try (Control control = door.open(events, folder)) {
            ObjectNode publish = request("publish").put("topic", "orders");
            publish.putArray("events").add(event).add(bytes).add(bare);
            assertThat(control.call(publish).path("published").asInt()).isEqualTo(3);

            List<JsonNode> read = items(control, request("logs").put("topic", "orders"));
            assertThat(read).hasSize(3);
            event.properties()
                    .forEach(field -> assertThat(read.get(0).get(field.getKey()))
                            .as(field.getKey())
                            .isEqualTo(field.getValue()));
            assertThat(read.get(0).path("data").toString())
                    .isEqualTo(event.path("data").toString());
            assertThat(read.get(1).path("data_base64").asString()).isEqualTo("AAEC/w==");
            assertThat(read.get(1).path("content_type").asString()).isEqualTo("image/png");
            assertThat(read.get(2).has("data")).isFalse();
            assertThat(read.get(2).path("offset").asInt()).isEqualTo(2);
            assertThat(Instant.parse(read.get(2).path("appended").asString()))
                    .isBefore(Instant.now().plusSeconds(1));
        }
    }

    @ParameterizedTest
    @EnumSource
    void an_event_that_can_not_be_published_fails_for_itself(Door door) {
        events.createTopic(Topic.named("small").maxMessageSize(io.clusterdb.events.ByteSize.bytes(500)));
        try (Control control = door.open(events, folder)) {
            ObjectNode publish = request("publish").put("topic", "small");
            publish.putArray("events")
                    .add(json("{\"type\": \"a\"}"))
                    .add(json("{\"type\": \"b\", \"data\": \"" + "x".repeat(1_000) + "\"}"))
                    .add(json("{\"kind\": \"c\"}"))
                    .add(json("{\"type\": \"d\", \"metadata\": {\"ce_x\": \"1\"}}"));
            JsonNode result = control.call(publish);

            assertThat(result.path("published").asInt()).isEqualTo(1);
            assertThat(result.path("failed"))
                    .extracting(f -> f.path("index").asInt())
                    .containsExactly(1, 2, 3);
            assertThat(result.path("failed"))
                    .extracting(f -> f.path("error").path("code").asString())
                    .containsExactly("EV-2004", "EV-1005", "EV-2005");

            EventsException unknown =
                    catchThrowableOfType(NotFoundException.class, () -> control.call(publish.put("topic", "none")));
            assertThat(unknown.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_reading_ends_at_the_end_at_its_limit_or_when_nobody_wants_more(Door door) {
        events.createTopic(Topic.named("orders"));
        publish("orders", 100);
        try (Control control = door.open(events, folder)) {
            ObjectNode logs = request("logs").put("topic", "orders");
            assertThat(items(control, logs)).hasSize(100);
            assertThat(items(control, logs.deepCopy().put("limit", 7))).hasSize(7);
            assertThat(items(control, logs.deepCopy().put("where", "data.n >= 90")))
                    .hasSize(10);
            assertThat(items(control, logs.deepCopy().put("from", "95"))).hasSize(5);

            List<JsonNode> wanted = new ArrayList<>();
            control.call(logs.deepCopy().put("follow", true), (item, reply) -> {
                wanted.add(item);
                if (wanted.size() == 100) {
                    publish("orders", 5);
                }
                return wanted.size() < 105;
            });
            assertThat(wanted).hasSizeGreaterThanOrEqualTo(105);
            assertThat(control.call(request("topic.list")).path("topics")).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_consumer_answers_what_it_gets_and_gets_again_what_it_did_not_answer(Door door) {
        events.createTopic(Topic.named("orders"));
        publish("orders", 20);
        ObjectNode consume =
                request("consume").put("group", "g").put("idle", "300ms").put("window", 10);
        List<String> seen = new ArrayList<>();
        try (Control control = door.open(events, folder)) {
            control.call(json("{\"verb\": \"group.create\", \"name\": \"g\", \"topics\": [\"orders\"]}"));
            control.call(consume.deepCopy().put("limit", 5), (item, reply) -> {
                seen.add(item.path("id").asString());
                ObjectNode answer = Wire.JSON.createObjectNode();
                answer.putArray("ack").add(item.path("delivery"));
                reply.accept(answer);
                return true;
            });
            assertThat(seen).containsExactly("e0", "e1", "e2", "e3", "e4");
            assertThat(events.groups().lag("g").events()).isEqualTo(15);
        }
        try (Control control = door.open(events, folder)) {
            control.call(consume, (item, reply) -> {
                assertThat(item.path("id").asString()).isEqualTo("e5");
                return false;
            });
        }
        seen.clear();
        try (Control control = door.open(events, folder)) {
            control.call(consume.deepCopy(), (item, reply) -> {
                seen.add(item.path("id").asString());
                ObjectNode answer = Wire.JSON.createObjectNode();
                boolean refused = item.path("id").asString().equals("e7");
                answer.putArray(refused ? "term" : "ack").add(item.path("delivery"));
                reply.accept(answer.put("reason", "seven"));
                return true;
            });
        }
        assertThat(seen).hasSize(15).contains("e5", "e19");
        assertThat(events.groups().lag("g").events()).isZero();
        assertThat(events.deadLetters().list("g", null, 0, 10))
                .extracting(letter -> letter.event().id() + letter.message())
                .containsExactly("e7seven");
    }

    @ParameterizedTest
    @EnumSource
    void groups_are_listed_and_reset(Door door) {
        events.createTopic(Topic.named("orders").partitions(2));
        publish("orders", 10);
        try (Control control = door.open(events, folder)) {
            JsonNode made = control.call(json("""
                            {"verb": "group.create", "name": "g", "topics": ["orders"], "from": "latest",
                             "session_timeout": "20s", "heartbeat_interval": "2s", "auto_commit": true,
                             "max_poll_records": 7, "isolation_level": "read_uncommitted"}"""));
            assertThat(made).isEqualTo(GroupJson.write(events.groups().get("g")));

            ObjectNode reset = request("group.reset").put("name", "g").put("to", "earliest");
            assertThat(control.call(reset.deepCopy().put("dry_run", true)).path("changes"))
                    .hasSize(2);
            assertThat(events.groups().lag("g").events()).isZero();
            control.call(reset);
            JsonNode lag = control.call(request("group.lag").put("name", "g"));
            assertThat(lag.path("lag").asInt()).isEqualTo(10);
            JsonNode listed = control.call(request("group.list")).path("groups").path(0);
            assertThat(listed.path("name").asString()).isEqualTo("g");
            assertThat(listed.path("lag").asInt()).isEqualTo(10);
        }
    }

    @ParameterizedTest
    @EnumSource
    void dead_letters_are_listed_shown_replayed_and_purged(Door door) {
        events.createTopic(Topic.named("orders"));
        events.createConsumerGroup(ConsumerGroup.of("g", "orders"));
        publish("orders", 6);
        try (var consumer = events.subscribe(Subscription.of("g"))) {
            for (int n = 0; n < 6; n++) {
                consumer.next(Duration.ofSeconds(10)).ifPresent((Message m) -> m.term("why not"));
            }
        }
        try (Control control = door.open(events, folder)) {
            ObjectNode list = request("dlq.list").put("group", "g");
            assertThat(items(control, list)).hasSize(6);
            assertThat(items(control, list.deepCopy().put("limit", 2))).hasSize(2);
            assertThat(items(control, list.deepCopy().put("where", "data.n == 3")))
                    .extracting(l -> l.path("id").asString())
                    .containsExactly("e3");

            JsonNode shown = control.call(request("dlq.show").put("group", "g").put("number", 3));
            assertThat(shown.path("message").asString()).isEqualTo("why not");
            assertThat(shown.path("disposition").asString()).isEqualTo("TERMINATED");

            ObjectNode replay = request("dlq.replay").put("group", "g").put("where", "data.n < 2");
            assertThat(control.call(replay.deepCopy().put("dry_run", true))
                            .path("dead_letters")
                            .asInt())
                    .isEqualTo(2);
            assertThat(control.call(replay).path("dead_letters").asInt()).isEqualTo(2);
            assertThat(control.call(request("dlq.purge").put("group", "g"))
                            .path("dead_letters")
                            .asInt())
                    .isEqualTo(4);
            assertThat(items(control, list)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void the_configuration_is_shown_as_yaml(Door door) {
        try (Control control = door.open(events, folder)) {
            JsonNode shown = control.call(request("config.show"));

            assertThat(shown.path("yaml").asString()).contains("name: shop").contains("type: folder");
            assertThat(shown.path("pid").asLong())
                    .isEqualTo(ProcessHandle.current().pid());
        }
    }
}
