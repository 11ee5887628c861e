package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of CSV files and of JSON documents. */
class RowsTest {
    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private static CsvRecords records(String text) {
        return new CsvRecords(stream(text), ',', StandardCharsets.UTF_8);
    }

    private static List<String> typed(String csv) throws IOException {
        return all(CsvRows.of(records(csv), CsvRows.of(records(csv), null).types()));
    }

    private static List<String> all(Rows rows) throws IOException {
        List<String> all = new ArrayList<>();
        for (Row row = rows.next(); row != null; row = rows.next()) {
            all.add(
                    switch (row) {
                        case Row.Good good -> good.line() + ": " + good.data();
                        case Row.Bad bad -> bad.line() + "! " + bad.why();
                    });
        }
        return all;
    }

    // --- CSV

    @Test
    void a_column_is_typed_when_all_of_it_allows() throws IOException {
        assertThat(typed("n,b,t,mixed,e\n1,true,x,1,\n-2.50,FALSE,,x,\n,,7,2,\n"))
                .containsExactly(
                        "2: {\"n\":1,\"b\":true,\"t\":\"x\",\"mixed\":\"1\",\"e\":\"\"}",
                        "3: {\"n\":-2.50,\"b\":false,\"t\":\"\",\"mixed\":\"x\",\"e\":\"\"}",
                        "4: {\"n\":null,\"b\":null,\"t\":\"7\",\"mixed\":\"2\",\"e\":\"\"}");
    }

