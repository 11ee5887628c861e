package io.clusterdb.events.cli;

import io.clusterdb.events.cli.Failures.FailedException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code events store}. */
@Command(name = "store", description = "Works with event stores: the events of aggregates, each with its versions.")
final class StoreCommand extends CommandGroup {
    private static final Columns EVENT = Columns.none()
            .number("position", 8)
            .text("AGGREGATE", 16, json -> Human.cell(json, "aggregateId"))
            .number("version", 7)
            .text("time", 24)
            .text("type", 16)
            .text("DATA", 0, json -> Human.cell(json, "data"));

    /** A command that works with one store. */
    abstract static class OfStore extends BrokerCommand {
        @Option(
                names = {"-s", "--store"},
                paramLabel = "STORE",
                description = "The store. Default: the only one there is.")
        private @Nullable String store;

        @Override
        Place place() {
            return super.place().forStores();
        }

        final ObjectNode ask(String verb) {
            ObjectNode request = request(verb);
            return store == null ? request : request.put("store", store);
        }
    }

    /** {@code events store create}. */
    @Command(
            name = "create",
            description = "Makes an event store in a folder. One that a configuration describes need not be made.",
            footer = {"%nExample:", "  events store create orders --data ./data"})
    static final class Create extends BrokerCommand {
        @Parameters(paramLabel = "NAME", description = "The name of the store.")
        private String name = "";

        @Override
        boolean createsFolder() {
            return true;
        }

        @Override
        int run(Session session) {
            JsonNode result = session.call(request("store.create").put("name", name));
            output().object(
                            result,
                            terminal -> terminal.println("Event store " + name
                                    + (result.path("created").asBoolean() ? " is created" : " exists already")));
            return 0;
        }
    }

    /** {@code events store list}. */
    @Command(name = "list", description = "Lists the event stores that are open.")
    static final class ListAll extends BrokerCommand {
        @Override
        Place place() {
            return super.place().forStores();
        }

        @Override
        int run(Session session) {
            output().list(
                            session.call(request("store.list")).path("stores"),
                            Columns.none()
                                    .text("name")
                                    .text("place")
                                    .number("events")
                                    .text("forward")
                                    .number("behind")
                                    .text("failure"));
            return 0;
        }
    }

    /** {@code events store append}. */
    @Command(
            name = "append",
            description = "Stores the events of a file: JSON objects, one a line.",
            footer = {
                "%nA line has aggregateType, aggregateId, type and data, and may have version, id, time, metadata and",
                "dataVersion. With a version it is only stored when the aggregate is at the one before; without, it gets",
                "the next one. An event that is stored already, with the same id, is not stored again.",
                "A line that can't be stored is reported; the rest goes on, and the exit code is 1. With --atomic all",
                "lines are stored, or none. The schemas that the store keeps are held to, with -c or without.",
                "%nExamples:",
                "  events store append events.ndjson --data ./data",
                "  events store append - --atomic --expect order-123=7 -c events.yaml < events.ndjson"
            })
    static final class Append extends OfStore {
        @Parameters(paramLabel = "FILE", description = "The file; - is standard input.")
        private String file = "";

        @Option(names = "--atomic", description = "All lines or none: at most 10,000.")
        private boolean atomic;

        @Option(
                names = "--expect",
                paramLabel = "AGGREGATE_ID=VERSION",
                description = "With --atomic: store only when that aggregate is at that version; none, exists, any.")
        private Map<String, String> expected = new TreeMap<>();

        @Option(
                names = "--strict",
                description = "Stop at the first line that can't be stored; slower, as each is waited for.")
        private boolean strict;

        /** As the application would that has this configuration; a folder alone could be a mistake. */
        @Override
        boolean createsFolder() {
            return !place().bare();
        }

        @Override
        int run(Session session) {
            if (!expected.isEmpty() && !atomic) {
                throw wrongUse("--expect needs --atomic, as it is a condition for all lines");
            }
            expected.forEach((aggregate, version) -> {
                if (!version.matches("none|exists|any|\\d{1,18}")) {
                    throw wrongUse("--expect " + aggregate + ": found " + version
                            + ", allowed are a version, none, exists and any");
                }
            });
            Upload upload = new Upload(session, terminal(), () -> ask("store.append"), Append::event, strict);
            try (Input input = new Input(file, terminal().in())) {
                Rows rows = new JsonRows(input.open());
                if (atomic) {
                    return together(session, rows);
                }
                upload.run(rows, input, new Progress(terminal(), input.size()));
            } catch (NoSuchFileException e) {
                throw new FailedException(
                        "The file " + file + " can't be read", "there is no such file", "Correct the path");
            } catch (IOException e) {
                throw new FailedException(
                        "The file " + file + " can't be read",
                        e + " (" + Human.count(upload.published(), "event") + " stored before)",
                        "Look at the file, and store what is left of it");
            }
            report(upload.published(), upload.failed());
            if (upload.failed() > 0) {
                terminal().flush();
                terminal()
                        .problem("Error: " + Human.count(upload.failed(), "line") + " could not be stored\n  Cause:    "
                                + upload.firstFailure() + "\n  Solution: Correct what is reported and store it again"
                                + (strict ? ", from that line on" : ": all other lines are stored"));
            }
            return upload.failed() == 0 ? 0 : Failures.FAILED;
        }

