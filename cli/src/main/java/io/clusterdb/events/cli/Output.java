package io.clusterdb.events.cli;

import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/** Writes results as the user wants them: a table, JSON, or YAML. */
final class Output {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Terminal terminal;
    private final OutputFormat format;

    Output(Terminal terminal, OutputFormat format) {
        this.terminal = terminal;
        this.format = format;
    }

    OutputFormat format() {
        return format;
    }

    /** Loaded only when somebody wants YAML: it takes its time. */
    private static final class Yaml {
        private static final YAMLMapper MAPPER = YAMLMapper.builder()
                .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
                .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
                .build();

        static String write(JsonNode value) {
            return MAPPER.writeValueAsString(value);
        }
    }

    private static String pretty(JsonNode value) {
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value);
    }

    /** A document as people read it, in lines. */
    static String shown(JsonNode value) {
        return Human.harmless(pretty(value));
    }

    /**
     * One thing.
     *
     * @param table shows it to people
     */
    void object(JsonNode object, Consumer<Terminal> table) {
        switch (format) {
            case TABLE -> table.accept(terminal);
            case JSON -> terminal.println(pretty(object));
            case YAML -> terminal.print(Yaml.write(object));
        }
    }

    /** Several things of a kind, which are all there. */
    void list(JsonNode array, Columns columns) {
        Rows rows = rows(columns, false);
        array.forEach(rows::add);
        rows.end();
    }

    /**
     * Several things of a kind, one after the other.
     *
     * @param live they come without an end, so each is shown at once and for itself
     */
    Rows rows(Columns columns, boolean live) {
        return switch (format) {
            case TABLE -> new TableRows(new Table(terminal, columns, live), live);
            case JSON -> live ? new Lines() : new Array();
            case YAML -> new Documents(live);
        };
    }

    /** Takes things in. */
    interface Rows {
        void add(JsonNode object);

        void end();
    }

    private final class TableRows implements Rows {
        private final Table table;
        private final boolean live;

        TableRows(Table table, boolean live) {
            this.table = table;
            this.live = live;
        }

        @Override
        public void add(JsonNode object) {
            table.add(object);
            if (live) {
                terminal.flush();
            }
        }

        @Override
        public void end() {
            table.end();
        }
    }

    /** One JSON object a line. */
    private final class Lines implements Rows {
        @Override
        public void add(JsonNode object) {
            terminal.println(object.toString());
            terminal.flush();
        }

        @Override
        public void end() {
            terminal.flush();
        }
    }

    /** One JSON array, an element a line. */
    private final class Array implements Rows {
        private boolean first = true;

        @Override
        public void add(JsonNode object) {
            terminal.print((first ? "[\n  " : ",\n  ") + object);
            first = false;
        }

        @Override
        public void end() {
            terminal.println(first ? "[]" : "\n]");
        }
    }

    /** One YAML list, or a document for each thing. */
    private final class Documents implements Rows {
        private final boolean live;
        private boolean first = true;

        Documents(boolean live) {
            this.live = live;
        }

        @Override
        public void add(JsonNode object) {
            first = false;
            if (live) {
                terminal.print("---\n" + Yaml.write(object));
                terminal.flush();
            } else {
                terminal.print(Yaml.write(JSON.createArrayNode().add(object)));
            }
        }

        @Override
        public void end() {
            if (first && !live) {
                terminal.println("[]");
            }
        }
    }
}
