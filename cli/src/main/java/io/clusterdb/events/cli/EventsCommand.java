package io.clusterdb.events.cli;

import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The root of the command, with the options that all others share. */
@Command(
        name = "events",
        scope = ScopeType.INHERIT,
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Looks at and works with the events of a broker, whether an application has it open or not.",
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%nParameters:%n",
        commandListHeading = "%nCommands:%n",
        abbreviateSynopsis = true,
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n")
final class EventsCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            scope = ScopeType.INHERIT,
            paramLabel = "FILE",
            description =
                    "The configuration. Without -c and --data: what EVENTS_CONFIG or EVENTS_DATA names, or the file "
                            + "events.yaml here.")
    private @Nullable Path config;

    @Option(
            names = "--data",
            scope = ScopeType.INHERIT,
            paramLabel = "DIR",
            description = "The folder of the events, instead of a configuration.")
    private @Nullable Path data;

    @Option(
            names = {"-o", "--output"},
            scope = ScopeType.INHERIT,
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "${COMPLETION-CANDIDATES}. Default: table.")
    private OutputFormat format = OutputFormat.TABLE;

    @Option(
            names = {"-y", "--yes"},
            scope = ScopeType.INHERIT,
            description = "Do what deletes without asking.")
    private boolean yes;

    @Option(
            names = "--no-color",
            scope = ScopeType.INHERIT,
            description = "Plain text. So does NO_COLOR in the environment.")
    void withoutColor(boolean wanted) {
        if (wanted) {
            terminal.withoutColor();
        }
    }

    EventsCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Alone, it only tells what there is. */
    @Override
    public Integer call() {
        terminal.error(Objects.requireNonNull(spec).commandLine().getUsageMessage());
        return Failures.USED_WRONGLY;
    }

    Terminal terminal() {
        return terminal;
    }

    Output output() {
        return new Output(terminal, format);
    }

    OutputFormat format() {
        return format;
    }

    boolean yes() {
        return yes;
    }

    /** The folder that the user names here; null = none. */
    @Nullable
    Path data() {
        return data;
    }

    /** The configuration that the user names here; null = none. */
    @Nullable
    Path config() {
        return config;
    }

    /** Where the events are, as the user says. */
    Place place(CommandSpec asking) {
        if (config != null && data != null) {
            throw new ParameterException(asking.commandLine(), "-c and --data exclude each other");
        }
        return Place.of(asking, config, data);
    }
}
