package io.clusterdb.events.cli;

import io.clusterdb.events.Aggregate;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DeadLetter;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.EventStream;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.ProjectionStatus;
import io.clusterdb.events.Published;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.Snapshot;
import io.clusterdb.events.Store;
import io.clusterdb.events.StoredEvent;
import io.clusterdb.events.Topic;
import io.clusterdb.events.cli.DemoStore.Tally;
import io.clusterdb.events.cli.Failures.FailedException;
import io.clusterdb.events.cli.Quakes.Quake;
import io.clusterdb.events.cli.Quakes.Verdict;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code events demo}. */
@Command(
        name = "demo",
        description = {
            "Shows on real data what is promised: a week of earthquakes is published, and the strong ones are handled "
                    + "by a process that fails, is killed, and resumes. Beside, all become events of aggregates and documents "
                    + "of a projection. What comes out is compared with the file."
        },
        footer = {
            "%nWithout --data it works in a temporary folder, which it deletes. With --data the folder must be empty or",
            "not there yet; it stays, for you to look at.",
            "%nExamples:",
            "  events demo",
            "  events demo --data ./quakes"
        })
final class DemoCommand implements Callable<Integer> {
    private static final int STEPS = 6;
    private static final int PARTITIONS = 4;
    private static final int DIFFERENCES_SHOWN = 20;
    private static final int BAR = 40;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String NETWORK = "ci"; // the busiest
    private static final String MADE_UP = "made-up-1";

    /** What a quake must look like to get into the log. */
    private static final String SCHEMA = """
            {"$schema": "https://json-schema.org/draft/2020-12/schema",
             "type": "object",
             "properties": {
               "id": {"type": "string", "minLength": 1},
               "time": {"type": "string", "format": "date-time"},
               "network": {"type": "string"},
               "place": {"type": "string"},
               "magnitude": {"type": "number", "minimum": -2, "maximum": 10},
               "longitude": {"type": "number", "minimum": -180, "maximum": 180},
               "latitude": {"type": "number", "minimum": -90, "maximum": 90},
               "depth_km": {"type": "number"},
               "updated": {"type": "string", "format": "date-time"},
               "type": {"type": "string"},
               "status": {"type": "string"},
               "magnitude_type": {"type": "string"}},
             "required": ["id", "time", "network", "place", "magnitude"]}""";

    private static final BigDecimal LEAST = new BigDecimal(DemoHandler.LEAST_MAGNITUDE);

    @Spec
    private @Nullable CommandSpec spec;

    private int step;

    @Override
    public Integer call() {
        EventsCommand root = root();
        if (root.config() != null || root.format() != OutputFormat.TABLE) {
            throw new ParameterException(
                    Objects.requireNonNull(spec).commandLine(), "of the shared options, demo only takes --data");
        }
        try (WorkFolder folder = WorkFolder.of(root.data(), terminal())) {
            folder.requireEmpty("The demo");
            return run(folder);
        }
    }

    private EventsCommand root() {
        return (EventsCommand) Objects.requireNonNull(spec).root().userObject();
    }

    private Terminal terminal() {
        return root().terminal();
    }

    private int run(WorkFolder folder) {
        Quakes all = Quakes.read(Quakes.file());
        Quakes strong = all.from(LEAST);
        publish(folder, all);
        Found killed = handleAndBeKilled(folder, strong);
        Found resumed = resume(folder, strong, killed);
        Found replayed = replay(folder, strong, resumed);
        DemoStore.Outcome stored = changeProjection(folder);
        String result = verify(all, strong, replayed, resumed.redeliveries(), stored);
        if (!folder.isTemporary()) {
            invite(folder);
        }
        terminal().println("\n" + terminal().bold(result));
        return 0;
    }

    // --- the steps

    private void publish(WorkFolder folder, Quakes all) {
        step("Publish " + Human.count(all.all().size(), "earthquake")
                + " of a week, as the file has them: newest first");
        try (Events events = open(folder)) {
            events.createTopic(Topic.named(DemoHandler.QUAKES)
                    .partitions(PARTITIONS)
                    .schema(Schema.jsonSchema(SCHEMA, SchemaCompatibility.BACKWARD)));
            events.createTopic(Topic.named(DemoHandler.STRONG));
            events.createConsumerGroup(ConsumerGroup.of(DemoHandler.GROUP, DemoHandler.QUAKES));
            long begun = System.nanoTime();
            List<CompletableFuture<Published>> answers = DemoHandler.rows().stream()
                    .map(row -> events.publishAsync(DemoHandler.QUAKES, event(row)))
                    .toList();
            answers.forEach(CompletableFuture::join);
            say(Human.count(answers.size(), "event") + ", each with the quake's own id and time, durable after "
                    + (System.nanoTime() - begun) / 1_000_000 + " ms");
            RejectedException refused = refuse(events);
            say("1 refused, a row that is made up:");
            say(refused.problem().why());
        }
    }

