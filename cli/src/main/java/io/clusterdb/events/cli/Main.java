package io.clusterdb.events.cli;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.config.Durations;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** The command {@code events}: {@code events --help} tells what it can do. */
public final class Main {
    private Main() {}

    /** Runs the command and ends the process: 0 = done, 1 = failed, 2 = used wrongly. */
    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ROOT);
        Terminal terminal = new Terminal();
        int exit = run(terminal, arguments);
        terminal.flushQuietly();
        System.exit(exit == 0 && terminal.isBroken() ? Failures.FAILED : exit);
    }

    private static int run(Terminal terminal, String... arguments) {
        if (arguments.length > 0 && arguments[0].equals(Completion.ASKED)) {
            Completion.answer(terminal, Arrays.copyOfRange(arguments, 1, arguments.length));
            return 0;
        }
        return line(terminal, arguments).execute(arguments);
    }

    /** The command that these arguments are for. */
    static CommandLine line(Terminal terminal, String... arguments) {
        CommandLine line = Grammar.line(terminal, arguments);
        line.registerConverter(ByteSize.class, Main::size);
        line.registerConverter(Duration.class, Main::duration);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(false);
        line.setUsageHelpWidth(100);
        line.setAbbreviatedSubcommandsAllowed(false);
        Failures failures = new Failures(terminal);
        line.setParameterExceptionHandler(failures::usage);
        line.setExecutionExceptionHandler(failures::execution);
        CommandLine.Help.Ansi ansi = terminal.hasColor() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF;
        line.setColorScheme(CommandLine.Help.defaultColorScheme(ansi));
        return line;
    }

    private static ByteSize size(String text) {
        try {
            return ByteSize.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    private static Duration duration(String text) {
        return Durations.parse(text)
                .orElseThrow(() -> new TypeConversionException("found '" + text + "', wanted " + Durations.ALLOWED));
    }
}
