package io.clusterdb.events.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code events consumer}. */
@Command(name = "consumer", description = "Makes, changes, shows, moves and deletes consumer groups.")
final class ConsumerCommand extends CommandGroup {
    private static String behind(JsonNode json) {
        long millis = json.path("behind_ms").asLong();
        return millis == 0 ? "" : Human.millis(millis);
    }

    /** {@code events consumer create}. */
    @Command(
            name = "create",
            description = "Makes a consumer group. One that exists with the same settings is left as it is.",
            footer = {"%nExample:", "  events consumer create order-processor orders --data ./data --from latest"})
    static final class Create extends BrokerCommand {
        @Parameters(index = "0", paramLabel = "GROUP", description = "The name of the group.")
        private String name = "";

        @Parameters(index = "1..*", paramLabel = "TOPIC", arity = "1..*", description = "The topics it reads.")
        private List<String> topics = new ArrayList<>();

        @Mixin
        private GroupOptions settings = new GroupOptions();

        @Override
        int run(Session session) {
            ObjectNode request = settings.addTo(request("group.create").put("name", name));
            topics.forEach(request.putArray("topics")::add);
            JsonNode group = session.call(request);
            output().object(group, terminal -> show(terminal, group));
            return 0;
        }
    }

    private static void show(Terminal terminal, JsonNode group) {
        terminal.println("Group " + group.path("name").asString() + " over " + topics(group));
    }

    private static String topics(JsonNode group) {
        List<String> names = new ArrayList<>();
        group.path("topics").forEach(topic -> names.add(topic.asString()));
        return String.join(", ", names);
    }

    /** {@code events consumer alter}. */
    @Command(
            name = "alter",
            description = "Changes the settings of a consumer group while nobody consumes; its positions stay.",
            footer = {
                "%nA topic that it gets it reads from where --from says; its position in one that it loses is kept.",
                "%nExample:",
                "  events consumer alter order-processor --session-timeout 1m --topic orders --topic returns --data ./data"
            })
    static final class Alter extends BrokerCommand {
        @Parameters(paramLabel = "GROUP", description = "The name of the group.")
        private String name = "";

        @Option(names = "--topic", paramLabel = "TOPIC", description = "All the topics it shall have.")
        private List<String> topics = new ArrayList<>();

        @Mixin
        private GroupOptions settings = new GroupOptions();

        @Override
        int run(Session session) {
            ObjectNode request = settings.addTo(request("group.alter").put("name", name));
            if (!topics.isEmpty()) {
                topics.forEach(request.putArray("topics")::add);
            }
            JsonNode group = session.call(request);
            output().object(group, terminal -> show(terminal, group));
            return 0;
        }
    }

    /** {@code events consumer delete}. */
    @Command(
            name = "delete",
            description = "Deletes consumer groups with their positions, while nobody consumes. Dead letters stay.")
    static final class Delete extends BrokerCommand {
        @Parameters(paramLabel = "GROUP", arity = "1..*", description = "The names of the groups.")
        private List<String> names = new ArrayList<>();

        @Override
        int run(Session session) {
            for (String name : names) {
                JsonNode lag = session.call(request("group.lag").put("name", name));
                String left = Human.count(lag.path("lag").asLong(), "event");
                if (!confirmed("Delete group " + name + ", which has not answered " + left + "?")) {
                    return Failures.FAILED;
                }
                session.call(request("group.delete").put("name", name));
                say("Group " + name + " is deleted");
            }
            return 0;
        }
    }

    /** {@code events consumer list}. */
    @Command(name = "list", description = "Lists the consumer groups with how far each is behind.")
    static final class ListAll extends BrokerCommand {
        @Override
        int run(Session session) {
            output().list(
                            session.call(request("group.list")).path("groups"),
                            Columns.none()
                                    .text("name")
                                    .text("TOPICS", 0, ConsumerCommand::topics)
                                    .number("members")
                                    .number("lag")
                                    .number("BEHIND", ConsumerCommand::behind));
            return 0;
        }
    }

