package io.clusterdb.events.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.RejectedException;
import io.clusterdb.events.spi.ParsedSchema.DataType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaCheckTest {
    private static final DataType ORDER = new DataType.Fields(
            Map.of(
                    "name", new DataType.Text(),
                    "total", new DataType.Decimal(),
                    "count", new DataType.Whole(),
                    "paid", new DataType.Truth(),
                    "extra", new DataType.Any(),
                    "tags", new DataType.Repeated(new DataType.Text()),
                    "lines", new DataType.Repeated(new DataType.Fields(Map.of("price", new DataType.Decimal()), false)),
                    "open", new DataType.Fields(Map.of("known", new DataType.Text()), true)),
            false);

    private static Expression checked(String text) {
        return Expression.condition(text, ORDER, "schema 7");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data.total >= 1000",
                "data.total >= 1000.5",
                "data.total * 2 > 10",
                "data.total * 2.0 > 10",
                "data.count + 1 > 3",
                "data.count > 2.5",
                "data.paid",
                "!data.paid",
                "data.paid == true && data.total > 1",
                "data.name == 'Ann'",
                "data.name.startsWith('A') && size(data.name) > 1 && data.name.matches('A.*')",
                "data.name in ['Ann', 'Bob']",
                "data.name + 'x' == 'Annx'",
                "(data.paid ? data.name : 'none') == 'none'",
                "data.name == null || data.total == null || data.tags == null || data.open == null",
                "data.tags != null && null != data.lines",
                "data != null",
                "'new' in data.tags",
                "data.tags.exists(t, t.startsWith('n'))",
                "data.tags[0] == 'new'",
                "data.lines.exists(l, l.price > 9)",
                "data.lines.all(l, has(l.price))",
                "data.lines.map(l, l.price).exists(p, p > 1)",
                "data.lines[0].price > 9",
                "size(data.lines) > 1",
                "data.extra.anything > 5 && data.extra == 'x'",
                "has(data.name) && has(data.open.other)",
                "data.open.known == 'x' || data.open.other == 3",
                "data['name'] == 'Ann'",
                "data.open['other'] == 'Ann'",
                "'name' in data",
                "size(data) > 3",
                "dyn(data).exists(k, k == 'name')",
                "double(data.total) > 1.0 && int(data.count) > 1 && string(data.count) == '1'",
                "timestamp(data.name) < time",
                "data.name == metadata['name']",
                "data.name == key",
                "type(data.name) == string",
                "dyn(data.name) == 5"
            })
    void what_may_match_is_taken(String text) {
        assertThat(checked(text)).hasToString(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "data.totl > 1 | no field data.totl",
                "data.lines[0].prise > 9 | no field data.lines[].prise",
                "has(data.totl) | no field data.totl",
                "data.lines.exists(l, l.prise > 9) | no field l.prise, did you mean price",
                "data.name >= 1000 | string, int",
                "data.open.known > 5 | string, int",
                "data.paid == 1 | bool, int",
                "data.total == 'many' | string",
                "data.total.amount > 1 | ",
                "data.name | string",
                "data.lines.price > 1 | ",
                "data.total + data.name == 'x' | string",
                "data == 5 | "
            })
    void what_never_matches_is_refused(String text, String why) {
        assertThatThrownBy(() -> checked(text))
                .isInstanceOf(RejectedException.class)
                .hasMessageContainingAll(text, "schema 7", why == null ? "" : why);
    }

    @Test
    void what_an_open_object_may_have_is_not_taken_for_what_a_closed_one_has() {
        DataType open = new DataType.Fields(Map.of("total", new DataType.Decimal()), true);
        DataType closed = new DataType.Fields(Map.of("x", new DataType.Whole()), false);

        for (DataType either : List.of(open.or(closed), closed.or(open))) {
            assertThat(Expression.condition("data.x == 'abc'", either, "schemas"))
                    .isNotNull();
            assertThatThrownBy(() -> Expression.condition("data.total == 'abc'", either, "schemas"))
                    .isInstanceOf(RejectedException.class);
        }
        DataType other = new DataType.Fields(Map.of("y", new DataType.Whole()), false);
        assertThatThrownBy(() -> Expression.condition("data.x == 'abc'", closed.or(other), "schemas"))
                .isInstanceOf(RejectedException.class);
    }
}
