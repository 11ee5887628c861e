package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Schemas of topics through {@code topic}, and what two versions mean for each other. */
class SchemaDiffTest extends CommandFixture {
    private static final String ORDER = """
            {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}, %s]}""";

    @Test
    void topics_are_given_schemas_and_the_next_version_is_compared_with_the_one_before() {
        String first = file("1.avsc", ORDER.formatted("{\"name\": \"total\", \"type\": \"int\"}"));
        String second = file(
                "2.avsc",
                ORDER.formatted("{\"name\": \"total\", \"type\": \"long\"}, "
                        + "{\"name\": \"note\", \"type\": \"string\", \"default\": \"\"}"));
        String third = file("3.avsc", ORDER.formatted("{\"name\": \"total\", \"type\": \"string\"}"));

        Run created = events("topic", "create", "orders", "--avro", first, "--compatibility", "backward");
        Run altered = events("topic", "alter", "orders", "--avro", second);
        Run refused = events("topic", "alter", "orders", "--avro", third);
        Run diff = events("schema", "diff", "orders", "1", "2");
        JsonNode json =
                events("schema", "diff", "orders", "1", "2", "-o", "json").json();

        assertThat(created.exit()).as(created.err()).isZero();
        assertThat(altered.exit()).as(altered.err()).isZero();
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("EV-5003", "/total");
        assertThat(diff.out())
                .contains("~ /fields/total/type: \"int\" -> \"long\"", "+ /fields/note: {\"name\":\"note\"")
                .contains("Who reads with version 2, what version 1 wrote: can\n")
                .containsPattern("Who reads with version 1, what version 2 writes: breaks\n  /total: .*long");
        assertThat(json.path("changes").size()).isEqualTo(2);
        assertThat(json.path("backward").isEmpty()).isTrue();
        assertThat(json.path("forward").get(0).asString()).contains("/total");
        assertThat(json.path("later").path("version").asInt()).isEqualTo(2);
    }

    @Test
    void a_schema_for_one_type_of_events_is_compared_by_its_type() {
        String loose = file("1.json", "{\"type\": \"object\", \"properties\": {\"id\": {\"type\": \"string\"}}}");
        String strict = file(
                "2.json",
                "{\"type\": \"object\", \"properties\": {\"id\": {\"type\": \"string\"}}, \"required\": [\"id\"]}");
        events("topic", "create", "orders");
        events("topic", "alter", "orders", "--json", loose, "--type", "paid", "--compatibility", "none");
        Run altered = events("topic", "alter", "orders", "--json", strict, "--type", "paid");

        Run diff = events("schema", "diff", "orders", "1", "2", "--type", "paid");

        assertThat(altered.exit()).as(altered.err()).isZero();
        assertThat(diff.out())
                .contains("The schema of orders for paid, from version 1 to version 2:\n  + /required: [\"id\"]\n")
                .containsPattern("version 1 wrote: breaks\n.*id")
                .contains("version 2 writes: can\n");
        assertThat(events("schema", "diff", "orders", "1", "7", "--type", "paid")
                        .err())
                .contains("EV-5004", "Unknown version 7", "1 to 2");
        assertThat(events("topic", "alter", "orders", "--type", "paid").err()).contains("--avro or --json");
    }
}
