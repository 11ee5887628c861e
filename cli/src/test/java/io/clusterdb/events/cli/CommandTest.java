package io.clusterdb.events.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Topic;
import io.clusterdb.events.rocksdb.RocksDb;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvSchema;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The command as its users meet it: processes, exit codes, outputs. */
@Timeout(300)
class CommandTest {
    @TempDir
    private Path home;

    private String data = "";

    @BeforeEach
    void folder() {
        data = home.resolve("data").toString();
    }

    private Run events(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--data", data));
        return Run.events(all.toArray(String[]::new));
    }

    private Run done(String... arguments) throws IOException {
        Run run = events(arguments);
        assertThat(run.err()).as("error of %s", List.of(arguments)).isEmpty();
        assertThat(run.exit()).isZero();
        return run;
    }

    private String file(String name, String content) throws IOException {
        return Files.writeString(home.resolve(name), content).toString();
    }

    private Events owner() {
        return Events.open(EventBroker.named("owner").store(RocksDb.at(Path.of(data))));
    }

    // --- what it says when something is wrong

    @Test
    void a_wrong_use_exits_with_2_and_a_failure_with_1_and_both_say_what_to_do() throws IOException {
        done("topic", "create", "orders");
        for (Run wrong : List.of(
                Run.events("topic", "list"),
                Run.events("topic", "list", "--nonsense", "--data", data),
                Run.events("fly"),
                Run.events("topic", "list", "--data", data, "-c", "x.yaml"),
                events("topic", "alter", "orders"),
                events("topic", "list", "-o", "xml"))) {
            assertThat(wrong.exit()).isEqualTo(2);
            assertThat(wrong.out()).isEmpty();
            assertThat(wrong.err()).matches("(?s)Error: .*\n  Cause:    .*\n  Solution: .*--help.*\n");
        }
        Run failed = events("topic", "status", "order");
        assertThat(failed.exit()).isEqualTo(1);
        assertThat(failed.out()).isEmpty();
        assertThat(failed.err()).isEqualTo("""
                        Error: Unknown topic order [EV-2001]
                          Cause:    known are orders
                          Solution: Create it with createTopic (events topic create order), or correct the name
                        """);
        assertThat(Run.events().err()).contains("Usage: events").contains("First steps");
    }

    @Test
    void a_stack_trace_is_only_for_those_who_ask() throws IOException {
        Run plain = events("topic", "list");
        assertThat(plain.exit()).isEqualTo(1);
        assertThat(plain.err()).contains("[EV-1003]").doesNotContain("\tat ");

        Run debug = Run.begin(List.of(), Map.of("EVENTS_DEBUG", "1"), "topic", "list", "--data", data)
                .end();
        assertThat(debug.err()).contains("[EV-1003]").contains("\tat ");
    }

