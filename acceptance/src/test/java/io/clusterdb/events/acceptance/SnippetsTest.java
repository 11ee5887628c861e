package io.clusterdb.events.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every block of Java in the papers is a region of a test: it stands below a line {@code <!-- snippet: NAME -->}, and
 * says what the test says between {@code // snippet: NAME} and {@code // end}. Run with {@link House#WRITE}, it fills
 * the blocks.
 */
class SnippetsTest {
    private static final Pattern BLOCK = Pattern.compile(
            "(?m)(?:^<!-- snippet: (\\S+) -->\\n)?^```java\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern REGION =
            Pattern.compile("(?m)^( *)// snippet: (\\S+)\\n(.*?)^ *// end$", Pattern.DOTALL | Pattern.MULTILINE);

    static List<String> papers() {
        return House.papers();
    }

    @ParameterizedTest
    @MethodSource("papers")
    void each_block_of_java_is_a_region_of_a_test(String paper) throws IOException {
        if (House.isWriting()) {
            Files.writeString(House.ROOT.resolve(paper), filled(House.text(paper), regions()));
        }

        assertThat(faults(paper, House.text(paper), regions()))
                .as(House.howToWrite(getClass()))
                .isEmpty();
    }

    private static String filled(String text, Map<String, String> regions) {
        return BLOCK.matcher(text).replaceAll(block -> {
            String region = block.group(1) == null ? null : regions.get(block.group(1));
            String whole = block.group();
            return Matcher.quoteReplacement(
                    region == null ? whole : whole.substring(0, whole.indexOf("```java\n") + 8) + region + "```");
        });
    }

    @Test
    void each_region_is_shown_in_a_paper() {
        List<String> shown = new ArrayList<>();
        House.papers().forEach(paper -> blocks(House.text(paper)).forEach(block -> shown.add(block.group(1))));

        assertThat(regions().keySet()).isSubsetOf(shown);
    }

    @Test
    void a_block_that_is_no_region_is_found() {
        Map<String, String> regions = Map.of("hello", "hello();\n");

        assertThat(faults("a.md", "<!-- snippet: hello -->\n```java\nhello();\n```\n", regions))
                .isEmpty();
        assertThat(faults("a.md", "<!-- snippet: hello -->\n```java\nhallo();\n```\n", regions))
                .containsExactly("a.md: hello differs from its region, which is:\nhello();\n");
        assertThat(faults("a.md", "Hi.\n\n```java\nhello();\n```\n", regions))
                .containsExactly("a.md: a block without a snippet's name above: hello();");
        assertThat(faults("a.md", "<!-- snippet: bye -->\n```java\nbye();\n```\n", regions))
                .containsExactly("a.md: no test has a region bye");
    }

    private static List<String> faults(String paper, String text, Map<String, String> regions) {
        List<String> faults = new ArrayList<>();
        for (MatchResult block : blocks(text)) {
            String name = block.group(1);
            String region = name == null ? null : regions.get(name);
            if (name == null) {
                faults.add(paper + ": a block without a snippet's name above: "
                        + block.group(2).lines().findFirst().orElse(""));
            } else if (region == null) {
                faults.add(paper + ": no test has a region " + name);
            } else if (!region.equals(block.group(2))) {
                faults.add(paper + ": " + name + " differs from its region, which is:\n" + region);
            }
        }
        return faults;
    }

    private static List<MatchResult> blocks(String text) {
        return BLOCK.matcher(text).results().toList();
    }

    private static Map<String, String> regions() {
        Map<String, String> regions = new HashMap<>();
        for (Path source : House.testSources()) {
            REGION.matcher(text(source)).results().forEach(found -> {
                String before = regions.put(found.group(2), found.group(3).replaceAll("(?m)^" + found.group(1), ""));
                assertThat(before)
                        .as("region %s, which %s has again", found.group(2), source)
                        .isNull();
            });
        }
        return regions;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
