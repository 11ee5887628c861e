package io.clusterdb.events.cli;

import io.clusterdb.events.EventsException;
import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** What people see when a command fails: an error, its cause, and what to do; never a stack trace, unless asked for. */
final class Failures {
    static final int FAILED = 1;
    static final int USED_WRONGLY = 2;

    private final Terminal terminal;

    Failures(Terminal terminal) {
        this.terminal = terminal;
    }

    /** A command that can't be understood. */
    int usage(ParameterException e, String[] arguments) {
        CommandLine command = e.getCommandLine();
        String cause = String.valueOf(e.getMessage()).replace("\n", " ");
        String guess = suggestion(e);
        terminal.problem("Error: The command can't be understood\n  Cause:    " + cause + guess
                + "\n  Solution: "
                + command.getCommandSpec().qualifiedName() + " --help shows what is allowed");
        return USED_WRONGLY;
    }

    private static String suggestion(ParameterException e) {
        if (e instanceof UnmatchedArgumentException unmatched) {
            return unmatched.getSuggestions().isEmpty()
                    ? ""
                    : "; did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?";
        }
        return "";
    }

    /** A command that could not do what it should. */
    int execution(Exception e, CommandLine line, ParseResult parsed) {
        if (e instanceof Terminal.ClosedOutputException) {
            return 0; // whoever reads has seen enough, as head has
        }
        terminal.flushQuietly();
        if (e instanceof EventsException known) {
            terminal.problem(known.problem().toString());
        } else if (e instanceof FailedException failed) {
            terminal.problem(String.valueOf(failed.getMessage()));
        } else {
            terminal.problem("Error: The command failed in a way it should not\n  Cause:    " + e
                    + "\n  Solution: Set EVENTS_DEBUG=1 and report what it prints then");
        }
        if (System.getenv("EVENTS_DEBUG") != null) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace, true));
            terminal.errorLine(trace.toString());
        }
        return FAILED;
    }

    /** A failure of the command itself, in the shape of all problems. */
    static final class FailedException extends RuntimeException {
        FailedException(String what, String why, String remedy) {
            super("Error: " + what + "\n  Cause:    " + why + "\n  Solution: " + remedy);
        }
    }
}