    /** Publishes a row that must not get into the log, and so must not come out again. */
    private static RejectedException refuse(Events events) {
        ObjectNode row = JsonNodeFactory.instance
                .objectNode()
                .put("id", MADE_UP)
                .put("time", "2018-02-07T02:00:00Z")
                .put("network", "zz")
                .put("place", "nowhere")
                .put("magnitude", "strong");
        try {
            Published published = events.publish(DemoHandler.QUAKES, event(row));
            throw new FailedException(
                    "A row was published that does not fit the schema",
                    published + " has the magnitude " + row.path("magnitude"),
                    "Run it with --data, and report it with that folder");
        } catch (RejectedException e) {
            if (e.code() != ErrorCode.SCHEMA_VIOLATION) {
                throw e;
            }
            return e;
        }
    }

    private static Event event(JsonNode row) {
        return Event.of("quake.measured", row)
                .withId(row.path("id").asString())
                .withTime(Instant.parse(row.path("time").asString()))
                .withKey(row.path("id").asString());
    }

    private Found handleAndBeKilled(WorkFolder folder, Quakes strong) {
        int expected = strong.all().size();
        step("Handle those of magnitude " + LEAST + " or more, " + DemoHandler.CONCURRENCY
                + " at a time, in a process of its own");
        DemoProcess process = folder.use(DemoProcess.start(folder.path()));
        say("process " + process.pid() + " reports each of the " + expected + " exactly once: one transaction publishes"
                + " the report and answers the event");
        process.killAfter(expected / 2, watcher(expected, 0));
        Found found = look(folder);
        int handled = found.reports().size();
        if (handled == 0 || handled >= expected) {
            throw new FailedException(
                    "The process was not killed in the middle",
                    handled + " of " + expected + " quakes were reported when it died",
                    "Run it again");
        }
        say("beside, it stores all quakes as events of aggregates, the networks, and projects them on regions");
        say("killed with SIGKILL: " + handled + " of " + expected + " are reported, the others are not; "
                + found.stored() + " are stored, " + found.projected() + " in the projection");
        return found;
    }

    private Found resume(WorkFolder folder, Quakes strong, Found before) {
        step("Start it again: it resumes where the other one died");
        DemoProcess process = folder.use(DemoProcess.start(folder.path()));
        process.finish(watcher(strong.all().size(), before.reports().size()));
        Found found = look(folder);
        if (found.deadLetters().isEmpty()) {
            throw new FailedException(
                    "No event became a dead letter",
                    "some events of the demo fail each time, but none was given up",
                    "Run it with --data, and report it with that folder");
        }
        DeadLetter one = found.deadLetters().getFirst();
        say("process " + process.pid() + " has reported "
                + (found.reports().size() - before.reports().size()) + " more; "
                + Human.count(process.failed(), "handling") + " failed and came again after a short wait");
        say("the store has gone on with event " + (before.stored() + 1) + " up to "
                + found.stored() + ", its projection with " + (before.projected() + 1)
                + ", in which the last append was awaited");
        say(Human.count(found.deadLetters().size(), "event") + " failed " + one.attempts()
                + " times and are dead letters now, such as " + one.event().id() + ": " + one.message());
        return found;
    }

    private Found replay(WorkFolder folder, Quakes strong, Found before) {
        step("Mend the fault, and replay the dead letters");
        long replayed;
        try (Events events = open(folder)) {
            replayed = events.deadLetters().replay(DemoHandler.GROUP, null, Long.MAX_VALUE, false);
        }
        DemoProcess process = folder.use(DemoProcess.start(folder.path(), "mended"));
        process.finish(watcher(strong.all().size(), before.reports().size()));
        Found found = look(folder);
        say(Human.count(replayed, "dead letter") + " replayed, "
                + found.deadLetters().size() + " left; process " + process.pid() + " has reported "
                + (found.reports().size() - before.reports().size()) + " more");
        return found;
    }

    private DemoStore.Outcome changeProjection(WorkFolder folder) {
        step("Load aggregates from their snapshots, and change the projection: version 2 knows that CA is California");
        try (Events events = open(folder)) {
            Store store = events.store();
            EventStream stream = store.getEventStream(NETWORK).withSnapshot();
            long snapshot = stream.snapshot().map(Snapshot::version).orElse(0L);
            Aggregate<Tally> loaded = store.loadAggregate(DemoStore.NETWORK, NETWORK);
            say("network " + NETWORK + " is loaded at version " + loaded.version() + " from its snapshot of version "
                    + snapshot + ": " + told(loaded.state()));
            DemoStore.Outcome outcome = DemoStore.rebuild(store);
            say("version 1 answers while version 2 is built beside it: CA had "
                    + told(outcome.first().get("CA")));
            say("version 2 answers now: California had " + told(outcome.second().get("California")));
            return outcome;
        }
    }

    private static String told(@Nullable Tally tally) {
        return tally == null ? "nothing" : Human.count(tally.quakes(), "quake") + ", up to M " + tally.strongest();
    }

