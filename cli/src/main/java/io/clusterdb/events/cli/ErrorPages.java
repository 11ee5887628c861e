package io.clusterdb.events.cli;

import io.clusterdb.events.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The pages of docs/errors.md: one for each code, under a heading {@code ## EV-2004 Title}. */
final class ErrorPages {
    private static final String HEADING = "## ";
    private static final int WIDTH = 100;

    private final Map<String, String> pages = new LinkedHashMap<>();

    private ErrorPages(String markdown) {
        int begin = markdown.indexOf(HEADING);
        while (begin >= 0) {
            int end = markdown.indexOf("\n" + HEADING, begin);
            String page = markdown.substring(begin + HEADING.length(), end < 0 ? markdown.length() : end)
                    .strip();
            pages.put(page.substring(0, page.indexOf(' ')), page + "\n");
            begin = end < 0 ? -1 : end + 1;
        }
    }

    static ErrorPages read() {
        try (InputStream in = ErrorPages.class.getResourceAsStream("errors.md")) {
            if (in == null) {
                throw new IOException("errors.md is not packaged");
            }
            return new ErrorPages(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The page of a code, without marks of Markdown, in lines that fit a terminal. */
    Optional<String> page(ErrorCode code) {
        String page = pages.get(code.id());
        if (page == null) {
            return Optional.empty();
        }
        String plain = page.replaceAll("\\*\\*([^*]+)\\*\\*", "$1").replace("`", "");
        return Optional.of(plain.lines().map(ErrorPages::wrapped).collect(Collectors.joining("\n", "", "\n")));
    }

    private static String wrapped(String line) {
        StringBuilder all = new StringBuilder();
        int column = 0;
        for (String word : Arrays.asList(line.split(" ", -1))) {
            boolean fits = column + 1 + word.length() <= WIDTH;
            all.append(column == 0 ? "" : fits ? " " : "\n").append(word);
            column = (column == 0 || !fits ? 0 : column + 1) + word.length();
        }
        return all.toString();
    }

    /** The headings by their codes, in order. */
    Map<String, String> titles() {
        Map<String, String> titles = new LinkedHashMap<>();
        pages.forEach((code, page) -> titles.put(
                code, page.substring(code.length(), page.indexOf('\n')).strip()));
        return titles;
    }
}
