package io.clusterdb.events.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** How much of what there is a command shows, as an option. */
final class Limit {
    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "Stop after so many.")
    private @Nullable Long limit;

    ObjectNode addTo(ObjectNode request) {
        return limit == null ? request : request.put("limit", limit);
    }
}
