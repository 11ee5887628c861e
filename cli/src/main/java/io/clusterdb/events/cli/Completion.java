package io.clusterdb.events.cli;

import io.clusterdb.events.control.Control;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import tools.jackson.databind.node.ObjectNode;

/** What may stand at the end of a line that is being typed: the answer to a shell. */
final class Completion {
    private static final Logger LOG = LoggerFactory.getLogger(Completion.class);

    /** The word with which the scripts of {@code events completion} ask. Behind it come the words, the last one begun. */
    static final String ASKED = "__complete";

    /** What is asked for the names that a parameter of this label takes. */
    private static final Map<String, String> NAMES =
            Map.of("TOPIC", "topic", "GROUP", "group", "STORE", "store", "PROJECTION", "projection");

    private final Map<String, String> options = new HashMap<>();
    private CommandSpec command;
    private @Nullable OptionSpec valueOf;
    private int positionals;

    private Completion(CommandSpec root) {
        this.command = root;
    }

    /** Answers a shell, a candidate a line. It never fails: where nothing is known, there is nothing to say. */
    static void answer(Terminal terminal, String... asked) {
        List<String> words = Stream.of(asked).filter(word -> !word.equals("=")).toList(); // bash parts --data=x there
        String begun = words.isEmpty() ? "" : words.getLast();
        List<String> before = words.isEmpty() ? words : words.subList(0, words.size() - 1);
        CommandLine line = Main.line(terminal, before.toArray(String[]::new));
        Completion completion = new Completion(line.getCommandSpec());
        before.forEach(completion::read);
        completion.candidates(begun).stream()
                .filter(candidate -> candidate.startsWith(begun))
                .sorted()
                .distinct()
                .forEach(terminal::println);
    }

    private void read(String word) {
        OptionSpec waiting = valueOf;
        CommandLine below = command.subcommands().get(word);
        if (waiting != null) {
            Arrays.stream(waiting.names()).forEach(name -> options.put(name, word));
            valueOf = null;
        } else if (word.startsWith("-")) {
            OptionSpec option = command.findOption(word);
            valueOf = option != null && option.arity().max() > 0 ? option : null;
        } else if (below != null) {
            command = below.getCommandSpec();
        } else {
            positionals++;
        }
    }

    private List<String> candidates(String begun) {
        OptionSpec option = valueOf;
        if (option != null) {
            return values(option);
        }
        if (begun.startsWith("-")) {
            return command.options().stream()
                    .filter(each -> !each.hidden())
                    .flatMap(each -> Stream.of(each.names()))
                    .toList();
        }
        List<String> all = new ArrayList<>(command.subcommands().keySet());
        for (PositionalParamSpec parameter : command.positionalParameters()) {
            if (parameter.index().contains(positionals)) {
                all.addAll(values(parameter));
            }
        }
        return all;
    }

    private List<String> values(ArgSpec argument) {
        if (argument.type().isEnum()) {
            return Stream.of(argument.type().getEnumConstants())
                    .map(value -> ((Enum<?>) value).name().toLowerCase(Locale.ROOT))
                    .toList();
        }
        String kind = NAMES.get(argument.paramLabel());
        return kind == null ? List.of() : names(kind);
    }

    /** Of what is in the folder, whoever has it. */
    private List<String> names(String kind) {
        try (Session session = Session.open(place(), false, new Terminal())) {
            ObjectNode request = Control.request(kind + ".list");
            String store = options.get("--store");
            return session.call(store == null ? request : request.put("store", store))
                    .path(kind + "s")
                    .valueStream()
                    .map(one -> one.path("name").asString())
                    .toList();
        } catch (RuntimeException e) {
            LOG.debug("Nothing is suggested", e); // a line that is not finished need not be right
            return List.of();
        }
    }

    private Place place() {
        return Place.of(command, path("--config"), path("--data"));
    }

    private @Nullable Path path(String option) {
        String value = options.get(option);
        return value == null ? null : Path.of(value);
    }
}