    @Test
    void numbers_keep_every_digit() throws IOException {
        assertThat(typed("n\n12345678901234567890123\n0.1000000000000000055511151231257827\n9223372036854775807\n"))
                .containsExactly(
                        "2: {\"n\":12345678901234567890123}",
                        "3: {\"n\":0.1000000000000000055511151231257827}",
                        "4: {\"n\":9223372036854775807}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "10", "1.0", "-0.5", "1e5", "1.25E-7", "100000000000000000000"})
    void what_json_writes_as_a_number_is_one(String text) {
        assertThat(CsvRows.isNumber(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "-", "007", "+1", "1.", ".5", "1e", "1e5000", "0x1F", "1,5", " 1", "1 ", "NaN", "1_000", "٣"
            })
    void anything_else_is_text(String text) {
        assertThat(CsvRows.isNumber(text)).isFalse();
    }

    @Test
    void a_postal_code_stays_a_text() throws IOException {
        assertThat(typed("zip\n01067\n10115\n")).containsExactly("2: {\"zip\":\"01067\"}", "3: {\"zip\":\"10115\"}");
    }

    @Test
    void rows_that_do_not_fit_the_header_are_bad_and_do_not_count_for_types() throws IOException {
        assertThat(typed("a,b\n1,2\nx\n3,4,5\n6,7\n"))
                .containsExactly(
                        "2: {\"a\":1,\"b\":2}",
                        "3! it has 1 field, the header 2",
                        "4! it has 3 fields, the header 2",
                        "5: {\"a\":6,\"b\":7}");
    }

    @Test
    void columns_without_a_name_of_their_own_get_one() throws IOException {
        assertThat(typed(",a, a ,\"b c\"\n1,2,3,4\n"))
                .containsExactly("2: {\"column_1\":1,\"a\":2,\"a_3\":3,\"b c\":4}");
        assertThat(typed("a_3,a,a\n1,2,3\n")).containsExactly("2: {\"a_3\":1,\"a\":2,\"a_3_3\":3}");
        assertThat(typed("column_2,\n1,2\n")).containsExactly("2: {\"column_2\":1,\"column_2_2\":2}");
    }

    @Test
    void a_file_with_nothing_but_a_header_or_nothing_at_all_has_no_rows() throws IOException {
        assertThat(typed("a,b\n")).isEmpty();
        assertThat(typed("")).isEmpty();
        assertThat(typed("\n\n")).isEmpty();
        assertThatThrownBy(() -> typed("\"a\n1\n"))
                .hasMessageContaining("line 1")
                .hasMessageContaining("never closed");
    }

    // --- JSON

    @Test
    void documents_come_one_a_line() throws IOException {
        assertThat(all(new JsonRows(stream("{\"a\": 1.50}\r\n\n  \n[1]\n\"x\"\nnull\n12345678901234567890\n{}"))))
                .containsExactly(
                        "1: {\"a\":1.50}", "4: [1]", "5: \"x\"", "6: null", "7: 12345678901234567890", "8: {}");
    }

    @Test
    void a_line_that_is_no_document_is_bad_and_the_next_one_is_read() throws IOException {
        List<String> read = all(
                new JsonRows(stream("{\"a\":\n{\"b\": 1} {\"c\": 2}\n{\"d\": 1, \"d\": 2}\nnot json\n{\"e\": 3}\n")));

        assertThat(read).hasSize(5).last().isEqualTo("5: {\"e\":3}");
        for (int line = 1; line < 5; line++) {
            assertThat(read.get(line - 1)).startsWith(line + "! it is no JSON document");
        }
    }

    @Test
    void bytes_that_are_no_utf_8_are_bad() throws IOException {
        byte[] bytes = "{\"a\":\"café\"}\n{\"b\":1}\n".getBytes(StandardCharsets.ISO_8859_1);

        List<String> read = all(new JsonRows(new ByteArrayInputStream(bytes)));

        assertThat(read).hasSize(2).last().isEqualTo("2: {\"b\":1}");
        assertThat(read.get(0)).startsWith("1! ");
    }

    // --- which of both, and how they are separated

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rows.csv    | {not json}  | false",
                "rows.JSONL  | a,b         | true",
                "rows        | {\"a\": 1}  | true",
                "rows        | '  {\"a\"}' | true",
                "rows.txt    | a,b         | false",
                "rows        | ''          | false"
            })
    void a_file_is_known_by_its_name_or_by_its_first_character(
            String name, String content, boolean json, @TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve(name), content);
        try (Input input = new Input(file.toString(), InputStream.nullInputStream())) {
            assertThat(input.isJson()).isEqualTo(json);
        }
        try (Input input = new Input("-", stream(content))) {
            assertThat(input.isJson()).isEqualTo(content.strip().startsWith("{"));
            assertThat(new String(input.open().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo(content);
        }
    }

    @Test
    void the_delimiter_is_the_one_that_the_first_line_has_most_of() throws IOException {
        Map<String, Character> delimiters = Map.of(
                "a,b,c",
                ',',
                "a;b,5;c",
                ';',
                "\"x,y,z\";b",
                ';',
                "a\tb",
                '\t',
                "a|b|c",
                '|',
                "alone",
                ',',
                "a;b\n1,2,3",
                ';');
        for (Map.Entry<String, Character> expected : delimiters.entrySet()) {
            try (Input input = new Input("-", stream(expected.getKey()))) {
                assertThat(input.delimiter()).as(expected.getKey()).isEqualTo(expected.getValue());
            }
        }
    }

    /** As of {@code --file <(zcat rows.gz)}. */
    @Test
    void a_pipe_with_a_name_is_read_once_from_its_start(@TempDir Path folder) throws Exception {
        Path pipe = folder.resolve("rows");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Process writer = new ProcessBuilder("sh", "-c", "printf 'a;b\\n1;2\\n' > '" + pipe + "'").start();
        try (Input input = new Input(pipe.toString(), InputStream.nullInputStream())) {
            assertThat(input.isJson()).isFalse();
            assertThat(input.delimiter()).isEqualTo(';');
            assertThat(input.size()).isEqualTo(-1);
            input.keep();
            for (int reading = 0; reading < 2; reading++) {
                assertThat(new String(input.open().readAllBytes(), StandardCharsets.UTF_8))
                        .isEqualTo("a;b\n1;2\n");
            }
        }
        assertThat(writer.waitFor()).isZero();
    }

    @Test
    void a_byte_order_mark_is_no_part_of_the_first_name() throws IOException {
        try (Input input = new Input("-", stream("\uFEFFa,b\n1,2\n"))) {
            assertThat(input.isJson()).isFalse();
            input.keep();
            assertThat(new String(input.open().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("a,b");
            assertThat(input.size()).isEqualTo(11);
        }
        try (Input input = new Input("-", new ByteArrayInputStream("a".getBytes(StandardCharsets.UTF_16)))) {
            assertThatThrownBy(input::open).hasMessageContaining("UTF-16");
        }
    }
}
