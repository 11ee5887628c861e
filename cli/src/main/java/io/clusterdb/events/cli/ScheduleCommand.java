package io.clusterdb.events.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code events schedule}. */
@Command(
        name = "schedule",
        description = "Works with scheduled events: those that were published with --deliver-at and are not due yet.")
final class ScheduleCommand extends CommandGroup {
    /** {@code events schedule list}. */
    @Command(
            name = "list",
            description = "Lists what is scheduled, the next due first.",
            footer = {"%nExample:", "  events schedule list --topic reminders --limit 20 --data ./data"})
    static final class ListAll extends BrokerCommand {
        @Option(names = "--topic", paramLabel = "TOPIC", description = "Only events for this topic.")
        private @Nullable String topic;

        @Mixin
        private Limit limit = new Limit();

        @Override
        int run(Session session) {
            ObjectNode request = request("schedule.list");
            if (topic != null) {
                request.put("topic", topic);
            }
            limit.addTo(request);
            rows(
                    session,
                    request,
                    Columns.none()
                            .text("deliver_at")
                            .text("topic")
                            .text("id")
                            .text("type")
                            .text("key"));
            return 0;
        }
    }

    /** {@code events schedule show}. */
    @Command(name = "show", description = "Shows a scheduled event.")
    static final class Show extends BrokerCommand {
        @Parameters(paramLabel = "ID", description = "The id of the event.")
        private String id = "";

        @Override
        int run(Session session) {
            JsonNode scheduled = session.call(request("schedule.show").put("id", id));
            output().object(scheduled, terminal -> Human.event(terminal, scheduled));
            return 0;
        }
    }

    /** {@code events schedule cancel}. */
    @Command(
            name = "cancel",
            description = "Cancels a scheduled event.",
            footer = {"%nThe exit code is 1 when it was not scheduled, or was delivered just before."})
    static final class Cancel extends BrokerCommand {
        @Parameters(paramLabel = "ID", description = "The id of the event.")
        private String id = "";

        @Override
        int run(Session session) {
            JsonNode result = session.call(request("schedule.cancel").put("id", id));
            boolean cancelled = result.path("cancelled").asBoolean();
            output().object(
                            result,
                            terminal -> terminal.println(
                                    cancelled
                                            ? "Event " + id + " is cancelled"
                                            : "Event " + id + " is not scheduled (any more)"));
            return cancelled ? 0 : Failures.FAILED;
        }
    }
}
