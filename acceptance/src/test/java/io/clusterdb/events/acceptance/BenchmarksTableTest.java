package io.clusterdb.events.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What was measured stands in benchmarks/results, one file a workload: {@code {workload, title, unit, machine, date, command,
 * subjects: {events: {median, min, max}, kafka: {…}, raw: {…}}}}. docs/benchmarks.md shows all of it, and the README the
 * medians of some. Run with {@link House#WRITE}, both are written anew.
 */
class BenchmarksTableTest {
    private static final String BEGIN = "<!-- benchmarks -->\n";
    private static final String END = "<!-- /benchmarks -->";
    private static final Path PAGE = House.ROOT.resolve("docs/benchmarks.md");

    /** What the README shows, in its order. */
    private static final List<String> SHOWN = List.of(
            "publish-1k-leader",
            "publish-100b-all",
            "publish-one-all",
            "replay-1k",
            "handle-1k",
            "validation",
            "validation-json",
            "store-append-1",
            "store-append-64",
            "store-append-16-by-100",
            "store-load-1000",
            "store-load-1000-snapshot",
            "store-catch-up");

    /** What the name of another one begins with. */
    private static final String PEER = "peer: ";

    private static final Map<String, String> NAMES =
            Map.of("events", "**Events**", "kafka", "Apache Kafka", "raw", "the disk alone");

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static final JsonNode WRITING = JSON.readTree("""
            {"workload": "publish-1k-leader", "title": "Publish 1 KB", "unit": "events/s", "machine": "2 cores", "date": "2026-01-31",
             "command": "benchmarks/run",
             "subjects": {"events": {"median": 540123.4, "min": 500000, "max": 560000},
                          "kafka": {"median": 108000, "min": 104000, "max": 130000},
                          "1,000 topics": {"median": 400000, "min": 390000, "max": 410000}}}""");
    private static final JsonNode WAITING = JSON.readTree("""
            {"workload": "publish-one-all", "title": "One publish", "unit": "ms", "machine": "2 cores", "date": "2026-01-30",
             "command": "benchmarks/run publish-one-all",
             "subjects": {"events": {"median": 0.25, "min": 0.2, "max": 0.3},
                          "raw": {"median": 0.2, "min": 0.2, "max": 0.2},
                          "peer: another": {"median": 0.3, "min": 0.3, "max": 0.3}}}""");

    @Test
    void the_readme_shows_what_was_measured() throws IOException {
        String readme = House.text("README.md");
        String before = readme.substring(0, readme.indexOf(BEGIN) + BEGIN.length());
        String after = readme.substring(readme.indexOf(END));
        String table = table(results());
        if (House.isWriting()) {
            Files.writeString(House.ROOT.resolve("README.md"), before + table + after);
        }

        assertThat(House.text("README.md"))
                .as("README.md shows other figures than benchmarks/results; %s", House.howToWrite(getClass()))
                .isEqualTo(before + table + after);
    }

    @Test
    void a_page_shows_all_that_was_measured() throws IOException {
        String page = page(results());
        if (House.isWriting()) {
            Files.writeString(PAGE, page);
        }

        assertThat(PAGE)
                .as("other figures than benchmarks/results; %s", House.howToWrite(getClass()))
                .hasContent(page);
    }

    @Test
    void a_result_is_a_row_of_the_readme() {
        assertThat(table(List.of(WAITING, WRITING))).isEqualTo("""
                | workload | unit | Events | others: how many times as fast Events is |
                |---|---|---|---|
                | Publish 1 KB | events/s | 540,123; 1,000 topics 400,000 | Apache Kafka 108,000: 5.0 × |
                | One publish | ms | 0.25 | the disk alone 0.20: 0.8 ×; another 0.30: 1.2 × |
                """);
        assertThat(table(List.of())).isEmpty();
    }

    @Test
    void a_result_is_a_table_of_the_page() {
        assertThat(page(List.of(WAITING))).endsWith("""

                ## publish-one-all

                One publish, in ms.

                | | median | lowest | highest | Events is |
                |---|---|---|---|---|
                | **Events** | 0.25 | 0.20 | 0.30 | |
                | the disk alone | 0.20 | 0.20 | 0.20 | 0.80 × |
                | another | 0.30 | 0.30 | 0.30 | 1.20 × |

                `benchmarks/run publish-one-all`, 2026-01-30, 2 cores
                """);
    }

    private static List<JsonNode> results() throws IOException {
        try (Stream<Path> files = Files.list(House.ROOT.resolve("benchmarks/results"))) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .map(file -> JSON.readTree(file.toFile()))
                    .toList();
        }
    }

    private static String table(List<JsonNode> results) {
        List<String> lines = new ArrayList<>();
        for (String shown : SHOWN) {
            results.stream()
                    .filter(result -> result.path("workload").asString().equals(shown))
                    .forEach(result -> lines.add(row(result)));
        }
        if (lines.isEmpty()) {
            return "";
        }
        lines.addFirst("|---|---|---|---|");
        lines.addFirst("| workload | unit | Events | others: how many times as fast Events is |");
        return String.join("\n", lines) + "\n";
    }

    private static String row(JsonNode result) {
        List<String> own = new ArrayList<>();
        List<String> others = new ArrayList<>();
        result.path("subjects").forEachEntry((subject, figures) -> {
            String median = figure(figures.path("median"));
            if (isEvents(subject)) {
                own.add(subject.equals("events") ? median : subject + " " + median);
            } else {
                others.add(name(subject) + " " + median + ": " + factor(result, figures, "%.1f ×"));
            }
        });
        return "| %s | %s | %s | %s |"
                .formatted(
                        result.path("title").asString(),
                        result.path("unit").asString(),
                        String.join("; ", own),
                        String.join("; ", others));
    }

    private static String page(List<JsonNode> results) {
        StringBuilder page = new StringBuilder("""
                # Benchmarks

                What `benchmarks/run` has measured: each subject in a process of its own, their rounds in turn, on one machine. Of
                times less is better, of rates more. Absolute figures are those of this machine on that day; "Events is" compares
                the first row with another one, of the same rounds. One workload by its name:
                `benchmarks/run --rounds 7 store-append-64`.

                - "The disk alone" is one thread that writes the same bytes into a file in chunks of 256 KiB, and with acks all waits
                  for the disk after each. Events waits for larger groups, so it can be faster. Reading is in chunks of 1 MiB.
                - Apache Kafka is one node with its own clients, the same bytes, batches and linger.
                - On PostgreSQL all subjects use one server, which waits for its disk (`fsync` and `synchronous_commit` are on), and
                  every side makes the JSON of the orders it stores. "Embedded" is the store of Events in a folder.

                What is short of its goal, and where its time goes by the profiles:

                - `publish-1k-leader`: the goal is 5 times Kafka. The time goes to the kernel, which has to get memory for the file
                  cache: the machine it was measured on is virtual, and hands free memory back to its host. In a round that finds
                  enough of it "the disk alone" writes 3 to 4 million events a second; in the others 0.3 to 0.6 million.
                - `store-append-1`: the goals are 0.9 of the bare insert and twice Axon. All three wait once for the disk, so that
                  none can be much faster than another. It was 0.86 of the bare insert, and with ten events an append 0.89, on
                  the machine of 2026-11-26, where a wait for the disk (`fdatasync`) takes 118 µs; 0.97 to 1.02 on those of the two
                  days after, where it takes 160 to 500 µs. Of Axon it was 0.8 to 1.0, and 1.1 to 1.3 with ten events an append.
                - `store-append-16`: the goal is twice Axon. It was 1.4 to 2.0 times in runs on four machines. An event costs the server
                  62 to 92 µs of CPU time and Axon's 180 to 220 µs, but it is not the processor that limits Events: each append
                  takes a wait for the disk, and then the way back through the eight writers that shared it (ADR 0012).
                - Embedded, `store-append-1` and `store-append-64`: the goals are 4,000 and 60,000 events/s. They were 8,671 and 82,990
                  on the machine of 2026-11-26. Where a wait for the disk takes 160 to 500 µs, one writer makes 1,700 to 4,300 and 64
                  make 23,000 to 42,000; half of the CPU time of these goes to the kernel, which stops and wakes
                  their threads.
                """);
        for (JsonNode result : results) {
            page.append("\n## %s\n\n%s, in %s.\n\n| | median | lowest | highest | Events is |\n|---|---|---|---|---|\n"
                    .formatted(
                            result.path("workload").asString(),
                            result.path("title").asString(),
                            result.path("unit").asString()));
            result.path("subjects")
                    .forEachEntry((subject, figures) -> page.append("| %s | %s | %s | %s |%s|\n"
                            .formatted(
                                    name(subject),
                                    figure(figures.path("median")),
                                    figure(figures.path("min")),
                                    figure(figures.path("max")),
                                    isEvents(subject) ? " " : " " + factor(result, figures, "%.2f ×") + " ")));
            page.append("\n`%s`, %s, %s\n"
                    .formatted(
                            result.path("command").asString(),
                            result.path("date").asString(),
                            result.path("machine").asString()));
        }
        return page.toString();
    }

    /** Also in other circumstances. */
    private static boolean isEvents(String subject) {
        return !subject.equals("kafka") && !subject.equals("raw") && !subject.startsWith(PEER);
    }

    private static String name(String subject) {
        return NAMES.getOrDefault(subject, subject.startsWith(PEER) ? subject.substring(PEER.length()) : subject);
    }

    private static String figure(JsonNode number) {
        double value = number.asDouble();
        return String.format(Locale.ROOT, value >= 100 ? "%,.0f" : "%.2f", value);
    }

    /** How many times faster: a rate is better when it is higher, a time when it is lower. */
    private static String factor(JsonNode result, JsonNode other, String format) {
        double events = result.path("subjects").path("events").path("median").asDouble();
        double its = other.path("median").asDouble();
        boolean rate = result.path("unit").asString().endsWith("/s");
        return String.format(Locale.ROOT, format, rate ? events / its : its / events);
    }
}
