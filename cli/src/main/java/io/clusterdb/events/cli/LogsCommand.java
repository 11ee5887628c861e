package io.clusterdb.events.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code events logs}. */
@Command(name = "logs", description = "Shows events as they lie in the log.")
final class LogsCommand extends CommandGroup {
    /** How an event is shown in a table. */
    static final Columns EVENT = Columns.none()
            .number("partition", 4)
            .number("offset", 8)
            .text("time", 24)
            .text("id", 20)
            .text("type", 16)
            .text("key", 8)
            .text("DATA", 0, LogsCommand::data);

    private static String data(JsonNode event) {
        if (event.has("data")) {
            return event.path("data").toString();
        }
        if (event.has("undecodable")) {
            return "undecodable: " + event.path("undecodable").asString();
        }
        JsonNode bytes = event.path("data_base64");
        return bytes.isMissingNode() ? "" : "base64 " + bytes.asString();
    }

    /** {@code events logs show}. */
    @Command(
            name = "show",
            description = "Shows the events of a topic. It belongs to no group: nobody's position moves.",
            footer = {
                "%nFROM is earliest (the default), latest, an offset, an instant such as 2026-01-31T08:00:00Z or",
                "2026-01-31 (UTC), or a duration back from now such as 2h.",
                "%nExamples:",
                "  events logs show --topic orders --data ./data --limit 10",
                "  events logs show --topic orders --data ./data --from 2h --where 'data.total >= 1000'",
                "  events logs show --topic orders --data ./data --from latest --follow -o json | jq .data"
            })
    static final class Show extends BrokerCommand {
        @Option(
                names = {"-t", "--topic"},
                required = true,
                paramLabel = "TOPIC",
                description = "The topic.")
        private String topic = "";

        @Option(names = "--partition", paramLabel = "N", description = "Only this one.")
        private @Nullable Integer partition;

        @Option(names = "--from", paramLabel = "FROM", description = "Where to begin; see below.")
        private String from = "earliest";

        @Option(
                names = "--where",
                paramLabel = "EXPR",
                description =
                        "Only events for which this is true: CEL over id, type, source, subject, time, key, data, "
                                + "metadata, topic, partition, offset.")
        private @Nullable String where;

        @Mixin
        private Reading reading = new Reading();

        @Override
        int run(Session session) {
            ObjectNode request =
                    reading.addTo(request("logs").put("topic", topic).put("from", from));
            if (partition != null) {
                request.put("partition", partition);
            }
            if (where != null) {
                request.put("where", where);
            }
            rows(session, request, EVENT, reading.follows());
            return 0;
        }
    }
}
