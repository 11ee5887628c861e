package io.clusterdb.events.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code events dlq}. */
@Command(name = "dlq", description = "Works with dead letters: events that a consumer group could not handle.")
final class DlqCommand extends CommandGroup {
    /** Which dead letters are meant. */
    static final class Selection {
        @Parameters(paramLabel = "GROUP", description = "The group that could not handle them.")
        private String group = "";

        @Option(
                names = "--where",
                paramLabel = "EXPR",
                description = "Only those whose event makes this true: CEL over id, type, source, subject, time, key, "
                        + "data, metadata, topic, partition, offset.")
        private @Nullable String where;

        @Mixin
        private Limit limit = new Limit();

        ObjectNode addTo(ObjectNode request) {
            request.put("group", group);
            if (where != null) {
                request.put("where", where);
            }
            limit.addTo(request);
            return request;
        }
    }

    /** {@code events dlq list}. */
    @Command(
            name = "list",
            description = "Lists the dead letters of a consumer group that were neither replayed nor purged.",
            footer = {"%nExample:", "  events dlq list order-processor --data ./data --where 'data.total >= 1000'"})
    static final class ListAll extends BrokerCommand {
        @Mixin
        private Selection selection = new Selection();

        @Option(names = "--from", paramLabel = "NUMBER", description = "Begin at this dead letter.")
        private @Nullable Long from;

        @Override
        int run(Session session) {
            ObjectNode request = selection.addTo(request("dlq.list"));
            if (from != null) {
                request.put("from", from);
            }
            rows(
                    session,
                    request,
                    Columns.none()
                            .number("number")
                            .text("topic")
                            .number("partition")
                            .number("offset")
                            .text("id")
                            .text("key")
                            .number("attempts")
                            .text("disposition")
                            .text("error")
                            .text("last_failure")
                            .text("message"));
            return 0;
        }
    }

    /** {@code events dlq show}. */
    @Command(name = "show", description = "Shows a dead letter with all that is known of it.")
    static final class Show extends BrokerCommand {
        @Parameters(index = "0", paramLabel = "GROUP", description = "The group that could not handle it.")
        private String group = "";

        @Parameters(index = "1", paramLabel = "NUMBER", description = "As events dlq list shows it.")
        private long number;

        @Override
        int run(Session session) {
            JsonNode letter =
                    session.call(request("dlq.show").put("group", group).put("number", number));
            output().object(letter, terminal -> Human.event(terminal, letter));
            return 0;
        }
    }

    /** {@code events dlq replay}. */
    @Command(
            name = "replay",
            description = "Has dead letters delivered to their group again, in order, as if for the first time.",
            footer = {
                "%nExamples:",
                "  events dlq replay order-processor --dry-run --data ./data",
                "  events dlq replay order-processor --where 'key == \"c-17\"' --data ./data"
            })
    static final class Replay extends BrokerCommand {
        @Mixin
        private Selection selection = new Selection();

        @Option(names = "--dry-run", description = "Only count them.")
        private boolean dryRun;

        @Override
        int run(Session session) {
            JsonNode result =
                    session.call(selection.addTo(request("dlq.replay")).put("dry_run", dryRun));
            output().object(
                            result,
                            terminal -> terminal.println(count(result)
                                    + (dryRun ? " would be delivered again" : " will be delivered again")));
            return 0;
        }
    }

    /** {@code events dlq purge}. */
    @Command(
            name = "purge",
            description = "Deletes dead letters.",
            footer = {"%nExample:", "  events dlq purge order-processor --where 'type == \"test\"' --data ./data"})
    static final class Purge extends BrokerCommand {
        @Mixin
        private Selection selection = new Selection();

        @Option(names = "--dry-run", description = "Only count them.")
        private boolean dryRun;

        @Override
        int run(Session session) {
            ObjectNode request = selection.addTo(request("dlq.purge"));
            JsonNode plan = session.call(request.deepCopy().put("dry_run", true));
            if (dryRun) {
                output().object(plan, terminal -> terminal.println(count(plan) + " would be deleted"));
                return 0;
            }
            if (!confirmed("Delete " + count(plan) + " of group " + selection.group + "?")) {
                return Failures.FAILED;
            }
            JsonNode result = session.call(request);
            output().object(result, terminal -> terminal.println(count(result) + " deleted"));
            return 0;
        }
    }

    private static String count(JsonNode result) {
        return Human.count(result.path("dead_letters").asLong(), "dead letter");
    }
}
