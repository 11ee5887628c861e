package io.clusterdb.events.cli;

import io.clusterdb.events.Acks;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.cli.Failures.FailedException;
import io.clusterdb.events.rocksdb.RocksDb;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code events bench}. */
@Command(
        name = "bench",
        description = "Measures how fast events are published and read on this machine, with every byte checked.")
final class BenchCommand extends CommandGroup {
    /** What both have in common. */
    abstract static class Measurement implements Callable<Integer> {
        @Spec
        private @Nullable CommandSpec spec;

        @Mixin
        private BenchOptions options = new BenchOptions();

        @Override
        public Integer call() {
            options.check();
            check();
            try (WorkFolder folder = WorkFolder.of(root().data(), terminal())) {
                Bench bench = folder.use(Bench.open(place(folder), options));
                ObjectNode result = JsonNodeFactory.instance
                        .objectNode()
                        .put("workload", Objects.requireNonNull(spec).name())
                        .put("events", options.events())
                        .put("size", options.size())
                        .put("topics", options.topics())
                        .put("partitions", options.partitions())
                        .put("threads", options.threads())
                        .put("compression", options.compression())
                        .put("machine", machine());
                measure(bench, folder, result);
                report(result);
            }
            return 0;
        }

        abstract void measure(Bench bench, WorkFolder folder, ObjectNode result);

        /** Shows what was measured. */
        abstract void show(ObjectNode result);

        /** Refuses what its own options don't allow. */
        void check() {
            // All is allowed.
        }

        private EventsCommand root() {
            return (EventsCommand) Objects.requireNonNull(spec).root().userObject();
        }

        Terminal terminal() {
            return root().terminal();
        }

        BenchOptions options() {
            return options;
        }

        ParameterException wrongUse(String why) {
            return new ParameterException(Objects.requireNonNull(spec).commandLine(), why);
        }

        Progress progress(long total) {
            return new Progress(terminal(), total);
        }

        /** A folder that is only meant for other commands, by the environment or events.yaml, is left alone. */
        private Place place(WorkFolder folder) {
            Path config = root().config();
            if (config == null && folder.isTemporary()) {
                return new Place(
                        "the benchmark", List.of(EventBroker.named("bench").store(RocksDb.at(folder.path()))), true);
            }
            Place place = root().place(Objects.requireNonNull(spec));
            if (place.folder().isPresent()) {
                place.check(true);
            }
            return place;
        }

        private static String machine() {
            return Runtime.getRuntime().availableProcessors() + " cores, " + System.getProperty("os.name") + " "
                    + System.getProperty("os.arch") + ", Java "
                    + Runtime.version().feature();
        }

        private void report(ObjectNode result) {
            switch (root().format()) {
                case TABLE -> show(result);
                case JSON -> terminal().println(result.toString());
                case YAML -> root().output().object(result, terminal -> {});
            }
        }

        /** How much and how fast. */
        void addSpeed(ObjectNode result, long nanos) {
            double seconds = nanos / 1e9;
            result.put("seconds", rounded(seconds))
                    .put("events_per_second", Math.round(options.events() / seconds))
                    .put("mb_per_second", rounded(options.events() * (double) options.size() / 1e6 / seconds));
        }

        /** @throws FailedException when not all that was published came back as it was */
        void requireAll(Bench bench, long expected) {
            String faults = bench.payload().faults(expected);
            if (!faults.isEmpty()) {
                throw new FailedException(
                        "What came back is not what was published",
                        faults + ", of " + expected + " events",
                        "Run it again with --data and --keep, and report it with that folder");
            }
        }

        void line(String name, String text) {
            terminal().println(String.format("%-12s %s", name, text));
        }

        void showSpeed(ObjectNode result) {
            line(
                    "throughput",
                    String.format(
                            "%,d events/s, %s MB/s of data, in %s s",
                            result.path("events_per_second").asLong(),
                            result.path("mb_per_second").asString(),
                            result.path("seconds").asString()));
        }

        String workload(ObjectNode result) {
            return String.format(
                    "%,d events of %s bytes, %s, %s each, compression %s",
                    options.events(),
                    options.size(),
                    Human.count(options.topics(), "topic"),
                    Human.count(options.partitions(), "partition"),
                    options.compression());
        }
    }

    private static double rounded(double value) {
        return Math.round(value * 1_000) / 1_000.0;
    }

    /** {@code events bench publish}. */
    @Command(
            name = "publish",
            description = "Measures publishing: throughput, latency, what is stored, and how events share a sync.",
            footer = {
                "%nWithout --data and -c it works in a temporary folder, which it deletes; with them it makes topics of",
                "its own, named bench-..., and deletes those. Afterwards everything is read back and checked.",
                "%nWith --rate each event has a time to be published at, and its latency counts from that time, so",
                "that a stall counts for all it makes late. Without, latency counts from the call.",
                "%nExamples:",
                "  events bench publish",
                "  events bench publish --sync --events 2000",
                "  events bench publish --rate 20000 --acks leader --size 100 -o json"
            })
    static final class Publish extends Measurement {
        @Option(
                names = "--acks",
                paramLabel = "ACKS",
                description = "When publishing is answered: none, leader, or all (the default).")
        private Acks acks = Acks.ALL;

        @Option(names = "--sync", description = "Each thread waits for the answer to an event before the next one.")
        private boolean sync;

        @Option(
                names = "--rate",
                paramLabel = "N",
                description = "Events a second, over all threads. Default: as fast as they go.")
        private double rate;

        @Override
        void check() {
            if (rate < 0 || Double.isNaN(rate)) {
                throw wrongUse("a rate is above 0, found " + rate);
            }
        }