    /** The last line of a demo that went as it must. */
    private String verify(Quakes all, Quakes strong, Found found, int redelivered, DemoStore.Outcome stored) {
        step("Compare what came out with the file");
        List<String> differences = stored.differences(all);
        Verdict published = all.compare(quakes(found.quakes()));
        Verdict reported = strong.compare(quakes(found.reports()));
        differences.addAll(published.differences());
        differences.addAll(reported.differences());
        if (redelivered == 0) {
            differences.add("no event was delivered again, though handlings failed and a process was killed");
        }
        if (!differences.isEmpty()) {
            throw wrong(reported, differences);
        }
        say(stored.networks().size() + " aggregates, " + stored.first().size() + " documents of version 1 and "
                + stored.second().size() + " of version 2 say what the file says");
        draw(new Quakes(quakes(found.reports())));
        return "verified: " + Human.count(reported.expected(), "event") + ", " + reported.lost() + " lost, "
                + reported.duplicated() + " duplicated, " + redelivered + " redelivered";
    }

    private FailedException wrong(Verdict reported, List<String> differences) {
        terminal().flush();
        differences.stream().limit(DIFFERENCES_SHOWN).forEach(terminal()::errorLine);
        return new FailedException(
                "What came out is not what must come out",
                reported.lost() + " lost, " + reported.duplicated() + " duplicated, "
                        + Human.count(differences.size(), "difference") + " in all; see above",
                "Report it, with the folder that --data names");
    }

    // --- what is in the folder

    /** What the folder holds while no process works in it. */
    private record Found(
            List<StoredEvent> quakes,
            List<StoredEvent> reports,
            List<DeadLetter> deadLetters,
            long stored,
            long projected) {
        /** Deliveries after the first, of events that were reported or given up. */
        int redeliveries() {
            return reports.stream().mapToInt(DemoCommand::attempts).sum()
                    - reports.size()
                    + deadLetters.stream().mapToInt(DeadLetter::attempts).sum()
                    - deadLetters.size();
        }
    }

    private static Events open(WorkFolder folder) {
        return folder.use(DemoHandler.open(folder.path()));
    }

    private static Found look(WorkFolder folder) {
        try (Events events = open(folder)) {
            return new Found(
                    read(events, DemoHandler.QUAKES),
                    read(events, DemoHandler.STRONG),
                    events.deadLetters().list(DemoHandler.GROUP, null, 0, Integer.MAX_VALUE),
                    events.store().all().lastPosition(),
                    events.store().projections().list().stream()
                            .mapToLong(ProjectionStatus::position)
                            .sum());
        }
    }

    private static List<StoredEvent> read(Events events, String topic) {
        List<StoredEvent> all = new ArrayList<>();
        try (EventReader reader = events.read(LogQuery.of(topic))) {
            while (!reader.isCaughtUp()) {
                reader.next(PATIENCE).ifPresent(all::add);
            }
        }
        return all;
    }

    private static List<Quake> quakes(List<StoredEvent> stored) {
        return stored.stream().map(s -> quake(s.event())).toList();
    }

    private static Quake quake(Event event) {
        JsonNode data = event.data();
        return new Quake(
                Objects.requireNonNull(event.id()),
                Objects.requireNonNull(event.time()),
                data.path("network").asString(),
                data.path("magnitude").decimalValue(),
                data.path("place").asString());
    }

    private static int attempts(StoredEvent report) {
        return Integer.parseInt(report.event().metadata().getOrDefault("attempt", "0"));
    }

    // --- what is shown

    private void step(String what) {
        step++;
        terminal().println((step == 1 ? "" : "\n") + terminal().bold(step + "/" + STEPS + "  " + what));
        terminal().flush();
    }

    private void say(String what) {
        terminal().println("     " + what);
        terminal().flush();
    }

    private DemoProcess.Watcher watcher(int total, int before) {
        Progress progress = new Progress(terminal(), total);
        return new DemoProcess.Watcher() {
            @Override
            public void handled(int count) {
                progress.show(before + count, count);
            }

            @Override
            public void ended() {
                progress.clear();
            }
        };
    }

    private void draw(Quakes quakes) {
        int most = quakes.byNetwork().values().iterator().next().size();
        say("network  reported, and the strongest");
        quakes.byNetwork().forEach((network, own) -> {
            Quake strongest = own.getFirst();
            for (Quake quake : own) {
                strongest = quake.magnitude().compareTo(strongest.magnitude()) > 0 ? quake : strongest;
            }
            String bar = "#".repeat(Math.max(1, BAR * own.size() / most));
            say(String.format(
                    "%-7s  %-" + BAR + "s %4d   M %s  %s",
                    network,
                    bar,
                    own.size(),
                    strongest.magnitude().toPlainString(),
                    strongest.place()));
        });
    }

    private void invite(WorkFolder folder) {
        String data = " --data " + folder.path();
        terminal().println("\nThe folder stays. Look at it:");
        say("./events topic status " + DemoHandler.QUAKES + data);
        say("./events consumer lag " + DemoHandler.GROUP + data);
        say("./events store load " + NETWORK + data);
        say("./events store projections list" + data);
        say("./events logs show --topic " + DemoHandler.STRONG + " --where 'data.magnitude >= 6.0'" + data);
    }
}
