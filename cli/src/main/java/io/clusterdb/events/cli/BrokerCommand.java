package io.clusterdb.events.cli;

import io.clusterdb.events.cli.Failures.FailedException;
import io.clusterdb.events.control.Control;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** A command that works with a broker. */
abstract class BrokerCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        try (Session session = Session.open(place(), createsFolder(), terminal())) {
            return run(session);
        }
    }

    /** Where the events are that it works with. */
    Place place() {
        return root().place(spec());
    }

    /** @return the exit code */
    abstract int run(Session session);

    /** Whether it makes a folder that is not there. */
    boolean createsFolder() {
        return false;
    }

    CommandSpec spec() {
        return Objects.requireNonNull(spec);
    }

    EventsCommand root() {
        return (EventsCommand) spec().root().userObject();
    }

    Terminal terminal() {
        return root().terminal();
    }

    Output output() {
        return root().output();
    }

    static ObjectNode request(String verb) {
        return Control.request(verb);
    }

    /** Shows the items of an answer, a row each. */
    void rows(Session session, ObjectNode request, Columns columns) {
        rows(session, request, columns, false);
    }

    /** @param live each is shown at once, as they come without an end */
    void rows(Session session, ObjectNode request, Columns columns, boolean live) {
        Output.Rows rows = output().rows(columns, live);
        session.call(request, (item, reply) -> {
            rows.add(item);
            return true;
        });
        rows.end();
    }

    /** Says what was done, where the format has a place for it. */
    void say(String text) {
        if (output().format() == OutputFormat.TABLE) {
            terminal().println(text);
        }
    }

    /** Refuses a use of the options that their own rules allow. */
    ParameterException wrongUse(String why) {
        return new ParameterException(spec().commandLine(), why);
    }

    /** Asks before something is deleted; where nobody can be asked, only {@code --yes} is an answer. */
    boolean confirmed(String question) {
        if (root().yes()) {
            return true;
        }
        if (!terminal().isInputTerminal()) {
            throw new FailedException(
                    "This can't be undone, and nobody can be asked",
                    question + " But the input is no terminal",
                    "Say it with --yes");
        }
        boolean yes = terminal().confirm(question);
        if (!yes) {
            terminal().errorLine("Nothing was done.");
        }
        return yes;
    }
}
