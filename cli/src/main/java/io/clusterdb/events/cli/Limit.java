package io.clusterdb.events.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** How much of what there is a command shows, as an option. */
final class Limit {
    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    private @Nullable Long limit;

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "Stop after so many.")
    void limit(long value) {
        if (value < 0) {
            throw new ParameterException(
                    Objects.requireNonNull(command).commandLine(),
                    "--limit: found " + value + ", allowed are whole numbers from 0");
        }
        limit = value;
    }

    ObjectNode addTo(ObjectNode request) {
        return limit == null ? request : request.put("limit", limit);
    }
}
