package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ErrorCode;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** docs/errors.md has a page for every error, and only for these. */
class ErrorPagesTest {
    private final ErrorPages pages = ErrorPages.read();

    @Test
    void every_code_has_a_page_with_meaning_cause_and_remedy() {
        for (ErrorCode code : ErrorCode.values()) {
            assertThat(pages.page(code))
                    .as("page of %s in docs/errors.md", code)
                    .isPresent();
            assertThat(pages.page(code).orElseThrow())
                    .startsWith(code.id() + " ")
                    .containsSubsequence("\n\nWhat it means. ", "\n\nWhere it comes from. ", "\n\nWhat to do. ")
                    .doesNotContain("**", "`");
        }
    }

    @Test
    void every_page_is_of_a_code_and_they_are_in_order() {
        assertThat(List.copyOf(pages.titles().keySet()))
                .isSorted()
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(ErrorCode.values()).map(ErrorCode::id).toList());
    }

    @Test
    void lines_fit_a_terminal() {
        for (ErrorCode code : ErrorCode.values()) {
            assertThat(pages.page(code).orElseThrow().lines()).allMatch(line -> line.length() <= 100);
        }
    }
}
