package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvReadFeature;
import tools.jackson.dataformat.csv.CsvSchema;

/** A CSV that nobody has prepared: a mark at its start, quotes, line breaks, empty cells, umlauts, wide numbers. */
@Timeout(120)
class UnpreparedCsvTest {
    private static final String CSV = "\ufeffid, Full name ,Gr\u00f6\u00dfe,note,big,wide,flag,zip\r\n"
            + "1,\"M\u00fcller, J\u00fcrgen\",1.50,\"he said \"\"hi\"\"\r\nand left\",12345678901234567890123,"
            + "0.1234567890123456789012345,true,007\r\n"
            + "2,,3,,1,-12.5,false,12345\r\n"
            + "\r\n"
            + "3,\"\",,\"a;b\tc\",,2.50,,2\r\n";

    private static final JsonMapper EXACT = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    @TempDir
    private Path home;

    private String data = "";
    private Path file = Path.of("");

    @BeforeEach
    void publish() throws IOException {
        data = home.resolve("data").toString();
        file = Files.writeString(home.resolve("rows.csv"), CSV);
        done("topic", "create", "rows");
        done("publish", "rows", "--file", file.toString(), "--id", "string(data.id)");
    }

    private Run done(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--data", data));
        Run run = Run.events(all.toArray(String[]::new));
        assertThat(run.err()).as("error of %s", List.of(arguments)).isEmpty();
        assertThat(run.exit()).isZero();
        return run;
    }

    private List<JsonNode> events(String... more) throws IOException {
        List<String> all = new ArrayList<>(List.of("logs", "show", "-t", "rows", "-o", "json"));
        all.addAll(List.of(more));
        return EXACT.readTree(done(all.toArray(String[]::new)).out()).values().stream()
                .toList();
    }

    @Test
    void every_cell_comes_out_as_another_reader_reads_it() throws IOException {
        List<Map<String, String>> found = new ArrayList<>();
        for (JsonNode event : events()) {
            Map<String, String> row = new LinkedHashMap<>();
            event.path("data").forEachEntry((name, value) -> row.put(name, value.isNull() ? "" : value.asString()));
            found.add(row);
        }

        String plain = Files.readString(file, StandardCharsets.UTF_8).substring(1);
        try (MappingIterator<Map<String, String>> rows = CsvMapper.builder()
                .enable(CsvReadFeature.TRIM_HEADER_SPACES)
                .enable(CsvReadFeature.SKIP_EMPTY_LINES)
                .build()
                .readerFor(Map.class)
                .with(CsvSchema.emptySchema().withHeader())
                .readValues(plain)) {
            assertThat(found).hasSize(3).isEqualTo(rows.readAll());
        }
    }

    @Test
    void columns_have_the_types_that_all_their_cells_allow() throws IOException {
        JsonNode third = events().get(2).path("data");
        assertThat(third.path("id").isNumber()).isTrue();
        assertThat(third.path("Gr\u00f6\u00dfe").isNull()).isTrue();
        assertThat(third.path("flag").isNull()).isTrue();
        assertThat(third.path("zip").isString()).isTrue();
        assertThat(third.path("Full name").asString()).isEmpty();
        assertThat(events().getFirst().path("data").path("flag").asBoolean()).isTrue();
    }

    @Test
    void rows_with_empty_cells_are_found_by_their_other_cells() throws IOException {
        assertThat(events("--where", "data.wide == 2.5")).hasSize(1);
        assertThat(events("--where", "data.flag == null && data.id > 1"))
                .singleElement()
                .satisfies(event -> assertThat(event.path("id").asString()).isEqualTo("3"));
    }
}
