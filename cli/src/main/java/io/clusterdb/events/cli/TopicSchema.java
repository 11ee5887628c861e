package io.clusterdb.events.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** The schema that a topic is given, as options. */
final class TopicSchema {
    @ArgGroup
    private SchemaCommand.@Nullable Definition definition;

    @Option(
            names = "--type",
            paramLabel = "EVENT_TYPE",
            description = "The events that the schema is for. Default: all that have no schema of their own.")
    private @Nullable String type;

    @Option(
            names = "--compatibility",
            paramLabel = "MODE",
            description = "How the next version of the schema must fit. Default: backward.")
    private @Nullable String compatibility;

    /** Adds it to the settings of a topic that a request has. */
    ObjectNode addTo(ObjectNode request, BrokerCommand command) {
        if (definition == null) {
            if (type != null || compatibility != null) {
                throw command.wrongUse("--type and --compatibility belong to a schema; give --avro or --json");
            }
            return request;
        }
        ObjectNode schema = definition.addTo(((ObjectNode) request.path("settings")).putObject("schema"));
        if (type != null) {
            schema.put("type", type);
        }
        if (compatibility != null) {
            schema.put("compatibility", compatibility);
        }
        return request;
    }
}
