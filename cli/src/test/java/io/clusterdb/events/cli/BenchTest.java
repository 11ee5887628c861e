package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Topic;
import io.clusterdb.events.rocksdb.RocksDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The benchmarks as their users meet them. */
@Timeout(300)
class BenchTest {
    @TempDir
    private Path home;

    private Run bench(String... arguments) throws IOException {
        Path temporary = Files.createDirectories(home.resolve("temporary"));
        Run run = Run.begin(
                        List.of("-Djava.io.tmpdir=" + temporary),
                        Map.of(),
                        Stream.concat(Stream.of("bench"), Arrays.stream(arguments))
                                .toArray(String[]::new))
                .end();
        assertThat(temporary).isEmptyDirectory();
        return run;
    }

    private JsonNode measured(String... arguments) throws IOException {
        Run run = bench(
                Stream.concat(Arrays.stream(arguments), Stream.of("-o", "json")).toArray(String[]::new));
        assertThat(run.err()).isEmpty();
        assertThat(run.exit()).isZero();
        assertThat(run.out().lines()).hasSize(1);
        assertThat(run.json().path("verified").asBoolean()).isTrue();
        assertThat(run.json().path("events_per_second").asLong()).isPositive();
        return run.json();
    }

    @Test
    void publishing_one_by_one_syncs_for_each() throws IOException {
        JsonNode result = measured("publish", "--events", "200", "--warmup", "50", "--sync", "--size", "100");

        assertThat(result.path("acks").asString()).isEqualTo("all");
        assertThat(result.path("syncs").asLong()).isGreaterThanOrEqualTo(200);
        assertThat(result.path("topic_bytes").asLong()).isGreaterThan(200 * 100);
        JsonNode latency = result.path("latency_us");
        assertThat(latency.path("from").asString()).isEqualTo("call");
        assertThat(List.of(
                        latency.path("p50").asLong(),
                        latency.path("p90").asLong(),
                        latency.path("p99").asLong(),
                        latency.path("p99.9").asLong(),
                        latency.path("max").asLong()))
                .isSorted();
    }

    @Test
    void publishing_together_shares_syncs() throws IOException {
        JsonNode result = measured(
                "publish",
                "--events",
                "20000",
                "--size",
                "1KB",
                "--topics",
                "3",
                "-p",
                "2",
                "--threads",
                "2",
                "--compression",
                "lz4",
                "--batch",
                "64KiB",
                "--linger",
                "5ms");

        assertThat(result.path("events_per_sync").asDouble()).isGreaterThan(1);
        assertThat(result.path("topic_bytes").asLong()).isBetween(1L, 20_000 * 1_000L);
    }

    @Test
    void a_rate_sets_the_times_that_latency_counts_from() throws IOException {
        JsonNode result = measured("publish", "--events", "300", "--rate", "1000", "--acks", "leader");

        assertThat(result.path("latency_us").path("from").asString()).isEqualTo("intended time");
        assertThat(result.path("seconds").asDouble()).isGreaterThanOrEqualTo(0.299);
    }

    @Test
    void reading_finds_what_was_published() throws IOException {
        assertThat(measured("consume", "--events", "5000", "--threads", "2", "-p", "3")
                        .path("group")
                        .asBoolean())
                .isFalse();
        assertThat(measured("consume", "--events", "5000", "--group", "--topics", "2")
                        .path("concurrency")
                        .asInt())
                .isEqualTo(10);
    }

    @Test
    void it_is_shown_to_people_as_well() throws IOException {
        Run publish = bench("publish", "--events", "1000", "--acks", "none");
        assertThat(publish.exit()).as(publish.err()).isZero();
        assertThat(publish.out())
                .startsWith("1,000 events of 1024 bytes, 1 topic, 1 partition each, compression none, acks none\n")
                .containsSubsequence(
                        "\ndurability   ",
                        "\nthroughput   ",
                        "\nlatency      p50 ",
                        "\ngroup        ",
                        "\nstored       ",
                        "\nchecked      ");
        assertThat(bench("consume", "--events", "1000", "--group").out()).contains("10 handlers at a time");
    }

    @Test
    void beside_other_topics_it_has_its_own_and_deletes_them() throws IOException {
        Path data = home.resolve("data");
        try (Events owner = owner(data)) {
            owner.createTopic(Topic.named("orders"));
            Run refused = bench("publish", "--events", "10", "--data", data.toString());
            assertThat(refused.exit()).isEqualTo(1);
            assertThat(refused.err()).contains("[EV-").contains("Solution: ");
        }

        measured("publish", "--events", "1000", "--data", data.toString());
        measured("consume", "--events", "1000", "--group", "--data", data.toString());
        assertThat(topics(data)).containsExactly("orders");

        String yaml = Files.writeString(
                        home.resolve("events.yaml"),
                        "broker: {name: b, engine: rocksdb, persistence: {store: {type: rocksdb, path: data}}}")
                .toString();
        measured("publish", "--events", "1000", "--warmup", "5", "--keep", "-c", yaml);
        String kept = topics(data).stream()
                .filter(name -> name.startsWith("bench-"))
                .findFirst()
                .orElseThrow();
        Set<String> ids = new HashSet<>();
        Run.events("logs", "show", "-t", kept, "--data", data.toString(), "-o", "json")
                .json()
                .forEach(event -> ids.add(event.path("id").asString()));
        assertThat(ids).hasSize(1_005);
    }

    private static Events owner(Path data) {
        return Events.open(EventBroker.named("owner").store(RocksDb.at(data)));
    }

    private static List<String> topics(Path data) {
        try (Events owner = owner(data)) {
            return owner.topics().list().stream().map(Topic::name).toList();
        }
    }

    @Test
    void what_it_can_not_do_it_refuses() throws IOException {
        Run none = bench("publish", "--events", "0");
        assertThat(none.exit()).isEqualTo(1);
        assertThat(none.err()).contains("[EV-1005]").contains("--events");
        Run size = bench("publish", "--size", "large");
        assertThat(size.exit()).isEqualTo(2);
        assertThat(size.err()).contains("no size: 'large'");
        assertThat(bench("consume", "--rate", "5").exit()).isEqualTo(2);
        assertThat(bench("publish", "--events", "5", "--rate", "-1").exit()).isEqualTo(2);
        assertThat(bench().err()).contains("publish").contains("consume");
    }
}
