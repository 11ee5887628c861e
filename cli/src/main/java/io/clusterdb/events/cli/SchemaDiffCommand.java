package io.clusterdb.events.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code events schema diff}. */
@Command(
        name = "diff",
        description =
                "Shows what differs in two versions of a topic's schema, and whether each can read the other's data.",
        footer = {"%nExample:", "  events schema diff orders 1 2 --data ./data"})
final class SchemaDiffCommand extends BrokerCommand {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Mixin
    private SchemaCommand.Line line = new SchemaCommand.Line();

    @Parameters(paramLabel = "V1", description = "The number of one version.")
    private int earlier;

    @Parameters(paramLabel = "V2", description = "The number of the other.")
    private int later;

    @Override
    int run(Session session) {
        ObjectNode answer = (ObjectNode) session.call(
                line.addTo(request("schema.diff")).put("earlier", earlier).put("later", later));
        ArrayNode changes = answer.putArray("changes");
        SchemaChanges.of(definition(answer, "earlier"), definition(answer, "later"))
                .forEach(change -> changes.add(change.json()));
        output().object(answer, terminal -> {
            terminal.println("The schema of " + line + ", from version " + earlier + " to version " + later + ":");
            changes.forEach(change -> terminal.println("  " + SchemaChanges.Change.text(change)));
            if (changes.isEmpty()) {
                terminal.println("  no difference in the definition");
            }
            tell(
                    terminal,
                    "\nWho reads with version " + later + ", what version " + earlier + " wrote: ",
                    answer,
                    "backward");
            tell(
                    terminal,
                    "Who reads with version " + earlier + ", what version " + later + " writes: ",
                    answer,
                    "forward");
        });
        return 0;
    }

    private static void tell(Terminal terminal, String who, JsonNode answer, String direction) {
        JsonNode reasons = answer.path(direction);
        terminal.println(who + (reasons.isEmpty() ? "can" : "breaks"));
        reasons.forEach(reason -> terminal.println("  " + reason.asString()));
    }

    private static JsonNode definition(JsonNode answer, String version) {
        return JSON.readTree(answer.path(version).path("definition").asString());
    }
}
