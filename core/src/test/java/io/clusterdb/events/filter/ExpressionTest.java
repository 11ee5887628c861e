package io.clusterdb.events.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.RejectedException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class ExpressionTest {
    private static final Map<String, Object> EVENT = Map.of(
            "id",
            "evt-1",
            "type",
            "order.created",
            "source",
            "shop",
            "time",
            Instant.parse("2026-01-01T00:00:00Z"),
            "key",
            "o-1",
            "metadata",
            Map.of("version", "1.0"),
            "data",
            Map.of(
                    "total",
                    1500.5,
                    "count",
                    3L,
                    "lines",
                    List.of(Map.of("price", 7L), Map.of("price", 9.5)),
                    "name",
                    "Ann"),
            "topic",
            "orders",
            "partition",
            2L,
            "offset",
            77L);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "data.total >= 1000 | YES",
                "data.total >= 2000 | NO",
                "data.count == 3.0 | YES",
                "data.total >= 1000 && type == 'order.created' | YES",
                "data.total * 2 == 3001 && 2 * data.total > 3000.5 | YES",
                "data.total + 1 == 1501.5 && 1 - data.total == -1499.5 | YES",
                "data.count / 2.0 == 1.5 && 4.5 / data.count == 1.5 | YES",
                "data.total / 0 > 1e300 | YES",
                "data.count / 2 == 1 && data.count * 2 == 6 && data.total * 2.0 == 3001.0 | YES",
                "data.total + 'x' == '' | UNDEFINED",
                "data.name + 'x' == 'Annx' && [1] + [data.count] == [1, 3] | YES",
                "time + duration('24h') == timestamp('2026-01-02T00:00:00Z') && time - time == duration('0s') | YES",
                "data.lines.exists(l, l.price > 9) | YES",
                "data.lines.all(l, l.price > 9) | NO",
                "metadata['version'] == '1.0' | YES",
                "metadata['other'] == '1.0' | UNDEFINED",
                "data.missing > 1 | UNDEFINED",
                "has(data.missing) && data.missing > 1 | NO",
                "data.name > 5 | UNDEFINED",
                "subject == 'x' | UNDEFINED",
                "time > timestamp('2025-01-01T00:00:00Z') | YES",
                "offset > 70 && partition == 2 && topic.startsWith('ord') | YES",
                "id.matches('evt-[0-9]+') | YES",
            })
    void conditions_say_yes_no_or_that_it_is_undefined(String text, Expression.Match expected) {
        assertThat(Expression.condition(text).matches(EVENT::get)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "data.total >= 1000 | YES",
                "data.coupon == null | YES",
                "has(data.coupon) | YES",
                "data.coupon != null && data.coupon > 5 | NO",
                "data.coupon > 5 | UNDEFINED",
                "data.coupon | UNDEFINED",
                "data.lines.exists(l, l == null) | YES",
                "data.lines[0].price == 7 && data.lines[0].rebate == null | YES",
                "data.wide > 1e20 && data.paid | YES",
            })
    void a_null_in_json_is_a_value_beside_others(String text, Expression.Match expected) {
        Object data = Expression.json(JsonMapper.shared()
                .readTree("{\"total\": 1500, \"coupon\": null, \"paid\": true, \"wide\": 123456789012345678901234,"
                        + " \"lines\": [{\"price\": 7, \"rebate\": null}, null]}"));

        assertThat(Expression.condition(text).matches(name -> name.equals("data") ? data : null))
                .isEqualTo(expected);
    }

    @Test
    void json_that_is_null_has_no_value() {
        assertThat(Expression.json(JsonMapper.shared().readTree("null"))).isNull();
        Object data = Expression.json(JsonMapper.shared().readTree("{\"coupon\": null}"));
        assertThat(Expression.over("data.coupon", "data").value(Map.of("data", Objects.requireNonNull(data))))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data.total >=",
                "unknown == 1",
                "id",
                "id + 1 == 2",
                "",
                "data.total > 1; true",
                "type = 'x'",
                "data.total + 1",
                "data.total - data.paid",
                "-data.total"
            })
    void what_is_no_condition_is_rejected_when_it_is_compiled(String text) {
        assertThatThrownBy(() -> Expression.condition(text)).isInstanceOf(RejectedException.class);
    }

    @Test
    void size_and_depth_are_bounded() {
        assertThatThrownBy(() -> Expression.condition("true || ".repeat(1_000) + "true"))
                .isInstanceOf(RejectedException.class);
        assertThatThrownBy(() -> Expression.condition("(".repeat(300) + "true" + ")".repeat(300)))
                .isInstanceOf(RejectedException.class);
    }

    @Test
    void an_endless_comprehension_is_stopped() {
        List<Long> many = java.util.stream.LongStream.range(0, 1_000).boxed().toList();
        Expression cubed = Expression.condition("data.all(a, data.all(b, data.all(c, a + b + c >= 0)))");

        assertThat(cubed.matches(name -> many)).isEqualTo(Expression.Match.UNDEFINED);
    }

    @Test
    void expressions_over_other_names_give_values() {
        Expression text = Expression.over("data.id + '-' + string(line)", "data", "line");

        assertThat(text.value(Map.of("data", Map.of("id", "x"), "line", 7L))).isEqualTo("x-7");
        assertThat(text.value(Map.of("data", Map.of(), "line", 7L))).isNull();
    }
}