    @Test
    void a_folder_of_something_else_is_left_alone() throws IOException {
        file("precious", "yes");
        for (String[] command : List.of(new String[] {"topic", "list"}, new String[] {"topic", "create", "orders"})) {
            List<String> line = new ArrayList<>(List.of(command));
            line.addAll(List.of("--data", home.toString()));
            Run run = Run.events(line.toArray(String[]::new));
            assertThat(run.exit()).isEqualTo(1);
            assertThat(run.err()).contains("holds other things");
        }
        try (var files = Files.list(home)) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void what_deletes_asks_and_where_nobody_can_be_asked_it_refuses() throws IOException {
        done("topic", "create", "orders");
        done("consumer", "create", "g", "orders");
        for (String[] command : List.of(
                new String[] {"topic", "delete", "orders"},
                new String[] {"consumer", "reset", "g", "--to", "earliest"},
                new String[] {"consumer", "delete", "g"},
                new String[] {"dlq", "purge", "g"})) {
            Run refused = events(command);
            assertThat(refused.exit()).isEqualTo(1);
            assertThat(refused.err()).contains("--yes");
        }
        assertThat(done("topic", "list", "-o", "json").json()).hasSize(1);

        assertThat(done("consumer", "reset", "g", "--to", "earliest", "--yes").out())
                .contains("orders");
        assertThat(done("consumer", "alter", "g", "--auto-commit", "-o", "json")
                        .json()
                        .path("auto_commit")
                        .asBoolean())
                .isTrue();
        assertThat(done("consumer", "delete", "g", "--yes").out()).isEqualTo("Group g is deleted\n");
        assertThat(done("consumer", "list", "-o", "json").json()).isEmpty();
        assertThat(done("topic", "delete", "orders", "--yes").out())
                .isEqualTo("Topic orders is deleted, with 0 events\n");
        assertThat(done("topic", "list", "-o", "json").json()).isEmpty();
    }

    // --- rows

    @Test
    void a_csv_nobody_prepared_comes_out_whole() throws Exception {
        Path csv = Path.of(CommandTest.class.getResource("earthquakes.csv").toURI());
        done("topic", "create", "quakes", "-p", "4");
        Run published = done(
                "publish",
                "quakes",
                "--file",
                csv.toString(),
                "--id",
                "data.id",
                "--time",
                "data.time",
                "--key",
                "data.network",
                "--type",
                "quake",
                "-o",
                "json");
        assertThat(published.json().path("published").asInt()).isEqualTo(1_707);

        Map<String, JsonNode> read = new HashMap<>();
        done("logs", "show", "--topic", "quakes", "-o", "json")
                .json()
                .forEach(event -> read.put(event.path("id").asString(), event));
        int rows = 0;
        try (MappingIterator<Map<String, String>> all = CsvMapper.builder()
                .build()
                .readerFor(Map.class)
                .with(CsvSchema.emptySchema().withHeader())
                .readValues(csv.toFile())) {
            while (all.hasNext()) {
                Map<String, String> row = all.next();
                JsonNode event = requireNonNull(read.get(row.get("id")));
                row.forEach((name, value) -> {
                    JsonNode field = event.path("data").path(name);
                    assertThat(field.isNull() ? "" : field.asString()).as(name).isEqualTo(value);
                });
                assertThat(Instant.parse(event.path("time").asString())).isEqualTo(row.get("time"));
                assertThat(event.path("key").asString()).isEqualTo(row.get("network"));
                rows++;
            }
        }
        assertThat(read).hasSize(rows);
        JsonNode any = requireNonNull(read.get("ci37868143")).path("data");
        assertThat(any.path("magnitude").isNumber()).isTrue();
        assertThat(any.path("place").asString()).isEqualTo("4km W of Castaic, CA");
    }

    @Test
    void a_bad_row_is_reported_with_its_line_and_the_rest_goes_on() throws IOException {
        done("topic", "create", "orders", "--max-message-size", "2KB");
        String rows = file(
                "rows.ndjson",
                "{\"id\": 1}\nnot json\n{\"id\": 3}\n{\"no\": 4}\n{\"id\": 5, \"x\": \"" + "x".repeat(3_000) + "\"}\n"
                        + "{\"id\": 6}\n");

        Run run = events("publish", "orders", "--file", rows, "--id", "data.id");

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.out()).startsWith("3 events published to orders in ");
        assertThat(run.err())
                .contains("line 2: it is no JSON document")
                .contains("line 4: --id data.id has no value here")
                .contains("line 5: Message too large [EV-2004]")
                .contains("Error: 3 rows could not be published");
        assertThat(ids()).containsExactly("1", "3", "6");

        Run strict = events("publish", "orders", "--file", rows, "--id", "'s' + string(data.id)", "--strict");
        assertThat(strict.exit()).isEqualTo(1);
        assertThat(strict.err()).contains("line 2").doesNotContain("line 4");
        assertThat(ids()).containsExactly("1", "3", "6", "s1");
    }

    private List<String> ids() throws IOException {
        List<String> ids = new ArrayList<>();
        done("logs", "show", "--topic", "orders", "-o", "json")
                .json()
                .forEach(event -> ids.add(event.path("id").asString()));
        return ids;
    }

