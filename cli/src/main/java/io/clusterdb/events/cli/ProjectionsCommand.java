package io.clusterdb.events.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code events store projections}. */
@Command(
        name = "projections",
        description = "Works with the projections of an event store: the documents that programs make of its events.")
final class ProjectionsCommand extends CommandGroup {
    /** A command that works with one projection. */
    abstract static class OfProjection extends StoreCommand.OfStore {
        @Parameters(paramLabel = "PROJECTION", description = "The name of the projection.")
        String name = "";
    }

    /** {@code events store projections list}. */
    @Command(
            name = "list",
            description = "Lists the projections with how far each has come, whether a program runs them or not.",
            footer = {
                "%nPOSITION is the last event that is in the documents which answer, LAG how many events are behind it.",
                "BUILDING is the version that is being made beside them, and the last event that is in it.",
                "%nExample:",
                "  events store projections list --data ./data"
            })
    static final class ListAll extends StoreCommand.OfStore {
        private static final Columns PROJECTION = Columns.none()
                .text("name")
                .number("version")
                .number("position")
                .number("lag")
                .text("BUILDING", 0, ListAll::building)
                .number("skipped")
                .text("failure");

        private static String building(JsonNode projection) {
            return projection.has("building")
                    ? "version " + Human.cell(projection, "building") + ", at " + Human.cell(projection, "built_to")
                    : "";
        }

        @Override
        int run(Session session) {
            output().list(session.call(ask("projection.list")).path("projections"), PROJECTION);
            return 0;
        }
    }

    /** {@code events store projections rebuild}. */
    @Command(
            name = "rebuild",
            description = "Has a projection be built anew, beside the documents that answer until it has come as far.",
            footer = {
                "%nThe program that runs the projection does it: at once, or when it runs again. Without effects.",
                "%nExample:",
                "  events store projections rebuild customers --data ./data"
            })
    static final class Rebuild extends OfProjection {
        @Override
        int run(Session session) {
            JsonNode result = session.call(ask("projection.rebuild").put("name", name));
            output().object(
                            result,
                            terminal -> terminal.println(
                                    "Projection " + name + " is built anew by the program that runs it"));
            return 0;
        }
    }

    /** {@code events store projections skip}. */
    @Command(
            name = "skip",
            description = "Has a projection leave out an event that it stands still at, and go on.",
            footer = {
                "%nThe event's position is in the failure that events store projections list shows. A record of what was",
                "left out is kept; a rebuild comes to the event again.",
                "%nExample:",
                "  events store projections skip customers 4711 --data ./data"
            })
    static final class Skip extends OfProjection {
        @Parameters(paramLabel = "POSITION", description = "Of the event.")
        private long position;

        @Override
        int run(Session session) {
            JsonNode result =
                    session.call(ask("projection.skip").put("name", name).put("position", position));
            output().object(
                            result,
                            terminal ->
                                    terminal.println("Projection " + name + " leaves out the event at " + position));
            return 0;
        }
    }

    /** {@code events store projections skipped}. */
    @Command(
            name = "skipped",
            description = "Lists the events that a projection has left out, each with why.",
            footer = {"%nExample:", "  events store projections skipped customers --data ./data"})
    static final class Skipped extends OfProjection {
        @Override
        int run(Session session) {
            output().list(
                            session.call(ask("projection.skipped").put("name", name))
                                    .path("skipped"),
                            Columns.none().number("position").text("event").text("why"));
            return 0;
        }
    }
}
