package io.clusterdb.events.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/** How a JSON object becomes a row of a table. A value. */
record Columns(List<Column> all) {
    /**
     * A column.
     *
     * @param width that it has at least, where rows are shown before all are known
     */
    record Column(String header, boolean right, int width, Function<JsonNode, String> value) {}

    static Columns none() {
        return new Columns(List.of());
    }

    private Columns with(Column column) {
        List<Column> more = new ArrayList<>(all);
        more.add(column);
        return new Columns(more);
    }

    /** A field as text, under its own name. */
    Columns text(String field) {
        return text(header(field), 0, json -> Human.cell(json, field));
    }

    Columns text(String field, int width) {
        return text(header(field), width, json -> Human.cell(json, field));
    }

    Columns text(String header, int width, Function<JsonNode, String> value) {
        return with(new Column(header, false, width, value));
    }

    /** A field as a number, under its own name. */
    Columns number(String field) {
        return number(field, 0);
    }

    Columns number(String field, int width) {
        return with(new Column(header(field), true, width, json -> Human.cell(json, field)));
    }

    Columns number(String header, Function<JsonNode, String> value) {
        return with(new Column(header, true, 0, value));
    }

    private static String header(String field) {
        return field.replace('_', ' ').toUpperCase(java.util.Locale.ROOT);
    }
}
