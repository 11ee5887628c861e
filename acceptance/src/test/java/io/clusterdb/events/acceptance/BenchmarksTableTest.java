package io.clusterdb.events.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The table of figures in the README is made of the files in benchmarks/results, one a workload: {@code {workload, unit,
 * machine, date, command, subjects: {events: {median, min, max}, kafka: {…}, raw: {…}}}}. Run with {@link
 * House#WRITE}, it writes the table anew.
 */
class BenchmarksTableTest {
    private static final String BEGIN = "<!-- benchmarks -->\n";
    private static final String END = "<!-- /benchmarks -->";
    private static final Set<String> PEERS = Set.of("events", "kafka", "raw");

    /** What the name of another one begins with. */
    private static final String PEER = "peer: ";

    private static final JsonMapper JSON = JsonMapper.builder().build();

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
    void a_result_is_a_row() {
        JsonNode writing = JSON.readTree("""
                {"workload": "publish-1k-leader", "unit": "events/s", "machine": "2 cores", "date": "2026-01-31",
                 "subjects": {"events": {"median": 540123.4, "min": 500000, "max": 560000},
                              "kafka": {"median": 108000, "min": 104000, "max": 130000},
                              "1,000 topics": {"median": 400000, "min": 390000, "max": 410000}}}""");
        JsonNode waiting = JSON.readTree("""
                {"workload": "publish-one-all", "unit": "ms", "machine": "2 cores", "date": "2026-01-30",
                 "subjects": {"events": {"median": 0.25, "min": 0.2, "max": 0.3},
                              "kafka": {"median": 1.0, "min": 0.9, "max": 1.1},
                              "raw": {"median": 0.2, "min": 0.2, "max": 0.2},
                              "peer: another": {"median": 0.3, "min": 0.3, "max": 0.3}}}""");

        assertThat(table(List.of(writing, waiting))).isEqualTo("""
                | workload | unit | Events | Apache Kafka, or as named | Events is | the disk alone |
                |---|---|---|---|---|---|
                | [publish-1k-leader](benchmarks/results/publish-1k-leader.json) | events/s | 540,123 (500,000–560,000) | 108,000 (104,000–130,000) | 5.0 × | – |
                | publish-1k-leader, 1,000 topics | events/s | 400,000 (390,000–410,000) | – | – | – |
                | [publish-one-all](benchmarks/results/publish-one-all.json) | ms | 0.25 (0.20–0.30) | 1.00 (0.90–1.10) | 4.0 × | 0.20 (0.20–0.20) |
                | publish-one-all: another | ms | – | 0.30 (0.30–0.30) | – | – |

                Median (lowest–highest) of several rounds, on 2 cores, 2026-01-30, 2026-01-31.
                """);
        assertThat(table(List.of())).isEmpty();
    }

    private static List<JsonNode> results() throws IOException {
        Path folder = House.ROOT.resolve("benchmarks/results");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .map(file -> JSON.readTree(file.toFile()))
                    .toList();
        }
    }

    private static String table(List<JsonNode> results) {
        if (results.isEmpty()) {
            return "";
        }
        List<String> lines = new ArrayList<>();
        lines.add("| workload | unit | Events | Apache Kafka, or as named | Events is | the disk alone |");
        lines.add("|---|---|---|---|---|---|");
        Set<String> dates = new TreeSet<>();
        Set<String> machines = new TreeSet<>();
        for (JsonNode result : results) {
            rows(result).forEach(row -> lines.add("| " + String.join(" | ", row) + " |"));
            dates.add(result.path("date").asString());
            machines.add(result.path("machine").asString());
        }
        lines.add("");
        lines.add("Median (lowest–highest) of several rounds, on " + String.join("; ", machines) + ", "
                + String.join(", ", dates) + ".");
        return String.join("\n", lines) + "\n";
    }

    /** A row for the workload, and one for each subject that is Events in other circumstances. */
    private static List<List<String>> rows(JsonNode result) {
        String workload = result.path("workload").asString();
        String unit = result.path("unit").asString();
        JsonNode subjects = result.path("subjects");
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(
                "[" + workload + "](benchmarks/results/" + workload + ".json)",
                unit,
                figures(subjects.path("events")),
                figures(subjects.path("kafka")),
                factor(unit, subjects),
                figures(subjects.path("raw"))));
        subjects.forEachEntry((subject, figures) -> {
            if (subject.startsWith(PEER)) {
                String peer = subject.substring(PEER.length());
                rows.add(List.of(workload + ": " + peer, unit, "–", figures(figures), "–", "–"));
            } else if (!PEERS.contains(subject)) {
                rows.add(List.of(workload + ", " + subject, unit, figures(figures), "–", "–", "–"));
            }
        });
        return rows;
    }

    private static String figures(JsonNode subject) {
        return subject.isMissingNode()
                ? "–"
                : figure(subject.path("median")) + " (" + figure(subject.path("min")) + "–"
                        + figure(subject.path("max")) + ")";
    }

    private static String figure(JsonNode number) {
        double value = number.asDouble();
        return String.format(Locale.ROOT, value >= 100 ? "%,.0f" : "%.2f", value);
    }

    /** How many times faster: a rate is better when it is higher, a time when it is lower. */
    private static String factor(String unit, JsonNode subjects) {
        double events = subjects.path("events").path("median").asDouble();
        double kafka = subjects.path("kafka").path("median").asDouble();
        if (events == 0 || kafka == 0) {
            return "–";
        }
        return String.format(Locale.ROOT, "%.1f ×", unit.endsWith("/s") ? events / kafka : kafka / events);
    }
}