    /** {@code events consumer lag}. */
    @Command(
            name = "lag",
            description = "Shows how far a consumer group is behind, per partition.",
            footer = {
                "%nFLOOR is the offset below which everything is answered, and LAG counts from there to the END that",
                "readers see. BEHIND is the age of the oldest event without an answer. PARKED events wait for their",
                "next attempt.",
                "%nExample:",
                "  events consumer lag order-processor --data ./data"
            })
    static final class Lag extends BrokerCommand {
        @Parameters(paramLabel = "GROUP", description = "The name of the group.")
        private String name = "";

        @Override
        int run(Session session) {
            JsonNode lag = session.call(request("group.lag").put("name", name));
            output().object(lag, terminal -> show(terminal, lag));
            return 0;
        }

        private void show(Terminal terminal, JsonNode lag) {
            String behind = behind(lag);
            terminal.println(
                    "Group " + name + ": " + Human.count(lag.path("members").asLong(), "member") + ", lag "
                            + Human.count(lag.path("lag").asLong(), "event")
                            + (behind.isEmpty() ? "" : ", " + behind + " behind")
                            + trend(lag.path("trend_per_s"))
                            + "\n");
            ArrayNode shown = ((ObjectNode) lag).arrayNode();
            for (JsonNode partition : lag.path("partitions")) {
                // The broker's own topic for replayed dead letters, which is of interest only while there are some.
                boolean internal = partition.path("topic").asString().startsWith("_");
                if (!internal || partition.path("lag").asLong() > 0) {
                    shown.add(partition);
                }
            }
            new Output(terminal, OutputFormat.TABLE)
                    .list(
                            shown,
                            Columns.none()
                                    .text("topic")
                                    .number("partition")
                                    .number("floor")
                                    .number("END", p -> Human.cell(p, "stable_end"))
                                    .number("lag")
                                    .number("BEHIND", ConsumerCommand::behind)
                                    .number("unanswered")
                                    .number("parked")
                                    .text("member"));
        }
    }

    private static String trend(JsonNode perSecond) {
        if (!perSecond.isNumber()) {
            return "";
        }
        double trend = perSecond.asDouble();
        if (Math.abs(trend) < 0.05) {
            return ", steady";
        }
        return String.format(", %s by %.1f a second", trend > 0 ? "growing" : "shrinking", Math.abs(trend));
    }

    /** {@code events consumer reset}. */
    @Command(
            name = "reset",
            description = "Has a consumer group, while nobody consumes, go on from somewhere else.",
            footer = {
                "%nTO is earliest, latest, an instant such as 2026-01-31T08:00:00Z or 2026-01-31 (UTC), or a duration",
                "back from now such as 2h. What was unanswered is forgotten.",
                "%nExamples:",
                "  events consumer reset order-processor --to 2h --dry-run --data ./data",
                "  events consumer reset order-processor --to earliest --yes --data ./data"
            })
    static final class Reset extends BrokerCommand {
        @Parameters(paramLabel = "GROUP", description = "The name of the group.")
        private String name = "";

        @Option(names = "--to", required = true, paramLabel = "TO", description = "Where to; see below.")
        private String to = "";

        @Option(names = "--dry-run", description = "Only show what would become.")
        private boolean dryRun;

        @Override
        int run(Session session) {
            ObjectNode request = request("group.reset").put("name", name).put("to", to);
            JsonNode plan =
                    session.call(request.deepCopy().put("dry_run", true)).path("changes");
            Columns columns = Columns.none()
                    .text("topic")
                    .number("partition")
                    .number("from")
                    .number("to");
            if (dryRun) {
                output().list(plan, columns);
                return 0;
            }
            if (!confirmed("Move group " + name + " to " + to + " in " + Human.count(plan.size(), "partition")
                    + " and forget what it has not answered?")) {
                return Failures.FAILED;
            }
            output().list(session.call(request).path("changes"), columns);
            return 0;
        }
    }
}
