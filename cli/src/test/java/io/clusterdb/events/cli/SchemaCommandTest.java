package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Schemas by the command, in processes. */
class SchemaCommandTest extends CommandFixture {
    private static final String ORDER = """
            {"type": "record", "name": "Order", "fields": [{"name": "total", "type": "double"}%s]}""";

    @Test
    void schema_is_registered_checked_listed_and_shown_and_lines_that_do_not_fit_are_refused() {
        String first = file("order.avsc", ORDER.formatted(""));
        String broken = file("broken.avsc", ORDER.formatted(", {\"name\": \"note\", \"type\": \"string\"}"));
        String lines = file("orders.ndjson", "{\"total\": 12.5}\n{\"total\": \"much\"}\n");
        assertThat(events("topic", "create", "orders").exit()).isZero();

        Run registered = events("schema", "register", "orders", "--avro", first);
        Run published = events("publish", "orders", "--file", lines);
        Run refused = events("schema", "check", "orders", "--avro", broken);
        Run conflict = events("schema", "register", "orders", "--avro", broken);

        assertThat(registered.out()).contains("The schema of orders is version 1");
        assertThat(published.exit()).isEqualTo(1);
        assertThat(published.err()).contains("/total", "much");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.out()).contains("note");
        assertThat(conflict.exit()).isEqualTo(1);
        assertThat(conflict.err()).contains("EV-5003", "note");
        assertThat(events("schema", "list", "-o", "json")
                        .json()
                        .get(0)
                        .path("version")
                        .asInt())
                .isEqualTo(1);
        assertThat(events("schema", "show", "orders").out()).isEqualTo(ORDER.formatted("") + "\n");
        assertThat(events("logs", "show", "--topic", "orders", "-o", "json")
                        .json()
                        .get(0)
                        .path("data")
                        .path("total")
                        .asDouble())
                .isEqualTo(12.5);
    }
}