        private static JsonNode event(Row.Good row) {
            return row.data();
        }

        private int together(Session session, Rows rows) throws IOException {
            ObjectNode request = ask("store.append").put("atomic", true);
            ArrayNode events = request.putArray("events");
            for (Row row = rows.next(); row != null; row = rows.next()) {
                switch (row) {
                    case Row.Good good -> events.add(good.data());
                    case Row.Bad bad ->
                        throw new FailedException(
                                "Nothing is stored",
                                "line " + bad.line() + ": " + bad.why(),
                                "Correct the line, and store all of them");
                }
            }
            if (!expected.isEmpty()) {
                ObjectNode conditions = request.putObject("expect");
                expected.forEach(conditions::put);
            }
            report(session.call(request).path("stored").asLong(), 0);
            return 0;
        }

        private void report(long stored, long failed) {
            ObjectNode result = request("").without(List.of("verb"));
            result.put("stored", stored).put("failed", failed);
            output().object(result, terminal -> terminal.println(Human.count(stored, "event") + " stored"));
        }
    }

    /** {@code events store events}. */
    @Command(
            name = "events",
            description =
                    "Shows the events of an aggregate by their versions, or with --all those of all aggregates in "
                            + "the order of their positions.",
            footer = {
                "%nExamples:",
                "  events store events order-123 --data ./data --from 7",
                "  events store events order-123 --data ./data --backwards --limit 1 -o json",
                "  events store events --all --data ./data --type OrderPaid --where 'data.amount >= 1000'",
                "  events store events --all --data ./data --after 4711 --follow -o json | jq .data"
            })
    static final class Show extends OfStore {
        @Parameters(paramLabel = "AGGREGATE_ID", arity = "0..1", description = "The aggregate. Without one: --all.")
        private @Nullable String aggregate;

        @Option(names = "--all", description = "Those of all aggregates.")
        private boolean all;

        @Option(names = "--from", paramLabel = "VERSION", description = "Of an aggregate: begin there.")
        private @Nullable Long from;

        @Option(names = "--backwards", description = "Of an aggregate: the last one first.")
        private boolean backwards;

        @Option(names = "--after", paramLabel = "POSITION", description = "Of all: begin behind it.")
        private @Nullable Long after;

        @Option(names = "--type", paramLabel = "EVENT_TYPE", description = "Of all: only these; may be repeated.")
        private List<String> types = List.of();

        @Option(names = "--aggregate-type", paramLabel = "TYPE", description = "Of all: only theirs; may be repeated.")
        private List<String> aggregateTypes = List.of();

        @Option(
                names = "--where",
                paramLabel = "EXPR",
                description =
                        "Of all: only those for which this is true: CEL over id, type, source, subject, time, key, "
                                + "data, metadata, aggregateId, aggregateType, version, position.")
        private @Nullable String where;

        @Mixin
        private Reading reading = new Reading();

        @Override
        int run(Session session) {
            check();
            ObjectNode request = reading.addTo(all ? ofAll() : ofOne());
            rows(session, request, EVENT, reading.follows());
            return 0;
        }

        private void check() {
            if (all == (aggregate != null)) {
                throw wrongUse("give the id of an aggregate, or --all");
            }
            boolean narrowed = where != null || !types.isEmpty() || !aggregateTypes.isEmpty();
            if (!all && (narrowed || reading.follows() || after != null)) {
                throw wrongUse("--after, --type, --aggregate-type, --where and --follow go with --all");
            }
            if (all && (from != null || backwards)) {
                throw wrongUse("--from and --backwards go with the id of an aggregate");
            }
            if (from != null && from < 1) {
                throw wrongUse("--from: found " + from + ", versions begin at 1");
            }
            if (after != null && after < 0) {
                throw wrongUse("--after: found " + after + ", positions begin at 1, and 0 is before all");
            }
        }

        private ObjectNode ofOne() {
            ObjectNode request =
                    ask("store.events").put("aggregateId", aggregate).put("backwards", backwards);
            return from == null ? request : request.put("from", from);
        }