        @Override
        void measure(Bench bench, WorkFolder folder, ObjectNode result) {
            BenchLoad load = new BenchLoad(
                    bench.events(),
                    bench.topics(),
                    bench.payload(),
                    options().producer(acks),
                    options().threads(),
                    sync,
                    rate);
            long warmup = options().warmup();
            load.publish(0, warmup, progress(warmup));
            bench.awaitStored(warmup);
            long before = bench.storedBytes();
            try (DiskActivity disk = DiskActivity.record()) {
                long begun = System.nanoTime();
                BenchLoad.Result published = load.publish(
                        warmup, options().events(), progress(options().events()));
                bench.awaitStored(warmup + options().events());
                long nanos = acks == Acks.NONE ? System.nanoTime() - begun : published.nanos();
                result.put("acks", acks.name().toLowerCase(Locale.ROOT))
                        .put("sync", sync)
                        .put("rate", rate)
                        .put("durability", durability());
                addSpeed(result, nanos);
                addLatency(result.putObject("latency_us"), published.latency());
                addDisk(result, disk.stop());
            }
            result.put("topic_bytes", bench.storedBytes() - before);
            bench.replay(1, progress(warmup + options().events()));
            requireAll(bench, warmup + options().events());
            result.put("verified", true);
        }

        private String durability() {
            return switch (acks) {
                case NONE -> "answered at once: what the process holds is lost when it dies";
                case LEADER ->
                    "answered when in the operating system: survives the death of the process; synced within a second";
                case ALL -> "answered after fdatasync: survives the loss of power; events that wait together share one";
            };
        }

        private void addLatency(ObjectNode json, Histogram latency) {
            json.put("from", rate > 0 ? "intended time" : "call");
            for (double percentile : new double[] {50, 90, 99, 99.9}) {
                String name = "p" + (percentile == 99.9 ? "99.9" : String.valueOf((int) percentile));
                json.put(name, latency.getValueAtPercentile(percentile) / 1_000);
            }
            json.put("max", latency.getMaxValue() / 1_000);
        }

        private void addDisk(ObjectNode result, DiskActivity.Figures disk) {
            result.put("syncs", disk.syncs());
            if (disk.syncs() > 0) {
                result.put("events_per_sync", rounded(options().events() / (double) disk.syncs()))
                        .put("sync_us", disk.nanos() / disk.syncs() / 1_000);
            }
        }

        @Override
        void show(ObjectNode result) {
            terminal()
                    .println(workload(result) + ", acks " + result.path("acks").asString() + "\n");
            line("durability", result.path("durability").asString());
            showSpeed(result);
            StringBuilder latency = new StringBuilder();
            result.path("latency_us").forEachEntry((name, value) -> {
                if (value.isNumber()) {
                    latency.append(name)
                            .append(' ')
                            .append(micros(value.asLong()))
                            .append("  ");
                }
            });
            line(
                    "latency",
                    latency + "from the "
                            + result.path("latency_us").path("from").asString());
            line("group", group(result));
            long bytes = result.path("topic_bytes").asLong();
            line(
                    "stored",
                    Human.bytes(bytes) + ", "
                            + String.format("%.2f", bytes / (double) options().events()) + " bytes an event");
            line("checked", "everything is read back, each event once, every byte by its checksum (CRC-32C)");
        }

        private static String group(ObjectNode result) {
            long syncs = result.path("syncs").asLong();
            return syncs == 0
                    ? "no fdatasync of a journal was seen"
                    : String.format(
                            "%,.1f events an fdatasync (%,d of %s)",
                            result.path("events_per_sync").asDouble(),
                            syncs,
                            micros(result.path("sync_us").asLong()));
        }

        private static String micros(long micros) {
            return micros < 1_000 ? micros + " us" : String.format("%.1f ms", micros / 1_000.0);
        }
    }

    /** {@code events bench consume}. */
    @Command(
            name = "consume",
            description = "Measures reading: a replay, or a consumer group whose handler answers each event.",
            footer = {
                "%nIt publishes the events before, which is not measured; they are then read from where they are, which",
                "is mostly the operating system's memory. Folders and topics are as with bench publish.",
                "%nExamples:",
                "  events bench consume",
                "  events bench consume --group --concurrency 10 --size 100"
            })
    static final class Consume extends Measurement {
        @Option(names = "--group", description = "Have a handler take them; it ends when all are answered.")
        private boolean group;

        @Option(names = "--concurrency", paramLabel = "N", description = "Handlers at a time. Default: 10.")
        private int concurrency = 10;

        @Override
        void measure(Bench bench, WorkFolder folder, ObjectNode result) {
            new BenchLoad(
                            bench.events(),
                            bench.topics(),
                            bench.payload(),
                            options().producer(Acks.LEADER),
                            1,
                            false,
                            0)
                    .publish(0, options().events(), progress(options().events()));
            Progress progress = progress(options().events());
            long nanos = group
                    ? bench.handle(concurrency, progress)
                    : bench.replay(options().threads(), progress);
            result.put("group", group);
            if (group) {
                result.put("concurrency", concurrency);
            }
            addSpeed(result, nanos);
            result.put("topic_bytes", bench.storedBytes());
            requireAll(bench, options().events());
            result.put("verified", true);
        }

        @Override
        void show(ObjectNode result) {
            terminal().println(workload(result) + "\n");
            line(
                    "reading",
                    group
                            ? "a consumer group: " + Human.count(concurrency, "handler")
                                    + " at a time, each event answered"
                            : "a replay of the log, with "
                                    + Human.count(options().threads(), "thread"));
            showSpeed(result);
            line("checked", "each event once, every byte by its checksum (CRC-32C)");
        }
    }
}
