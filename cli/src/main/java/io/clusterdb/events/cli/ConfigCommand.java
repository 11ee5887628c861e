package io.clusterdb.events.cli;

import io.clusterdb.events.config.Configuration;
import io.clusterdb.events.control.Control;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** {@code events config}. */
@Command(name = "config", description = "Shows and checks configurations.")
final class ConfigCommand extends CommandGroup {
    /** {@code events config show}. */
    @Command(
            name = "show",
            description = "Shows the configuration that is in force, with every setting that a file can have: that of "
                    + "the process which has the folder, or else what the file says.")
    static final class Show implements Callable<Integer> {
        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() {
            CommandSpec self = Objects.requireNonNull(spec);
            EventsCommand root = (EventsCommand) self.root().userObject();
            Place place = root.place(self);
            JsonNode shown =
                    place.folder().flatMap(Control::owner).map(Show::ask).orElseGet(() -> read(place));
            root.output().object(structured(shown), terminal -> show(terminal, shown));
            return 0;
        }

        private static JsonNode ask(Control owner) {
            try (owner) {
                return owner.call(Control.request("config.show"));
            }
        }

        private static JsonNode read(Place place) {
            ObjectNode json = Control.request("").without(List.of("verb"));
            json.put("yaml", Configuration.yaml(place.components()));
            remarks(place).forEach(json.putArray("remarks")::add);
            return json;
        }

        /** The YAML as values, for formats that people do not read. */
        private static JsonNode structured(JsonNode shown) {
            ObjectNode json =
                    (ObjectNode) YAMLMapper.shared().readTree(shown.path("yaml").asString());
            json.set("remarks", shown.path("remarks"));
            if (shown.has("pid")) {
                json.set("pid", shown.path("pid"));
            }
            return json;
        }

        private static void show(Terminal terminal, JsonNode shown) {
            if (shown.has("pid")) {
                terminal.println("# in force in process " + shown.path("pid").asLong());
            }
            shown.path("remarks").forEach(remark -> terminal.println("# note: " + remark.asString()));
            terminal.print(shown.path("yaml").asString());
        }
    }

    private static List<String> remarks(Place place) {
        return place.broker().map(Configuration::remarks).orElse(List.of());
    }

    /** {@code events config check}. */
    @Command(
            name = "check",
            description = "Checks a configuration: every fault at once, with its line. Nothing is opened.",
            footer = {"%nExample:", "  events config check events.yaml"})
    static final class Check implements Callable<Integer> {
        @Spec
        private @Nullable CommandSpec spec;

        @Parameters(paramLabel = "FILE", arity = "0..1", description = "The file. Without one, as for all commands.")
        private @Nullable Path file;

        @Override
        public Integer call() {
            CommandSpec self = Objects.requireNonNull(spec);
            EventsCommand root = (EventsCommand) self.root().userObject();
            if (file == null) {
                Place place = root.place(self);
                report(root, place.name(), remarks(place));
                return 0;
            }
            Configuration configuration = Configuration.read(file);
            Optional<? extends RuntimeException> obstacle = configuration.obstacle();
            if (obstacle.isPresent()) {
                throw obstacle.get();
            }
            report(root, file.toString(), configuration.remarks());
            return 0;
        }

        private static void report(EventsCommand root, String name, List<String> remarks) {
            ObjectNode json = Control.request("").without(List.of("verb"));
            json.put("file", name);
            remarks.forEach(json.putArray("remarks")::add);
            root.output().object(json, terminal -> {
                terminal.println(name + " is right");
                remarks.forEach(remark -> terminal.println("  note: " + remark));
            });
        }
    }
}
