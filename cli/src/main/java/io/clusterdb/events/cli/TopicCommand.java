package io.clusterdb.events.cli;

import io.clusterdb.events.Topic;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code events topic}. */
@Command(name = "topic", description = "Makes, shows, changes and deletes topics.")
final class TopicCommand extends CommandGroup {
    private static String retention(JsonNode topic) {
        String time = Human.cell(topic, "retention_time");
        String size = Human.cell(topic, "retention_size");
        if (time.isEmpty() && size.isEmpty()) {
            return "forever";
        }
        return time.isEmpty() || size.isEmpty() ? time + size : time + ", " + size;
    }

    private static void show(Terminal terminal, JsonNode topic) {
        terminal.println("Topic " + topic.path("name").asString() + ": "
                + Human.count(topic.path("partitions").asLong(), "partition") + ", retention " + retention(topic)
                + ", cleanup " + Human.cell(topic, "cleanup") + ", compression " + Human.cell(topic, "compression")
                + (Human.cell(topic, "deduplication").isEmpty()
                        ? ""
                        : ", deduplication " + Human.cell(topic, "deduplication")));
        topic.path("routes")
                .forEach(route -> terminal.println("Events with " + Human.visible(Human.cell(route, "expression"))
                        + " are copied to " + Human.cell(route, "topic")));
    }

    /** {@code events topic create}. */
    @Command(
            name = "create",
            description = "Makes a topic. One that exists with the same settings is left as it is.",
            footer = {
                "%nExamples:",
                "  events topic create orders --data ./data -p 10 --retention-time 7d",
                "  events topic create customers -c events.yaml --cleanup compact",
                "  events topic create orders --data ./data --route 'data.total >= 1000 -> large-orders'",
                "  events topic create orders --data ./data --avro order.avsc --compatibility full"
            })
    static final class Create extends BrokerCommand {
        @Parameters(paramLabel = "TOPIC", description = "Its name, of a-z A-Z 0-9 . _ -")
        private String name = "";

        @Mixin
        private TopicOptions settings = new TopicOptions();

        @Mixin
        private TopicSchema schema = new TopicSchema();

        @Override
        boolean createsFolder() {
            return true;
        }

        @Override
        int run(Session session) {
            Topic.checkName(name); // before a folder is made for it
            JsonNode topic = session.call(
                    schema.addTo(settings.addTo(request("topic.create").put("name", name)), this));
            output().object(topic, terminal -> show(terminal, topic));
            return 0;
        }
    }

    /** {@code events topic list}. */
    @Command(name = "list", description = "Lists the topics with what they hold.")
    static final class ListAll extends BrokerCommand {
        @Override
        int run(Session session) {
            output().list(
                            session.call(request("topic.list")).path("topics"),
                            Columns.none()
                                    .text("name")
                                    .number("partitions")
                                    .number("events")
                                    .number(
                                            "SIZE",
                                            t -> Human.bytes(t.path("bytes").asLong()))
                                    .text("RETENTION", 0, TopicCommand::retention)
                                    .text("cleanup")
                                    .text("compression")
                                    .text("owner"));
            return 0;
        }
    }

    /** {@code events topic status}. */
    @Command(
            name = "status",
            description = "Shows what a topic holds, per partition.",
            footer = {
                "%nSTART is the offset of the oldest event kept, END of the next one to come. Readers of committed",
                "events stop at STABLE END; when that is below END, an open transaction holds it. EVENTS is the distance",
                "of START and END: ends of transactions, and what compaction has removed, count as well.",
                "%nExample:",
                "  events topic status orders --data ./data"
            })
    static final class Status extends BrokerCommand {
        @Parameters(paramLabel = "TOPIC", description = "The name of the topic.")
        private String name = "";

        @Override
        int run(Session session) {
            JsonNode topic = session.call(request("topic.status").put("name", name));
            output().object(topic, terminal -> {
                show(terminal, topic);
                terminal.println(Human.count(topic.path("events").asLong(), "event") + ", "
                        + Human.bytes(topic.path("bytes").asLong()) + "\n");
                new Output(terminal, OutputFormat.TABLE)
                        .list(
                                topic.path("partition_status"),
                                Columns.none()
                                        .number("partition")
                                        .number("start")
                                        .number("stable_end")
                                        .number("end")
                                        .number("EVENTS", Status::events)
                                        .number(
                                                "SIZE",
                                                p -> Human.bytes(p.path("bytes").asLong()))
                                        .text("HELD BY", 0, Status::holder));
            });
            return 0;
        }

        private static String events(JsonNode partition) {
            return Long.toString(
                    partition.path("end").asLong() - partition.path("start").asLong());
        }

        private static String holder(JsonNode partition) {
            JsonNode holder = partition.path("held_by");
            return holder.isMissingNode()
                    ? ""
                    : "transaction " + Human.cell(holder, "transaction") + " of " + Human.cell(holder, "owner")
                            + " since " + Human.cell(holder, "begun");
        }
    }

    /** {@code events topic alter}. */
    @Command(
            name = "alter",
            description = "Gives a topic other settings, or more partitions. What is not named stays as it is.",
            footer = {
                "%nExamples:",
                "  events topic alter orders --data ./data --retention-time 30d",
                "  events topic alter orders --data ./data --no-routes --deduplication 2m",
                "  events topic alter orders --data ./data --partitions 20 --moving-keys",
                "  events topic alter orders --data ./data --avro order.avsc"
            })
    static final class Alter extends BrokerCommand {
        @Parameters(paramLabel = "TOPIC", description = "The name of the topic.")
        private String name = "";

        @Mixin
        private TopicOptions settings = new TopicOptions();

        @Mixin
        private TopicSchema schema = new TopicSchema();

        @Option(
                names = "--moving-keys",
                description = "Grow a topic whose events have keys, though new events of a key may then go to another "
                        + "partition than its old ones.")
        private boolean movingKeys;

        @Override
        int run(Session session) {
            ObjectNode request =
                    schema.addTo(settings.addTo(request("topic.alter").put("name", name)), this);
            if (request.path("settings").isEmpty()) {
                throw wrongUse("no setting is named that should change");
            }
            JsonNode topic = session.call(request.put("moving_keys", movingKeys));
            output().object(topic, terminal -> show(terminal, topic));
            return 0;
        }
    }

    /** {@code events topic delete}. */
    @Command(name = "delete", description = "Deletes topics with their events.")
    static final class Delete extends BrokerCommand {
        @Parameters(paramLabel = "TOPIC", arity = "1..*", description = "The names of the topics.")
        private @Nullable List<String> names;

        @Override
        int run(Session session) {
            for (String name : names == null ? List.<String>of() : names) {
                JsonNode status = session.call(request("topic.status").put("name", name));
                String events = Human.count(status.path("events").asLong(), "event");
                if (!confirmed("Delete topic " + name + " with " + events + "?")) {
                    return Failures.FAILED;
                }
                session.call(request("topic.delete").put("name", name));
                say("Topic " + name + " is deleted, with " + events);
            }
            return 0;
        }
    }
}
