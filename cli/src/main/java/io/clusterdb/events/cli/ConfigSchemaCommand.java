package io.clusterdb.events.cli;

import io.clusterdb.events.config.Configuration;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code events config schema}. */
@Command(
        name = "schema",
        description = "Prints a JSON Schema of configurations, with which an editor completes and checks them.",
        footer = {
            "%nExample:",
            "  events config schema > events.schema.json",
            "  # and as the first line of events.yaml:",
            "  # yaml-language-server: $schema=events.schema.json"
        })
final class ConfigSchemaCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        EventsCommand root = (EventsCommand) Objects.requireNonNull(spec).root().userObject();
        root.terminal().print(Configuration.schema());
        return 0;
    }
}
