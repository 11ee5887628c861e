package io.clusterdb.events.cli;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.NotFoundException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code events consume}. */
@Command(
        name = "consume",
        description = {
            "Reads as a member of a consumer group. Each event goes to one member, and is answered once it is shown. "
                    + "A group that does not exist is made, with the topics that are named."
        },
        footer = {
            "%nIt shows an event a line, and goes on until Ctrl-C, --limit or --until-idle.",
            "%nExamples:",
            "  events consume orders --group audit --data ./data -o json",
            "  events consume orders --group audit --data ./data --from latest --where 'data.total >= 1000'",
            "  events consume --group audit --data ./data --until-idle 2s"
        })
final class ConsumeCommand extends BrokerCommand {
    /** Events that are on their way to the output at a time; those would come again if the command were killed. */
    private static final int WINDOW = 50;

    @Parameters(paramLabel = "TOPIC", arity = "0..*", description = "Topics of the group. Without any: all of them.")
    private List<String> topics = new ArrayList<>();

    @Option(
            names = {"-g", "--group"},
            required = true,
            paramLabel = "GROUP",
            description = "The group that it is a member of; made when it is not there.")
    private String group = "";

    @Option(
            names = "--from",
            paramLabel = "FROM",
            description = "Where a new group begins: earliest (the default), latest, an instant, or a duration back.")
    private @Nullable String from;

    @Mixin
    private Limit limit = new Limit();

    @Option(
            names = "--where",
            paramLabel = "EXPR",
            description = "Only events for which this is true (CEL). The others count as answered.")
    private @Nullable String where;

    @Option(
            names = "--until-idle",
            paramLabel = "TIME",
            description = "Stop when nothing has come for so long: 500ms, 2s.")
    private @Nullable String untilIdle;

    @Override
    int run(Session session) {
        ensureGroup(session);
        ObjectNode request = request("consume").put("group", group).put("window", WINDOW);
        topics.forEach(request.putArray("topics")::add);
        limit.addTo(request);
        if (where != null) {
            request.put("where", where);
        }
        if (untilIdle != null) {
            request.put("idle", untilIdle);
        }
        Output.Rows rows = output().rows(LogsCommand.EVENT, true);
        session.call(request, (item, reply) -> {
            show(rows, (ObjectNode) item, reply);
            return true;
        });
        rows.end();
        return 0;
    }

    /** It is answered when it is out of this process's hands. */
    private static void show(Output.Rows rows, ObjectNode item, Consumer<ObjectNode> reply) {
        JsonNode delivery = item.remove("delivery");
        rows.add(item);
        ObjectNode answer = item.objectNode();
        answer.putArray("ack").add(delivery);
        reply.accept(answer);
    }

    private void ensureGroup(Session session) {
        try {
            session.call(request("group.get").put("name", group));
            if (from != null) {
                terminal()
                        .errorLine("Group " + group + " exists and goes on where it was; --from is for a new one"
                                + " (events consumer reset moves it).");
            }
        } catch (NotFoundException e) {
            if (e.code() != ErrorCode.UNKNOWN_GROUP || topics.isEmpty()) {
                throw e;
            }
            ObjectNode create = request("group.create").put("name", group);
            topics.forEach(create.putArray("topics")::add);
            if (from != null) {
                create.put("from", from);
            }
            topics.forEach(topic -> session.call(request("topic.status").put("name", topic)));
            session.call(create);
            terminal().errorLine("Group " + group + " is new, over " + String.join(", ", topics) + ".");
        }
    }
}
