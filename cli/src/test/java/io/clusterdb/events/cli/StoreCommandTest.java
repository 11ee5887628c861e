package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.AggregateType;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.rocksdb.RocksDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Event stores by the command, in processes. */
@Timeout(300)
class StoreCommandTest {
    private static final String LINES = """
            {"aggregateType": "Order", "aggregateId": "o-1", "type": "OrderCreated", "id": "e-1", "data": {"total": 1200.50, "by": "c-1"}}
            {"aggregateType": "Order", "aggregateId": "o-1", "type": "OrderPaid", "version": 2, "id": "e-2", "metadata": {"user": "u"}, "data": {"paid": 7}}
            {"aggregateType": "Invoice", "aggregateId": "i-1", "type": "Written", "id": "e-3", "time": "2026-01-31T08:00:00Z", "data": {"total": 3}}
            """;

    @TempDir
    private Path home;

    private Run events(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--data", home.resolve("data").toString()));
        return Run.events(all.toArray(String[]::new));
    }

    private String file(String name, String content) throws IOException {
        return Files.writeString(home.resolve(name), content).toString();
    }

    private static List<String> column(JsonNode rows, String field) {
        return rows.valueStream().map(row -> row.path(field).asString()).toList();
    }

    @Test
    void events_are_appended_shown_and_summed_up_without_an_owner() throws IOException {
        assertThat(events("store", "create", "orders").out()).contains("is created");
        assertThat(events("store", "create", "orders").out()).contains("exists already");
        Run appended = events("store", "append", file("events.ndjson", LINES));
        assertThat(appended.exit()).as(appended.err()).isZero();
        assertThat(appended.out()).contains("3 events stored");
        assertThat(events("store", "append", file("events.ndjson", LINES)).out())
                .contains("3 events stored");

        Run shown = events("store", "events", "--all", "-o", "json");
        JsonNode all = shown.json();
        assertThat(column(all, "id")).containsExactly("e-1", "e-2", "e-3");
        assertThat(shown.out()).contains("\"data\":{\"total\":1200.50,\"by\":\"c-1\"}");
        assertThat(all.get(1).path("metadata").path("user").asString()).isEqualTo("u");
        assertThat(all.get(2).path("time").asString()).isEqualTo("2026-01-31T08:00:00Z");
        assertThat(column(
                        events("store", "events", "--all", "--after", "1", "--type", "Written", "-o", "json")
                                .json(),
                        "id"))
                .containsExactly("e-3");
        assertThat(column(
                        events(
                                        "store",
                                        "events",
                                        "--all",
                                        "--where",
                                        "data.total >= 3 && version == 1",
                                        "--limit",
                                        "1",
                                        "-o",
                                        "json")
                                .json(),
                        "id"))
                .containsExactly("e-1");
        assertThat(column(
                        events("store", "events", "o-1", "--backwards", "-o", "json")
                                .json(),
                        "version"))
                .containsExactly("2", "1");
        assertThat(column(
                        events("store", "events", "o-1", "--from", "2", "-o", "json")
                                .json(),
                        "version"))
                .containsExactly("2");
        assertThat(events("store", "streams").out().lines().skip(1))
                .satisfiesExactly(
                        first -> assertThat(first).contains("i-1", "Invoice", "1"),
                        second -> assertThat(second).contains("o-1", "Order", "2"));

        JsonNode loaded =
                events("store", "load", "o-1", "--merge", "-o", "json").json();
        assertThat(loaded.path("version").asLong()).isEqualTo(2);
        assertThat(loaded.path("events").toString()).isEqualTo("{\"OrderCreated\":1,\"OrderPaid\":1}");
        assertThat(loaded.path("merged").path("paid").asInt()).isEqualTo(7);
        assertThat(loaded.path("merged").path("by").asString()).isEqualTo("c-1");
        Run unknown = events("store", "load", "nobody");
        assertThat(unknown.exit()).isEqualTo(1);
        assertThat(unknown.err()).contains("nobody");
    }

    @Test
    void a_number_that_is_too_large_refuses_its_line_alone() throws IOException {
        events("store", "create", "orders");
        String line = LINES.lines().findFirst().orElseThrow();
        String wrong = line.replace("\"e-1\"", "\"e-9\", \"version\": 99999999999999999999");

        Run appended = events("store", "append", file("events.ndjson", wrong + "\n" + line + "\n"));

        assertThat(appended.exit()).isEqualTo(1);
        assertThat(appended.err()).contains("line 1: ", "version");
        assertThat(appended.out()).contains("1 event stored");
    }

    @Test
    void values_that_no_option_allows_are_a_wrong_use() throws IOException {
        events("store", "create", "orders");
        String lines = file("events.ndjson", LINES);
        List<List<String>> wrong = List.of(
                List.of("streams", "--limit", "-1"),
                List.of("events", "o-1", "--from", "0"),
                List.of("events", "--all", "--after", "-1"),
                List.of("append", lines, "--atomic", "--expect", "o-1=last"));
        for (List<String> arguments : wrong) {
            List<String> all = new ArrayList<>(List.of("store"));
            all.addAll(arguments);
            Run run = events(all.toArray(String[]::new));
            assertThat(run.exit()).as(run.err()).isEqualTo(2);
            assertThat(run.err()).contains(arguments.get(arguments.size() - 2));
        }
    }

