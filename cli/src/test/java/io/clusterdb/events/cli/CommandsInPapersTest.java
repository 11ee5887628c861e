package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Every call of the command that the papers show is one that the command understands. */
class CommandsInPapersTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(?:sh|bash)\n(.*?)^```$");
    private static final Pattern CALL =
            Pattern.compile("(?:^|[|;&]\\s*|\\$ )(?:\\./)?events((?:\\s+(?:'[^']*'|\"[^\"]*\"|[^\\s|;&>'\"]+))*)");
    private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)");

    static List<Path> papers() throws IOException {
        try (Stream<Path> root = Files.list(ROOT);
                Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            return Stream.concat(root, docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("papers")
    void the_command_understands_what_a_paper_shows(Path paper) throws IOException {
        assertThat(faults(Files.readString(paper))).isEmpty();
    }

    @Test
    void what_it_does_not_understand_is_found() {
        assertThat(
                        faults(
                                "```sh\nevents topic status orders | less\n./events logs show --topic a --where 'data.x == 1'\n```\n"))
                .isEmpty();
        assertThat(faults("```sh\ncat a.csv | events publisch orders --file -\n```\n"))
                .singleElement()
                .asString()
                .startsWith("events publisch orders --file -: ");
        assertThat(faults("```sh\nevents topic status orders --nonsense\n```\n"))
                .hasSize(1);
    }

    @Test
    void the_guide_lists_every_command() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/guide/command.md"));

        assertThat(commands("events", Main.line(new Terminal(), "help")))
                .hasSizeGreaterThan(15)
                .allSatisfy(command -> assertThat(page).contains("| `" + command + "` |"));
    }

    private static List<String> commands(String name, CommandLine line) {
        if (line.getSubcommands().isEmpty()) {
            return List.of(name);
        }
        return line.getSubcommands().entrySet().stream()
                .flatMap(below -> commands(name + " " + below.getKey(), below.getValue()).stream())
                .toList();
    }

    private static List<String> faults(String text) {
        List<String> faults = new ArrayList<>();
        for (MatchResult block : BLOCK.matcher(text).results().toList()) {
            for (String line : block.group(1)
                    .replace("\\\n", " ")
                    .replaceAll("(?m)(^|\\s)#.*", "")
                    .lines()
                    .toList()) {
                CALL.matcher(line.strip())
                        .results()
                        .forEach(call -> fault(call.group(1)).ifPresent(faults::add));
            }
        }
        return faults;
    }

    private static Optional<String> fault(String arguments) {
        String[] words = WORD.matcher(arguments)
                .results()
                .map(CommandsInPapersTest::word)
                .toArray(String[]::new);
        try {
            Main.line(new Terminal(), words).parseArgs(words);
            return Optional.empty();
        } catch (CommandLine.ParameterException e) {
            return Optional.of("events " + String.join(" ", Arrays.asList(words)) + ": " + e.getMessage());
        }
    }

    private static String word(MatchResult found) {
        return Stream.of(1, 2, 3)
                .map(found::group)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse("");
    }
}
