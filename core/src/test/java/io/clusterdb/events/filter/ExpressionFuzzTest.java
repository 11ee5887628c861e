package io.clusterdb.events.filter;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.RejectedException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whatever an expression is, it is refused, or says yes, no, or that it can't say. */
class ExpressionFuzzTest {
    private static final Map<String, Object> EVENT = Map.of(
            "id",
            "evt-123",
            "type",
            "order.created",
            "source",
            "shop",
            "time",
            Instant.parse("2026-01-01T00:00:00Z"),
            "key",
            "o-1",
            "data",
            Map.of("total", 1200.5, "count", 3L, "items", List.of(1L, 2L, "x"), "inner", Map.of("paid", true)),
            "metadata",
            Map.of("version", "1.0"),
            "topic",
            "orders",
            "partition",
            1L,
            "offset",
            17L);

    @FuzzTest(maxDuration = "2m")
    void text_is_an_expression_or_refused(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        Expression condition = compiled(text, false);
        if (condition != null) {
            assertThat(condition.matches(EVENT::get)).isIn((Object[]) Expression.Match.values());
        }
        Expression value = compiled(text, true);
        if (value != null) {
            assertThat(value.text()).isEqualTo(text);
            Object unused = value.value(Map.of("data", Map.of("total", 7L), "other", List.of("a", 1.5)));
        }
    }

    private static @Nullable Expression compiled(String text, boolean open) {
        try {
            return open ? Expression.over(text, "data", "other") : Expression.condition(text);
        } catch (RejectedException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.BAD_EXPRESSION);
            return null;
        }
    }
}
