package io.clusterdb.events.cli;

import io.clusterdb.events.cli.Columns.Column;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * Rows in columns as wide as their cells. Where rows come without an end, the first ones settle the widths, and wider
 * cells stand out.
 */
final class Table {
    private static final String GAP = "  ";
    private static final int SETTLING = 100;

    private final Terminal terminal;
    private final List<Column> columns;
    private final int[] widths;
    private final boolean live;
    private final List<String[]> held = new ArrayList<>();
    private boolean begun;

    /** @param live show each row at once */
    Table(Terminal terminal, Columns columns, boolean live) {
        this.terminal = terminal;
        this.columns = columns.all();
        this.live = live;
        this.widths = this.columns.stream()
                .mapToInt(column -> Math.max(column.width(), column.header().length()))
                .toArray();
    }

    void add(JsonNode object) {
        String[] row = columns.stream()
                .map(column -> Human.visible(column.value().apply(object)))
                .toArray(String[]::new);
        if (begun) {
            print(row);
            return;
        }
        for (int i = 0; i < row.length; i++) {
            widths[i] = Math.max(widths[i], length(row[i]));
        }
        held.add(row);
        if (live || held.size() >= SETTLING) {
            begin();
        }
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    private void begin() {
        begun = true;
        terminal.println(terminal.bold(line(columns.stream().map(Column::header).toArray(String[]::new))));
        held.forEach(this::print);
        held.clear();
    }

    private void print(String[] row) {
        terminal.println(line(row));
    }

    private String line(String[] cells) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.length; i++) {
            String padding = " ".repeat(Math.max(0, widths[i] - length(cells[i])));
            line.append(i == 0 ? "" : GAP);
            if (columns.get(i).right()) {
                line.append(padding).append(cells[i]);
            } else {
                line.append(cells[i]).append(i == cells.length - 1 ? "" : padding);
            }
        }
        return line.toString().stripTrailing();
    }

    /** Shows what it still holds; the headers even when there was no row. */
    void end() {
        if (!begun) {
            begin();
        }
    }
}
