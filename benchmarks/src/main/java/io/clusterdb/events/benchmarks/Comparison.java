package io.clusterdb.events.benchmarks;

import io.clusterdb.events.kafka.KafkaNode;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs workloads: each subject in processes of its own, their rounds in turn, so that whatever else the machine does
 * meets them all alike. Writes {@code results/WORKLOAD.json}.
 *
 * <p>Arguments: {@code --rounds N} and names of workloads; none means all.
 */
public final class Comparison {
    private static final Path RESULTS = Path.of("results");
    private static final Path WORK = Path.of("target", "work");
    private static final Path KAFKA_JARS = Path.of("..", "kafka-node", "target", "lib");
    /** Where its scripts are, when they could be fetched. */
    private static final Path MESSAGE_DB =
            Path.of("target", "message-db", "package", "database").toAbsolutePath();

    private static final int WARM_UP = 5;
    private static final int TOUCHED_MEGABYTES = 1_000;

    private final int rounds;
    private final String command;
    private @Nullable KafkaNode kafka;
    private @Nullable EmbeddedPostgres postgres;

    private Comparison(int rounds, String command) {
        this.rounds = rounds;
        this.command = command;
    }

    public static void main(String[] arguments) throws Exception {
        List<String> names = new ArrayList<>(Arrays.asList(arguments));
        int rounds = 7;
        int at = names.indexOf("--rounds");
        if (at >= 0) {
            rounds = Integer.parseInt(names.remove(at + 1));
            names.remove(at);
        }
        List<String> known = Workload.ALL.stream().map(Workload::name).toList();
        if (!known.containsAll(names)) {
            System.err.println("The workloads are " + String.join(", ", known));
            System.exit(2);
        }
        Files.createDirectories(WORK);
        Comparison comparison = new Comparison(rounds, String.join(" ", "benchmarks/run", String.join(" ", arguments)));
        try {
            for (Workload workload : Workload.ALL) {
                if (names.isEmpty() || names.contains(workload.name())) {
                    comparison.run(workload);
                }
            }
        } finally {
            comparison.close();
        }
    }

    /**
     * Touches as much memory as the files of a round need, several times over: on a virtual machine that hands free memory
     * back to its host, the first touch of a page is many times slower than all later ones.
     */
    private static void touchMemory() throws IOException {
        Path file = WORK.resolve("touched");
        ByteBuffer chunk = ByteBuffer.allocateDirect(1 << 20);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int n = 0; n < TOUCHED_MEGABYTES; n++) {
                channel.write(chunk.clear());
            }
        }
        Files.delete(file);
    }

    private void run(Workload workload) throws Exception {
        System.out.println(workload.title() + ", in " + workload.unit());
        Map<String, List<Double>> figures = new LinkedHashMap<>();
        Map<String, SideProcess> sides = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, String> side : workload.sides().entrySet()) {
                if (side.getValue().contains("message-db") && !Files.exists(MESSAGE_DB)) {
                    System.out.printf("  %-18s left out: npm was not there to fetch it%n", side.getKey());
                    continue;
                }
                sides.put(side.getKey(), SideProcess.start(side.getValue() + servers(workload), KAFKA_JARS));
            }
            for (int round = -WARM_UP; round < rounds; round++) {
                for (Map.Entry<String, SideProcess> side : sides.entrySet()) {
                    settleDisk();
                    if (!workload.needsPostgres()) { // which is limited by waits and work, not by fresh memory
                        touchMemory();
                    }
                    double figure = side.getValue().round();
                    if (round >= 0) {
                        figures.computeIfAbsent(side.getKey(), subject -> new ArrayList<>())
                                .add(figure);
                    }
                    System.out.printf("  %-18s %,14.0f%n", side.getKey(), figure);
                }
            }
        } finally {
            for (SideProcess side : sides.values()) {
                side.close();
            }
        }
        Results results = Results.of(workload, command, figures);
        results.printTo(System.out);
        results.writeTo(RESULTS);
    }

    /** What one round has left to be written does not slow down the next one. */
    private static void settleDisk() throws IOException, InterruptedException {
        new ProcessBuilder("sync").inheritIO().start().waitFor();
    }

    /** What a side is told besides its own words: where to work, and what it connects to. */
    private String servers(Workload workload) throws IOException {
        return " work=" + WORK.toAbsolutePath()
                + (workload.needsKafka() ? " kafka=" + kafka() : "")
                + (workload.needsPostgres() ? " postgres=" + postgres() + " message-db=" + MESSAGE_DB : "");
    }

    /** One that waits for the disk: as it comes, this one for tests does not. */
    private String postgres() throws IOException {
        EmbeddedPostgres running = postgres;
        if (running == null) {
            running = EmbeddedPostgres.builder()
                    .setDataDirectory(
                            WORK.resolve("postgres-" + ProcessHandle.current().pid()))
                    .setServerConfig("fsync", "on")
                    .setServerConfig("synchronous_commit", "on")
                    .setServerConfig("shared_buffers", "1GB")
                    .setServerConfig("max_wal_size", "8GB")
                    .start();
            postgres = running;
        }
        return "jdbc:postgresql://localhost:" + running.getPort() + "/postgres?user=postgres";
    }

    private String kafka() throws IOException {
        if (kafka == null) {
            kafka = KafkaNode.start(
                    WORK.resolve("kafka-" + ProcessHandle.current().pid()),
                    List.of("-Xmx1g", "-Xms1g"),
                    List.of("log.segment.delete.delay.ms=1000"));
        }
        return kafka.address();
    }

    private void close() throws IOException {
        if (postgres != null) {
            postgres.close();
        }
        if (kafka != null) {
            kafka.close();
        }
    }
}
