package io.clusterdb.events.cli;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that only holds others: alone, it tells which. */
abstract class CommandGroup implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        CommandSpec self = Objects.requireNonNull(spec);
        EventsCommand root = (EventsCommand) self.root().userObject();
        root.terminal().error(self.commandLine().getUsageMessage());
        return Failures.USED_WRONGLY;
    }
}