    @Test
    void lines_that_can_not_be_stored_are_reported_and_the_rest_goes_on() throws IOException {
        events("store", "create", "orders");
        String bad = file("bad.ndjson", """
                {"aggregateType": "Order", "aggregateId": "o-1", "type": "A", "data": 1}
                {"aggregateType": "Order", "agregateId": "o-1", "type": "A", "data": 1}
                {"aggregateType": "Order", "aggregateId": "o-1", "type": "A", "version": 7, "data": 1}
                no json
                {"aggregateType": "Order", "aggregateId": "o-1", "type": "A", "version": 2, "data": 1}
                """);

        Run mixed = events("store", "append", bad);

        assertThat(mixed.exit()).isEqualTo(1);
        assertThat(mixed.err())
                .contains(
                        "line 2: ",
                        "did you mean aggregateId?",
                        "line 3: ",
                        "actual is version",
                        "line 4: it is no JSON");
        assertThat(mixed.out()).contains("2 events stored");
        assertThat(events("store", "events", "o-1", "-o", "json").json()).hasSize(2);

        Run none = events("store", "append", file("good.ndjson", LINES), "--atomic", "--expect", "o-1=9");
        assertThat(none.exit()).isEqualTo(1);
        assertThat(events("store", "events", "--all", "-o", "json").json()).hasSize(2);
        String one = file("one.ndjson", LINES.lines().toList().get(2));
        assertThat(events("store", "append", one, "--atomic", "--expect", "o-1=2")
                        .exit())
                .isZero();
        assertThat(events("store", "append", one, "--expect", "o-1=2").exit()).isEqualTo(2);
    }

    @Test
    void everything_works_beside_the_process_that_has_the_store() throws IOException {
        AggregateType<Long> sum = AggregateType.of("Order", Long.class).starts("Added", Integer.class, n -> (long) n);
        String added = "{\"aggregateType\": \"Order\", \"aggregateId\": \"o-1\", \"type\": \"Added\", \"data\": 40}\n";
        try (Events owner = Events.open(
                EventBroker.named("owner").store(RocksDb.at(home.resolve("data"))), EventStore.named("orders"))) {
            assertThat(events("store", "append", file("a.ndjson", added)).exit())
                    .isZero();
            owner.createSnapshot(owner.loadAggregate(sum, "o-1"));

            Run snapshots = events("store", "snapshot", "o-1", "-o", "json");
            assertThat(snapshots.json()).hasSize(1);
            assertThat(snapshots.json().get(0).path("version").asLong()).isEqualTo(1);
            assertThat(snapshots.json().get(0).path("fold").asString()).hasSize(32);
            assertThat(events("store", "load", "o-1").out()).contains("snapshot of version 1", "40");
            assertThat(column(events("store", "list", "-o", "json").json(), "name"))
                    .containsExactly("orders");
            assertThat(events("config", "show").out()).contains("store:", "name: orders", "interval: 100");
            assertThat(events("store", "events", "o-1", "--store", "others").err())
                    .contains("orders");

            Run.Begun follower = Run.begin(
                    List.of(),
                    Map.of(),
                    "store",
                    "events",
                    "--all",
                    "--follow",
                    "--limit",
                    "2",
                    "-o",
                    "json",
                    "--data",
                    home.resolve("data").toString());
            assertThat(events("store", "append", file("b.ndjson", added.replace("o-1", "o-2")))
                            .exit())
                    .isZero();
            Run followed = follower.end();
            assertThat(followed.jsonLines())
                    .extracting(e -> e.path("aggregateId").asString())
                    .containsExactly("o-1", "o-2");
        }
        assertThat(events("logs", "show", "--topic", "store:orders", "-o", "json")
                        .json())
                .hasSize(2);
    }

    @Test
    void schemas_that_a_store_keeps_hold_for_the_command_without_a_configuration() throws IOException {
        Schema total = Schema.jsonSchema("{\"required\": [\"total\"]}", SchemaCompatibility.BACKWARD);
        Events.open(
                        EventBroker.named("owner").store(RocksDb.at(home.resolve("data"))),
                        EventStore.named("orders")
                                .schema("OrderCreated", total)
                                .schema(Schema.jsonSchema("true", SchemaCompatibility.BACKWARD)))
                .close();
        String bad = file("bad.ndjson", LINES.replace("\"total\": 1200.50, ", ""));

        Run refused = events("store", "append", bad, "--strict");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("line 1: ", "total", "version 1");
        assertThat(events("store", "events", "--all", "-o", "json").json().size())
                .as("stored behind it")
                .isZero();
        assertThat(events("store", "append", file("good.ndjson", LINES)).exit()).isZero();

        JsonNode kept = events("store", "schemas", "-o", "json").json();
        assertThat(column(kept, "type")).containsExactly("*", "OrderCreated");
        assertThat(column(kept, "definition")).containsExactly("true", total.definition());
    }

    @Test
    void a_store_alone_is_opened_by_its_configuration_and_asked_through_its_owner() throws IOException {
        String yaml = file(
                "events.yaml",
                "store: {name: orders, persistence: {store: {type: rocksdb, path: data}, "
                        + "schemas: {OrderCreated: {definition: '{\"required\": [\"total\"]}'}, '*': {definition: 'true'}}}}");
        String bad = file("bad.ndjson", LINES.replace("\"total\": 1200.50, ", ""));

        Run refused = Run.events("store", "append", bad, "-c", yaml, "--strict");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("line 1: ", "total");
        try (Events owner = Events.open(Path.of(yaml))) {
            Run through = Run.events("store", "append", file("good.ndjson", LINES), "-c", yaml);
            assertThat(through.exit()).as(through.err()).isZero();
            assertThat(owner.getEvents("o-1")).hasSize(2);
        }
        assertThat(Run.events("topic", "list", "-c", yaml).err()).contains("There is no broker");
    }
}
