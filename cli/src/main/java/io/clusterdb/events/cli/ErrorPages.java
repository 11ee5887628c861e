package io.clusterdb.events.cli;

import io.clusterdb.events.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The pages of docs/errors.md: one for each code, under a heading {@code ## EV-2004 Title}. */
final class ErrorPages {
    private static final String HEADING = "## ";

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

    /** The page of a code, without marks of Markdown. */
    Optional<String> page(ErrorCode code) {
        return Optional.ofNullable(pages.get(code.id()))
                .map(page -> page.replaceAll("\\*\\*([^*]+)\\*\\*", "$1").replace("`", ""));
    }

    /** The headings in order. */
    List<String> titles() {
        List<String> titles = new ArrayList<>();
        pages.values().forEach(page -> titles.add(page.lines().findFirst().orElse("")));
        return titles;
    }
}