    @Test
    void standard_input_is_read_twice_where_types_need_it() throws IOException {
        done("topic", "create", "orders");
        Run.Begun typed = Run.begin(
                List.of(), Map.of(), "publish", "orders", "--file", "-", "--data", data, "--id", "string(line)");
        try (var in = typed.process().getOutputStream()) {
            in.write("\uFEFFa;b\r\n1;x\r\n2;\"y;\n\"\r\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(typed.end().exit()).isZero();
        Run.Begun text = Run.begin(
                List.of(), Map.of(), "publish", "orders", "--file", "-", "--data", data, "--strings", "--id", "'t'");
        try (var in = text.process().getOutputStream()) {
            in.write("a\n1\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(text.end().exit()).isZero();

        List<String> read = new ArrayList<>();
        done("logs", "show", "--topic", "orders", "-o", "json")
                .json()
                .forEach(event -> read.add(event.path("id").asString() + event.path("data")));
        assertThat(read).containsExactly("2{\"a\":1,\"b\":\"x\"}", "3{\"a\":2,\"b\":\"y;\\n\"}", "t{\"a\":\"1\"}");
    }

    @Test
    void a_million_rows_flow_through_a_small_heap() throws IOException {
        int rows = 1_000_000;
        Path csv = home.resolve("big.csv");
        try (var out = Files.newBufferedWriter(csv)) {
            out.write("id,name,amount,when\n");
            for (int n = 0; n < rows; n++) {
                out.write(n + ",\"customer " + n % 1_000 + "\"," + n % 97 + ".50,2026-01-31T08:00:00Z\n");
            }
        }
        done("topic", "create", "orders", "-p", "2");
        try (Events owner = owner()) {
            Run run = Run.begin(
                            List.of("-Xmx48m"),
                            Map.of(),
                            "publish",
                            "orders",
                            "--file",
                            csv.toString(),
                            "--id",
                            "data.id",
                            "--data",
                            data)
                    .end();
            assertThat(run.err()).isEmpty();
            assertThat(run.exit()).isZero();
            assertThat(owner.topics().status("orders").partitions().stream()
                            .mapToLong(p -> p.end() - p.start())
                            .sum())
                    .isEqualTo(rows);
        }
    }

    // --- outputs

    @Test
    void every_output_can_be_read_by_a_program() throws IOException {
        done("topic", "create", "orders", "-p", "2");
        done("publish", "orders", "--file", file("rows.csv", "n,t\n1,a\n2,\"b\nc\"\n"), "--id", "data.n");
        assertThat(events("consume", "orders", "-g", "g", "--limit", "1", "-o", "json")
                        .jsonLines())
                .hasSize(1);
        for (String command : List.of(
                "topic list",
                "topic status orders",
                "topic create orders -p 2",
                "consumer list",
                "consumer lag g",
                "consumer create g2 orders",
                "consumer reset g --to earliest --dry-run",
                "logs show --topic orders",
                "dlq list g",
                "dlq replay g --dry-run",
                "config show",
                "config check")) {
            String[] words = command.split(" ");
            JsonNode json = done(with(words, "-o", "json")).json();
            JsonNode yaml =
                    YAMLMapper.shared().readTree(done(with(words, "-o", "yaml")).out());
            assertThat(withoutTimes(yaml)).as(command).isEqualTo(withoutTimes(json));
        }
    }

    private static String[] with(String[] words, String... more) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    /** Ages differ from one run to the next. */
    private static String withoutTimes(JsonNode json) {
        return json.toString().replaceAll("\"behind_ms\":\\d+", "");
    }

    @Test
    void tables_look_the_same_every_time() throws IOException {
        done("topic", "create", "orders", "-p", "2", "--retention-time", "7d", "--retention-size", "10GB");
        String rows = file("rows.ndjson", "{\"n\": 1}\n{\"n\": 2, \"t\": \"a\\u001b[31m\\nb\"}\n");
        done(
                "publish",
                "orders",
                "--file",
                rows,
                "--id",
                "'e' + string(line)",
                "--key",
                "'k'",
                "--time",
                "'2026-01-31T08:00:00Z'",
                "--type",
                "order.created");
        done("consumer", "create", "audit", "orders");

        assertThat(done("topic", "list").out().replaceAll("\\d+ B", "### B")).isEqualTo("""
                        NAME    PARTITIONS  EVENTS   SIZE  RETENTION  CLEANUP  COMPRESSION  OWNER
                        orders           2       2  ### B  7d, 10GB   delete   none
                        """);
        assertThat(done("topic", "status", "orders").out().replaceAll("\\d\\d+ B", "### B"))
                .isEqualTo("""
                        Topic orders: 2 partitions, retention 7d, 10GB, cleanup delete, compression none
                        2 events, ### B

                        PARTITION  START  STABLE END  END  EVENTS   SIZE  HELD BY
                                0      0           2    2       2  ### B
                                1      0           0    0       0    0 B
                        """);
        assertThat(done("logs", "show", "--topic", "orders").out()).isEqualTo("""
                        PARTITION    OFFSET  TIME                      ID                    TYPE              KEY       DATA
                                0         0  2026-01-31T08:00:00Z      e1                    order.created     k         {"n":1}
                                0         1  2026-01-31T08:00:00Z      e2                    order.created     k         {"n":2,"t":"a\\u001B[31m\\nb"}
                        """);
        assertThat(done("consumer", "lag", "audit").out().replaceAll("\\d+(m?s)( behind)?", "#$1$2"))
                .contains("Group audit: 0 members, lag 2 events, #")
                .contains("TOPIC   PARTITION  FLOOR  END  LAG  BEHIND  UNANSWERED  PARKED  MEMBER\n");
    }

    @Test
    void a_reader_that_has_seen_enough_is_no_failure() throws Exception {
        done("topic", "create", "orders");
        done("publish", "orders", "--file", file("rows.csv", "n\n" + "12345\n".repeat(20_000)));
        List<String> line = Run.commandLine(List.of(), "logs", "show", "--topic", "orders", "--data", data);
        String pipe = "'" + String.join("' '", line) + "' | head -n 2; echo \"exit ${PIPESTATUS[0]}\"";

        Process shell =
                new ProcessBuilder("bash", "-c", pipe).redirectErrorStream(true).start();
        String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(said.lines()).hasSize(3).last().isEqualTo("exit 0");
    }

    @Test
    void an_output_that_cannot_be_written_is_a_failure() throws Exception {
        done("topic", "create", "orders");
        done("publish", "orders", "--file", file("rows.csv", "n\n" + "12345\n".repeat(2_000)));
        for (String limit : List.of("1", "2000")) { // less than the command keeps before it writes, and more
            List<String> line =
                    Run.commandLine(List.of(), "logs", "show", "--topic", "orders", "--limit", limit, "--data", data);
            Process shell = new ProcessBuilder("bash", "-c", "'" + String.join("' '", line) + "' > /dev/full")
                    .redirectErrorStream(true)
                    .start();
            String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(shell.waitFor()).isEqualTo(1);
            assertThat(said).containsOnlyOnce("The output can't be written");
        }
    }

    @Test
    void ids_and_keys_keep_every_digit() throws IOException {
        done("topic", "create", "orders");
        String rows = file("rows.ndjson", """
                {"n": 12345678901234567890, "k": 0.1000000000000000001}
                {"n": 12345678901234567891, "k": 1.50}
                {"n": 12345678901, "k": 1e3}
                {"n": 18446744073709551616, "k": 0.10000000000000001}
                """);
        done("publish", "orders", "--file", rows, "--id", "data.n", "--key", "data.k");

        assertThat(events("logs", "show", "--topic", "orders", "-o", "json").json())
                .extracting(e -> e.path("id").asString(), e -> e.path("key").asString())
                .containsExactly(
                        tuple("12345678901234567890", "0.1000000000000000001"),
                        tuple("12345678901234567891", "1.5"),
                        tuple("12345678901", "1000"),
                        tuple("18446744073709551616", "0.1"));

        String near = file("near.ndjson", "{\"k\": 0.10000000000000001}\n{\"k\": 12.5}\n");
        done("publish", "orders", "--file", near, "--key", "data.k < 1.0 ? 'low' : 'high'");
    }

    @Test
    void what_is_said_of_a_row_holds_nothing_that_a_terminal_would_obey() throws IOException {
        done("topic", "create", "orders");
        String rows = file("rows.ndjson", "{\"when\": \"\\u001b]0;title\\u0007\\u009b2J\"}\n");

        Run refused = events("publish", "orders", "--file", rows, "--time", "data.when");

        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("\\u001b]0;title\\u0007\\u009b2J").doesNotContain("\u001b", "\u009b");
    }

    // --- consuming

    @Test
    void consuming_goes_on_where_it_was() throws IOException {
        done("topic", "create", "orders");
        done("publish", "orders", "--file", file("rows.csv", "n\n1\n2\n3\n4\n5\n"), "--id", "data.n");

        Run first = events("consume", "orders", "-g", "g", "--limit", "2", "-o", "json");
        Run rest = events("consume", "-g", "g", "--until-idle", "3s", "-o", "json");
        Run unknown = events("consume", "-g", "nobody", "--until-idle", "500ms");

        assertThat(first.err()).isEqualTo("Group g is new, over orders.\n");
        assertThat(first.jsonLines()).extracting(e -> e.path("id").asString()).containsExactly("1", "2");
        assertThat(rest.jsonLines()).extracting(e -> e.path("id").asString()).containsExactly("3", "4", "5");
        assertThat(unknown.exit()).isEqualTo(1);
        assertThat(unknown.err()).contains("[EV-3001]");
        assertThat(done("consumer", "lag", "g", "-o", "json").json().path("lag").asInt())
                .isZero();
    }

    @Test
    void a_consumer_that_is_told_to_end_gives_the_folder_back_without_a_word() throws Exception {
        done("topic", "create", "orders");
        done("publish", "orders", "--file", file("rows.csv", "n\n1\n"));
        Run.Begun consuming =
                Run.begin(List.of(), Map.of(), "consume", "orders", "-g", "g", "-o", "json", "--data", data);
        while (Files.size(consuming.out()) == 0) {
            assertThat(consuming.process().isAlive()).isTrue();
            consuming.process().waitFor(20, TimeUnit.MILLISECONDS);
        }

        consuming.process().destroy();
        Run ended = consuming.end();

        assertThat(ended.exit()).isEqualTo(143);
        assertThat(ended.err()).isEqualTo("Group g is new, over orders.\n");
        assertThat(done("consumer", "lag", "g", "-o", "json").json().path("lag").asInt())
                .isZero();
    }

    // --- beside others

    @Test
    void everything_works_beside_a_running_application() throws IOException {
        try (Events owner = owner()) {
            done("topic", "create", "orders");
            done("publish", "orders", "--file", file("rows.csv", "n\n1\n2\n"), "--id", "data.n");
            assertThat(owner.topics().status("orders").partitions().get(0).end())
                    .isEqualTo(2);
            owner.publish("orders", Event.of("mine").withId("3"));
            assertThat(ids()).containsExactly("1", "2", "3");
            assertThat(events("consume", "orders", "-g", "g", "--limit", "3", "-o", "json")
                            .jsonLines())
                    .hasSize(3);
            assertThat(done("config", "show").out())
                    .contains("# in force in process " + ProcessHandle.current().pid())
                    .contains("name: owner");
            assertThat(events("topic", "status", "nobody").err()).contains("[EV-2001]");
        }
    }

    @Test
    void following_shows_what_comes() throws Exception {
        try (Events owner = owner()) {
            owner.createTopic(Topic.named("orders"));
            Run.Begun follow = Run.begin(
                    List.of(), Map.of(), "logs", "show", "-t", "orders", "--follow", "-o", "json", "--data", data);
            int published = 0;
            while (Files.readString(follow.out()).lines().count() < 3) {
                owner.publish("orders", Event.of("numbered").withId("e" + published++));
                assertThat(follow.process().waitFor(50, TimeUnit.MILLISECONDS)).isFalse();
            }
            follow.process().destroy();
            assertThat(follow.end().jsonLines().get(2).path("id").asString()).isEqualTo("e2");
        }
    }

    @Test
    void commands_that_meet_on_a_folder_wait_for_each_other() throws IOException {
        done("topic", "create", "orders");
        String rows = file("rows.csv", "n\n" + "1\n".repeat(3_000));
        List<Run.Begun> all = new ArrayList<>();
        for (int n = 0; n < 5; n++) {
            all.add(Run.begin(List.of(), Map.of(), "publish", "orders", "--file", rows, "--data", data));
        }
        for (Run.Begun one : all) {
            Run run = one.end();
            assertThat(run.err()).isEmpty();
            assertThat(run.exit()).isZero();
        }
        assertThat(done("topic", "status", "orders", "-o", "json")
                        .json()
                        .path("events")
                        .asInt())
                .isEqualTo(15_000);
    }

    // --- configuration

    @Test
    void a_configuration_is_checked_and_shown() throws IOException {
        String good = file("events.yaml", """
                broker:
                  name: main
                  engine: rocksdb
                  persistence: {enabled: true, store: {type: rocksdb, path: data}}
                  replication: {factor: 3, sync: quorum, cluster: ["node-1:9092", "node-2:9092"]}
                """);
        Run checked = Run.events("config", "check", good);
        assertThat(checked.exit()).isZero();
        assertThat(checked.out()).contains("is right").contains("engine rocksdb keeps one copy");
        assertThat(Run.events("config", "show", "-c", good).out())
                .contains("# note: replication asks for 3 copies")
                .contains("max_open_files: -1")
                .contains("path: " + data);
        assertThat(home.resolve("data")).doesNotExist();

        Run started = Run.events("topic", "create", "orders", "-c", good);
        assertThat(started.exit()).isZero();
        assertThat(started.err()).contains("keeps one copy");
        assertThat(Run.events("topic", "list", "-c", good, "-o", "json").json()).hasSize(1);
    }

    @Test
    void a_configuration_with_faults_lists_them_all() throws IOException {
        String bad = file("bad.yaml", "broker:\n  nam: main\n  persistence: {store: {type: rocksdb}}\n");
        Run run = Run.events("config", "check", bad);
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err())
                .contains("[EV-1001]")
                .contains("did you mean name?")
                .contains("broker.persistence.store.path: missing");

        String later = file(
                "later.yaml", "broker: {name: a, engine: memory}\nstreams: {processors: {p: {inputs: [{name: a}]}}}\n");
        Run refused = Run.events("config", "check", later);
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("[EV-1002]").contains("stream processor");

        Run memory = Run.events("topic", "list", "-c", file("memory.yaml", "broker: {name: a, engine: memory}\n"));
        assertThat(memory.exit()).isEqualTo(1);
        assertThat(memory.err()).contains("kept in the memory");
    }
}