        private ObjectNode ofAll() {
            ObjectNode request = ask("store.all");
            types.forEach(request.putArray("types")::add);
            aggregateTypes.forEach(request.putArray("aggregateTypes")::add);
            if (after != null) {
                request.put("after", after);
            }
            return where == null ? request : request.put("where", where);
        }
    }

    /** {@code events store load}. */
    @Command(
            name = "load",
            description =
                    "Shows where an aggregate stands: its version, how many events of which types it has, and the "
                            + "states that were kept as snapshots.",
            footer = {
                "%nThe state is made by functions of the application, which the command does not have. --merge shows the",
                "fields of all its events' data instead, the newest of each.",
                "%nExample:",
                "  events store load order-123 --data ./data --merge"
            })
    static final class Load extends OfStore {
        @Parameters(paramLabel = "AGGREGATE_ID", description = "The aggregate.")
        private String aggregate = "";

        @Option(names = "--merge", description = "Show the newest value of each field of the events' data.")
        private boolean merge;

        @Override
        int run(Session session) {
            JsonNode found =
                    session.call(ask("store.load").put("aggregateId", aggregate).put("merge", merge));
            output().object(found, terminal -> print(terminal, found));
            return 0;
        }

        private static void print(Terminal terminal, JsonNode found) {
            terminal.println(Human.visible(Human.cell(found, "aggregateType") + " " + Human.cell(found, "aggregateId"))
                    + ", version " + Human.cell(found, "version"));
            terminal.println("first event  " + Human.cell(found, "first"));
            terminal.println("last event   " + Human.cell(found, "last"));
            found.path("events")
                    .forEachEntry((type, count) -> terminal.println("  " + Human.visible(type) + "  " + count));
            for (JsonNode snapshot : found.path("snapshots")) {
                terminal.println("snapshot of version " + Human.cell(snapshot, "version") + ", by fold "
                        + Human.cell(snapshot, "fold") + "\n" + Output.shown(snapshot.path("state")));
            }
            if (found.has("merged")) {
                terminal.println("the newest value of each field\n" + Output.shown(found.path("merged")));
            }
        }
    }

    /** {@code events store snapshot}. */
    @Command(
            name = "snapshot",
            description = "Lists the snapshots of an aggregate: one for each fold that has made one.",
            footer = {
                "%nTaking one needs the functions of the aggregate's type, which the application has and the command has",
                "not: the store takes them by itself, and createSnapshot at once. events store load shows the states.",
                "%nExample:",
                "  events store snapshot order-123 --data ./data"
            })
    static final class Snapshots extends OfStore {
        @Parameters(paramLabel = "AGGREGATE_ID", description = "The aggregate.")
        private String aggregate = "";

        @Override
        int run(Session session) {
            JsonNode found = session.call(ask("store.snapshots").put("aggregateId", aggregate));
            output().list(
                            found.path("snapshots"),
                            Columns.none().text("fold").number("version").number("bytes"));
            return 0;
        }
    }

    /** {@code events store schemas}. */
    @Command(
            name = "schemas",
            description = "Lists the schemas that a store keeps, all versions; of each type the last one is in force.",
            footer = {"%nExample:", "  events store schemas --data ./data -o json"})
    static final class Schemas extends OfStore {
        @Override
        int run(Session session) {
            output().list(
                            session.call(ask("store.schemas")).path("schemas"),
                            Columns.none()
                                    .text("type")
                                    .number("version")
                                    .text("format")
                                    .text("compatibility")
                                    .text("kept"));
            return 0;
        }
    }

    /** {@code events store streams}. */
    @Command(
            name = "streams",
            description = "Lists the aggregates that have events, by their ids.",
            footer = {"%nExample:", "  events store streams --data ./data --aggregate-type Order --limit 20"})
    static final class Streams extends OfStore {
        @Option(names = "--aggregate-type", paramLabel = "TYPE", description = "Only those of this type.")
        private @Nullable String type;

        @Option(names = "--after", paramLabel = "AGGREGATE_ID", description = "Begin behind this one.")
        private @Nullable String after;

        @Mixin
        private Limit limit = new Limit();

        @Override
        int run(Session session) {
            ObjectNode request = ask("store.streams");
            if (type != null) {
                request.put("aggregateType", type);
            }
            if (after != null) {
                request.put("after", after);
            }
            limit.addTo(request);
            Columns columns = Columns.none()
                    .text("AGGREGATE", 0, json -> Human.cell(json, "aggregateId"))
                    .text("TYPE", 0, json -> Human.cell(json, "aggregateType"))
                    .number("version");
            rows(session, request, columns);
            return 0;
        }
    }
}
