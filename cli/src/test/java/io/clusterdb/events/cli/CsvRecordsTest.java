package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.SequenceWriter;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvWriteFeature;

class CsvRecordsTest {
    /** The records, each as {@code line: fields}, or as {@code line! fault}. */
    private static List<String> read(String text) throws IOException {
        return read(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    private static List<String> read(byte[] bytes, Charset encoding) throws IOException {
        CsvRecords records = new CsvRecords(new ByteArrayInputStream(bytes), ',', encoding);
        List<String> all = new ArrayList<>();
        while (records.next()) {
            all.add(records.line() + (records.fault() == null ? ": " + records.fields() : "! " + records.fault()));
        }
        return all;
    }

    @Test
    void lines_end_with_lf_crlf_or_cr_and_the_last_need_not() throws IOException {
        for (String end : List.of("\n", "\r\n", "\r")) {
            assertThat(read("a,b" + end + "1,2" + end + "3,4")).containsExactly("1: [a, b]", "2: [1, 2]", "3: [3, 4]");
            assertThat(read("a,b" + end + "1,2" + end)).containsExactly("1: [a, b]", "2: [1, 2]");
        }
    }

    @Test
    void quotes_hold_delimiters_line_breaks_and_quotes() throws IOException {
        assertThat(read("\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\r\nnext,,\"\"\n"))
                .containsExactly("1: [a,b, say \"hi\", two\nlines]", "3: [next, , ]");
    }

    @Test
    void a_quote_within_a_field_is_a_character() throws IOException {
        assertThat(read("5\" disk,it's \"so\"\n")).containsExactly("1: [5\" disk, it's \"so\"]");
    }

    @Test
    void empty_lines_are_no_records_but_empty_fields_are_fields() throws IOException {
        assertThat(read("a\n\n\r\n\"\"\n,\nb\n")).containsExactly("1: [a]", "4: []", "5: [, ]", "6: [b]");
    }

    @Test
    void a_broken_record_costs_its_first_line_and_nothing_more() throws IOException {
        assertThat(read("a,b\n1,\"x\"y\n2,z\n"))
                .containsExactly("1: [a, b]", "2! there is text behind the closing quote of a field", "3: [2, z]");
        assertThat(read("a,b\n1,\"never closed\n2,z\n3,\"w\"\n4,v\n"))
                .containsExactly(
                        "1: [a, b]",
                        "2! there is text behind the closing quote of a field",
                        "3: [2, z]",
                        "4: [3, w]",
                        "5: [4, v]");
        assertThat(read("a,b\r\n1,\"never closed\r\n2,z\r\n3,w"))
                .containsExactly("1: [a, b]", "2! a quote is opened and never closed", "3: [2, z]", "4: [3, w]");
    }

    @Test
    void a_quote_that_is_never_closed_does_not_take_the_file_into_memory() throws IOException {
        byte[] bytes = ("a,b\n1,\"open\n" + "2,z\n".repeat(CsvRecords.MAX_BYTES / 3)).getBytes(StandardCharsets.UTF_8);
        CsvRecords records = new CsvRecords(new ByteArrayInputStream(bytes), ',', StandardCharsets.UTF_8);
        long good = 0;
        long bad = 0;
        while (records.next()) {
            good += records.fault() == null ? 1 : 0;
            bad += records.fault() == null ? 0 : 1;
        }
        assertThat(good).isEqualTo(1 + CsvRecords.MAX_BYTES / 3);
        assertThat(bad).isEqualTo(1);
    }

    @Test
    void bytes_that_are_no_text_are_a_fault_unless_their_encoding_is_named() throws IOException {
        byte[] latin = "a,b\ncafé,1\nx,2\n".getBytes(StandardCharsets.ISO_8859_1);

        assertThat(read(latin, StandardCharsets.UTF_8))
                .containsExactly(
                        "1: [a, b]",
                        "2! it is not UTF-8 text; if the file is in another encoding, say --encoding NAME",
                        "3: [x, 2]");
        assertThat(read(latin, StandardCharsets.ISO_8859_1)).containsExactly("1: [a, b]", "2: [café, 1]", "3: [x, 2]");
        assertThat(read("ключ,\uD83D\uDE00\n")).containsExactly("1: [ключ, \uD83D\uDE00]");
    }

    /** What another implementation writes is read whole, whatever is in it. */
    @Test
    void what_jackson_writes_is_read() throws IOException {
        String[] pieces = {"a", "\"", ",", "\n", "\r\n", "\r", " ", "", "é", "\uD83D\uDE00", "7", "\t", "#", "\\"};
        for (long seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            int columns = 2 + random.nextInt(4);
            List<List<String>> table = new ArrayList<>();
            for (int row = 0; row < random.nextInt(8); row++) {
                List<String> fields = new ArrayList<>();
                for (int column = 0; column < columns; column++) {
                    StringBuilder field = new StringBuilder();
                    for (int piece = random.nextInt(5); piece > 0; piece--) {
                        field.append(pieces[random.nextInt(pieces.length)]);
                    }
                    fields.add(field.toString());
                }
                table.add(fields);
            }
            assertThat(fields(written(table, random.nextBoolean())))
                    .as("seed %d", seed)
                    .isEqualTo(table);
        }
    }

    private static String written(List<List<String>> table, boolean quoteAll) throws IOException {
        CsvMapper mapper = CsvMapper.builder()
                .configure(CsvWriteFeature.ALWAYS_QUOTE_STRINGS, quoteAll)
                .enable(CsvWriteFeature.STRICT_CHECK_FOR_QUOTING)
                .build();
        StringWriter text = new StringWriter();
        try (SequenceWriter rows = mapper.writer().writeValues(text)) {
            for (List<String> row : table) {
                rows.write(row);
            }
        }
        return text.toString();
    }

    private static List<List<String>> fields(String text) throws IOException {
        CsvRecords records = new CsvRecords(
                new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), ',', StandardCharsets.UTF_8);
        List<List<String>> all = new ArrayList<>();
        while (records.next()) {
            assertThat(records.fault()).as(text).isNull();
            all.add(List.copyOf(records.fields()));
        }
        return all;
    }
}
