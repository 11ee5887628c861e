package io.clusterdb.events.cli;

import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code events schema}. */
@Command(name = "schema", description = "Works with the schemas of topics.")
final class SchemaCommand extends CommandGroup {
    /** Whose schema is meant. */
    static final class Line {
        @Parameters(paramLabel = "TOPIC", description = "The topic whose schema it is.")
        private String topic = "";

        @Option(
                names = "--type",
                paramLabel = "EVENT_TYPE",
                description = "The events that it is for. Default: all that have no schema of their own.")
        private @Nullable String type;

        ObjectNode addTo(ObjectNode request) {
            request.put("topic", topic);
            if (type != null) {
                request.put("type", type);
            }
            return request;
        }

        @Override
        public String toString() {
            return topic + (type == null ? "" : " for " + type);
        }
    }

    /** Where a definition is. */
    static final class Definition {
        @Option(names = "--avro", paramLabel = "FILE", description = "An Avro schema.", required = true)
        private @Nullable Path avro;

        @Option(names = "--json", paramLabel = "FILE", description = "A JSON Schema.", required = true)
        private @Nullable Path json;

        ObjectNode addTo(ObjectNode request) {
            Path file = avro != null ? avro : Objects.requireNonNull(json);
            try {
                return request.put("format", avro != null ? Schema.AVRO : Schema.JSON_SCHEMA)
                        .put("definition", Files.readString(file));
            } catch (IOException e) {
                throw RejectedException.badSchema("file " + file, "it can't be read: " + e, e);
            }
        }
    }

    /** Options that both register and check take. */
    static final class Proposal {
        @Mixin
        private Line line = new Line();

        @ArgGroup(multiplicity = "1")
        private Definition definition = new Definition();

        ObjectNode addTo(ObjectNode request) {
            return definition.addTo(line.addTo(request));
        }
    }

    /** {@code events schema register}. */
    @Command(
            name = "register",
            description = "Makes a schema the latest version of a topic's, if it is compatible with those before it.",
            footer = {"%nExample:", "  events schema register orders --avro order.avsc --data ./data"})
    static final class Register extends BrokerCommand {
        @Mixin
        private Proposal proposal = new Proposal();

        @Option(
                names = "--compatibility",
                paramLabel = "MODE",
                description = "How the next version must fit: none, backward, forward, full, backward_transitive, "
                        + "forward_transitive, full_transitive. Default: backward.")
        private @Nullable String compatibility;

        @Option(names = "--owner", paramLabel = "NAME", description = "The team or service that answers for it.")
        private @Nullable String owner;

        @Override
        int run(Session session) {
            ObjectNode request = proposal.addTo(request("schema.register"));
            if (compatibility != null) {
                request.put("compatibility", compatibility);
            }
            if (owner != null) {
                request.put("owner", owner);
            }
            JsonNode made = session.call(request);
            output().object(made, terminal -> terminal.println(told(made)));
            return 0;
        }

        private String told(JsonNode made) {
            String version = "version " + made.path("version").asInt() + " (id "
                    + made.path("id").asInt() + ")";
            return switch (made.path("outcome").asString("")) {
                case "already_latest" -> "The schema of " + proposal.line + " is " + version + " already.";
                case "already_old" -> "The schema of " + proposal.line + " was " + version + "; a later one is in use.";
                default -> "The schema of " + proposal.line + " is " + version + " now.";
            };
        }
    }

    /** {@code events schema check}. */
    @Command(
            name = "check",
            description = "Says why a schema could not be registered; exit code 1 when it could not.",
            footer = {"%nExample:", "  events schema check orders --avro order.avsc --data ./data"})
    static final class Check extends BrokerCommand {
        @Mixin
        private Proposal proposal = new Proposal();

        @Override
        int run(Session session) {
            JsonNode answer = session.call(proposal.addTo(request("schema.check")));
            JsonNode differences = answer.path("differences");
            output().object(answer, terminal -> {
                differences.forEach(difference -> terminal.println(difference.asString()));
                if (differences.isEmpty()) {
                    terminal.println("It could be registered for " + proposal.line + ".");
                }
            });
            return differences.isEmpty() ? 0 : Failures.FAILED;
        }
    }

    /** {@code events schema list}. */
    @Command(name = "list", description = "Lists the latest version of each schema.")
    static final class ListAll extends BrokerCommand {
        @Override
        int run(Session session) {
            JsonNode answer = session.call(request("schema.list"));
            output().list((ArrayNode) answer.path("schemas"), columns());
            return 0;
        }
    }

    private static Columns columns() {
        return Columns.none()
                .text("topic")
                .text("type")
                .number("version")
                .number("id")
                .text("format")
                .text("compatibility")
                .text("owner")
                .text("registered");
    }

    /** {@code events schema show}. */
    @Command(
            name = "show",
            description = "Shows a topic's schema: its definition, or a list of its versions.",
            footer = {"%nExample:", "  events schema show orders --data ./data"})
    static final class Show extends BrokerCommand {
        @Mixin
        private Line line = new Line();

        @Option(names = "--version-number", paramLabel = "N", description = "This version. Default: the latest.")
        private @Nullable Integer number;

        @Option(names = "--versions", description = "List all versions instead.")
        private boolean versions;

        @Override
        int run(Session session) {
            ArrayNode all = (ArrayNode)
                    session.call(line.addTo(request("schema.versions"))).path("schemas");
            if (versions) {
                output().list(all, columns());
                return 0;
            }
            for (int n = all.size() - 1; n >= 0; n--) {
                JsonNode schema = all.get(n);
                if (number == null || number == schema.path("version").asInt()) {
                    output().object(
                                    schema,
                                    terminal -> terminal.println(
                                            schema.path("definition").asString()));
                    return 0;
                }
            }
            throw new Failures.FailedException(
                    "There is no such schema",
                    "the schema of " + line + " has " + all.size() + " versions"
                            + (number == null ? "" : ", and none is " + number),
                    "Look at events schema list");
        }
    }
}
