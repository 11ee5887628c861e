package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.testkit.Patience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The demo as its users meet it. */
@Timeout(300)
class DemoTest {
    private static final Pattern PROCESS = Pattern.compile("process (\\d+) ");

    private final Patience patience = new Patience(Duration.ofSeconds(60));

    @TempDir
    private Path home;

    private Path temporary = Path.of("");

    @BeforeEach
    void folderForTemporaryFiles() throws IOException {
        temporary = Files.createDirectory(home.resolve("temporary"));
    }

    private Run.Begun begin(String... arguments) throws IOException {
        String[] line =
                Stream.concat(Stream.of("demo"), Arrays.stream(arguments)).toArray(String[]::new);
        return Run.begin(List.of("-Djava.io.tmpdir=" + temporary), Map.of(), line);
    }

    @Test
    void it_verifies_itself_and_leaves_nothing_behind() throws IOException {
        Run run = begin().end();

        assertThat(run.err()
                        .lines()
                        .filter(line -> !line.contains("a torn frame"))) // if it was killed while it wrote one
                .isEmpty();
        assertThat(run.exit()).isZero();
        assertThat(run.out())
                .contains("\n     1707 events, each ")
                .containsPattern(
                        "\n     1 refused, .*\n     /magnitude by .*version 1.*: expected .*number.*, found .*strong")
                .contains("\n     killed with SIGKILL: ")
                .containsPattern(
                        "\n     the store has gone on with event [1-9]\\d* up to 1707, its projection with [1-9]")
                .contains(" dead letters replayed, 0 left")
                .containsPattern(
                        "\n     network ci is loaded at version 386 from its snapshot of version [1-9]\\d+: 386 quakes, ")
                .contains("\n     version 1 answers while version 2 is built beside it: CA had 747 quakes, ")
                .contains("\n     version 2 answers now: California had 825 quakes, ")
                .contains("\n     12 aggregates, 74 documents of version 1 and 73 of version 2 say what the file says")
                .doesNotContain("\u001b");
        assertThat(run.out().lines().filter(line -> line.startsWith("verified:")))
                .hasSize(1);
        assertThat(run.out()).matches("(?s).*\nverified: 996 events, 0 lost, 0 duplicated, [1-9]\\d* redelivered\n");
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void with_a_folder_it_invites_to_look_at_it_and_is_not_run_there_again() throws IOException {
        Path data = home.resolve("data");
        Run run = begin("--data", data.toString()).end();
        assertThat(run.exit()).as(run.err()).isZero();

        List<String> invitations =
                run.out().lines().filter(line -> line.contains("./events ")).toList();
        assertThat(invitations).hasSize(5);
        for (String line : invitations) {
            String[] words = line.strip()
                    .replace("./events ", "")
                    .replace("'data.magnitude >= 6.0'", "?")
                    .split(" ");
            Run tried = Run.events(Arrays.stream(words)
                    .map(word -> word.equals("?") ? "data.magnitude >= 6.0" : word)
                    .toArray(String[]::new));
            assertThat(tried.err()).as(line).isEmpty();
            assertThat(tried.exit()).as(line).isZero();
        }
        JsonNode reports = Run.events("logs", "show", "-t", "strong-quakes", "--data", data.toString(), "-o", "json")
                .json();
        assertThat(reports.values().stream().map(event -> event.path("id").asString()))
                .hasSize(996)
                .doesNotHaveDuplicates();

        Run again = begin("--data", data.toString()).end();
        assertThat(again.exit()).isEqualTo(1);
        assertThat(again.out()).isEmpty();
        assertThat(again.err()).contains("[EV-1003]").contains("the folder is not empty");
        assertThat(begin("-o", "json").end().exit()).isEqualTo(2);
    }

    @Test
    void a_killed_demo_leaves_no_process() throws IOException {
        Run.Begun demo = begin();
        ProcessHandle handler = handlerOf(demo);

        demo.process().destroyForcibly();

        patience.until("the process that handles ends with the demo", () -> !handler.isAlive());
        assertThat(demo.end().exit()).isEqualTo(137);
    }

    @Test
    void a_demo_that_is_told_to_end_leaves_neither_process_nor_folder() throws IOException {
        Run.Begun demo = begin();
        ProcessHandle handler = handlerOf(demo);

        demo.process().destroy();
        Run ended = demo.end();

        assertThat(ended.exit()).isEqualTo(143);
        assertThat(ended.err()).isEmpty();
        assertThat(handler.isAlive()).isFalse();
        assertThat(temporary).isEmptyDirectory();
    }

    /** The process that handles, when it has begun. */
    private ProcessHandle handlerOf(Run.Begun demo) {
        patience.until(
                "it tells of its process", () -> PROCESS.matcher(said(demo)).find());
        Matcher matcher = PROCESS.matcher(said(demo));
        assertThat(matcher.find()).isTrue();
        return ProcessHandle.of(Long.parseLong(matcher.group(1))).orElseThrow();
    }

    private static String said(Run.Begun demo) {
        try {
            return Files.readString(demo.out());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
