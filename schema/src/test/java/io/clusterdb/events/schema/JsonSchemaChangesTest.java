package io.clusterdb.events.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The rows of the guide's page are all true. */
class JsonSchemaChangesTest {
    private static final Path PAGE = Path.of("..", "docs", "guide", "json-schema-changes.md");

    private final JsonSchemaFormat format = new JsonSchemaFormat();

    private static List<String[]> rows() throws IOException {
        return Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| Change "))
                .map(line -> line.substring(2, line.length() - 2).split(" \\| ", -1))
                .toList();
    }

    @Test
    void the_page_has_its_rows() throws IOException {
        assertThat(rows()).hasSizeGreaterThanOrEqualTo(60).allMatch(row -> row.length == 5);
    }

    @TestFactory
    Stream<DynamicTest> every_row_is_true() throws IOException {
        return rows().stream()
                .map(row -> DynamicTest.dynamicTest(row[0], () -> {
                    var old = format.parse(code(row[1]));
                    var changed = format.parse(code(row[2]));
                    check("BACKWARD", row[3], changed.unreadable(old));
                    check("FORWARD", row[4], old.unreadable(changed));
                    assertThat(old.unreadable(old)).isEmpty();
                    assertThat(changed.unreadable(changed)).isEmpty();
                }));
    }

    private static void check(String direction, String expected, List<String> differences) {
        if (expected.equals("yes")) {
            assertThat(differences).as(direction).isEmpty();
        } else {
            assertThat(expected).startsWith("no");
            String pointer = expected.equals("no") ? "the whole" : code(expected.substring("no: ".length()));
            assertThat(differences).as(direction).isNotEmpty();
            assertThat(differences.getFirst()).as(direction).startsWith(pointer + ": ");
        }
    }

    private static String code(String cell) {
        assertThat(cell).startsWith("`").endsWith("`");
        return cell.substring(1, cell.length() - 1);
    }
}
