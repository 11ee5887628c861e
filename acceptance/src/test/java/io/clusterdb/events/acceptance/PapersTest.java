package io.clusterdb.events.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.ReplicationSync;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.config.Configuration;
import io.clusterdb.events.postgres.Postgres;
import io.clusterdb.events.rocksdb.RocksDb;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** What the papers say of files, of sizes and of the configuration is so. */
class PapersTest {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(?:#[^)]*)?\\)");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z_.]+)` \\| [^|]+ \\| `([^`]+)` \\|");
    private static final Pattern PAPER = Pattern.compile("docs/[a-z0-9/-]+\\.md");
    private static final YAMLMapper YAML = YAMLMapper.builder().build();

    static List<String> papers() {
        return House.papers();
    }

    @ParameterizedTest
    @MethodSource("papers")
    void links_lead_somewhere(String paper) {
        assertThat(deadLinks(paper, House.text(paper))).isEmpty();
    }

    @Test
    void a_dead_link_is_found() {
        String text = "[a](README.md) [b](docs/nowhere.md) [c](https://cel.dev) ![d](docs/demo.svg#x)";

        assertThat(deadLinks("README.md", text)).containsExactly("docs/nowhere.md");
    }

    private static List<String> deadLinks(String paper, String text) {
        Path folder = House.ROOT.resolve(paper).resolveSibling(".");
        return LINK.matcher(text)
                .results()
                .map(link -> link.group(1))
                .filter(link -> !link.startsWith("https://"))
                .filter(link -> !Files.exists(folder.resolve(link)))
                .toList();
    }

    @Test
    void papers_that_the_code_names_are_there() {
        List<String> named = House.sources().stream()
                .flatMap(source -> PAPER.matcher(House.text(source)).results())
                .map(MatchResult::group)
                .distinct()
                .toList();

        assertThat(named)
                .hasSizeGreaterThan(3)
                .allSatisfy(paper -> assertThat(House.ROOT.resolve(paper)).exists());
    }

    @Test
    void the_six_files_to_read_first_are_below_1500_lines() {
        String list =
                House.text("ARCHITECTURE.md").split("## Read first", -1)[1].split("\n## ", -1)[0];
        List<String> files =
                LINK.matcher(list).results().map(link -> link.group(1)).toList();

        assertThat(files).hasSize(6);
        assertThat(files.stream()
                        .mapToLong(file -> House.text(file).lines().count())
                        .sum())
                .isLessThan(1_500);
    }

    @Test
    void the_front_page_fits_a_screen() {
        String table = "(?s)<!-- benchmarks -->.*<!-- /benchmarks -->";

        assertThat(House.text("README.md").replaceAll(table, "").lines().count())
                .isLessThanOrEqualTo(55);
    }

    @Test
    void every_key_of_the_table_is_one_and_its_example_is_allowed() {
        keys().forEach((key, example) -> assertThatCode(() -> Configuration.parse(file(key, example)))
                .as("%s: %s", key, example)
                .doesNotThrowAnyException());
    }

    /** A file with what every file needs, and with a key. */
    private static String file(String key, String example) {
        Map<String, String> keys = new LinkedHashMap<>(Map.of(
                "broker.name", "main",
                "broker.engine", "rocksdb",
                "broker.persistence.store.path", "/data"));
        if (key.startsWith("store.")) {
            keys.put("store.name", "orders");
            keys.put("store.persistence.store.path", "/data/orders");
        }
        if (key.matches("store\\.persistence\\.store\\.(url|pool\\..*)")) {
            keys.remove("store.persistence.store.path");
            keys.put("store.persistence.store.type", "postgresql");
            keys.put("store.persistence.store.url", "postgres://localhost/events");
        }
        if (key.startsWith("store.persistence.schema.")) {
            keys.put("store.persistence.schema.definition", "'true'");
        }
        keys.put(key, example);
        Map<String, Object> root = new LinkedHashMap<>();
        keys.forEach((path, value) -> {
            Map<String, Object> at = root;
            List<String> words = List.of(path.split("\\.", -1));
            for (String word : words.subList(0, words.size() - 1)) {
                at = below(at, word);
            }
            at.put(words.getLast(), YAML.readTree(value));
        });
        return YAML.writeValueAsString(root);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> below(Map<String, Object> map, String word) {
        return (Map<String, Object>) map.computeIfAbsent(word, name -> new LinkedHashMap<String, Object>());
    }

    @Test
    void every_key_there_is_is_in_the_table() {
        EventBroker everything = EventBroker.named("main")
                .store(RocksDb.at(Path.of("/data")))
                .retention(Duration.ofDays(1), ByteSize.gb(1))
                .replication(3, ReplicationSync.ALL, "node-1:9092");
        EventStore store = EventStore.named("orders")
                .store(RocksDb.at(Path.of("/data/orders")))
                .schema(Schema.jsonSchema("true", SchemaCompatibility.BACKWARD));
        Set<String> written = new TreeSet<>();
        collect("", YAML.readTree(Configuration.yaml(List.of(everything, store))), written);
        EventStore onPostgres = store.store(Postgres.at("postgres://localhost/events"));
        collect("", YAML.readTree(Configuration.yaml(List.of(onPostgres))), written);

        assertThat(keys().keySet()).containsExactlyInAnyOrderElementsOf(written);
    }

    private static void collect(String path, JsonNode node, Set<String> keys) {
        if (node.isObject()) {
            node.forEachEntry((name, below) -> collect(path.isEmpty() ? name : path + "." + name, below, keys));
        } else {
            keys.add(path);
        }
    }

    /** The keys of the table with the example of each. */
    private static Map<String, String> keys() {
        Map<String, String> keys = new LinkedHashMap<>();
        for (MatchResult row :
                ROW.matcher(House.text("docs/guide/configuration.md")).results().toList()) {
            keys.put(row.group(1), row.group(2));
        }
        assertThat(keys).isNotEmpty();
        return keys;
    }
}
