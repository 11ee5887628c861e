package io.clusterdb.events.kafka;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/**
 * A Kafka server of one node, broker and controller, in a process of its own on loopback. Its jars are never on the class
 * path of the tests, which use another version of Kafka's client.
 */
public final class KafkaNode implements AutoCloseable {
    /** Where the module kafka-node has put the server's jars. */
    private static final Path JARS = Path.of("..", "kafka-node", "target", "lib");

    private static final String CLUSTER = "ZXZlbnRzLXRlc3RzLTAwMQ";

    /** For tests: a small one that is up soon. */
    private static final List<String> SMALL = List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    /** For tests: it does soon what a server does after minutes. */
    private static final List<String> QUICK = List.of(
            "transaction.abort.timed.out.transaction.cleanup.interval.ms=1000",
            "group.min.session.timeout.ms=1000",
            "log.initial.task.delay.ms=500",
            "log.retention.check.interval.ms=1000",
            "log.segment.delete.delay.ms=1000");

    private static final int READY_SECONDS = 60;
    private static final int STOP_SECONDS = 10;

    private final Process process;
    private final Path folder;
    private final String address;

    private KafkaNode(Process process, Path folder, String address) {
        this.process = process;
        this.folder = folder;
        this.address = address;
    }

    /** The node that all tests of this JVM share. It is stopped when the JVM ends. */
    static KafkaNode shared() {
        return Shared.NODE;
    }

    private static final class Shared {
        private static final KafkaNode NODE =
                start(Path.of("target", "node-" + ProcessHandle.current().pid()));

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(NODE::close));
        }
    }

    /** Starts a small node that keeps its data in a folder, and waits until it answers. */
    static KafkaNode start(Path folder) {
        return start(folder, SMALL, QUICK);
    }

    /**
     * Starts a node that keeps its data in a folder, and waits until it answers.
     *
     * @param jvm the options of its JVM
     * @param more settings of the server, beside those without which it does not run alone
     */
    public static KafkaNode start(Path folder, List<String> jvm, List<String> more) {
        try {
            Files.createDirectories(folder);
            int port = freePort();
            Path config = folder.resolve("server.properties");
            List<String> settings = new ArrayList<>(settings(folder, port, freePort()));
            settings.addAll(more);
            Files.write(config, settings);
            run(folder, "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", config.toString());
            Process process = java(folder, jvm, "kafka.Kafka", config.toString());
            KafkaNode node = new KafkaNode(process, folder, "127.0.0.1:" + port);
            node.awaitReady(port);
            return node;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static List<String> settings(Path folder, int port, int controllerPort) {
        return List.of(
                "process.roles=broker,controller",
                "node.id=1",
                "controller.quorum.voters=1@127.0.0.1:" + controllerPort,
                "controller.listener.names=CONTROLLER",
                "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort,
                "advertised.listeners=PLAINTEXT://127.0.0.1:" + port,
                "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "log.dirs=" + folder.toAbsolutePath().resolve("data"),
                "auto.create.topics.enable=false",
                "num.network.threads=2",
                "num.io.threads=4",
                "offsets.topic.num.partitions=4",
                "offsets.topic.replication.factor=1",
                "transaction.state.log.num.partitions=4",
                "transaction.state.log.replication.factor=1",
                "transaction.state.log.min.isr=1",
                "share.coordinator.state.topic.replication.factor=1",
                "share.coordinator.state.topic.min.isr=1",
                "group.initial.rebalance.delay.ms=0",
                "log.cleaner.dedupe.buffer.size=8388608");
    }

    private static Process java(Path folder, List<String> jvm, String main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvm);
        command.addAll(List.of("-cp", JARS + "/*", main));
        command.addAll(List.of(arguments));
        Path log = folder.resolve(main + ".log");
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    private static void run(Path folder, String main, String... arguments) throws IOException {
        Process process = java(folder, SMALL, main, arguments);
        if (!hasEnded(process, READY_SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IllegalStateException(main + " failed: " + Files.readString(folder.resolve(main + ".log")));
        }
    }

    private static boolean hasEnded(Process process, int seconds) {
        try {
            return process.waitFor(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void awaitReady(int port) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS);
        Map<String, Object> settings = Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, address);
        boolean ready = false;
        while (!ready && process.isAlive() && System.nanoTime() - deadline < 0) {
            ready = listens(port) && answers(settings);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        if (!ready) {
            process.destroyForcibly();
            throw new IllegalStateException(
                    "Kafka does not answer: " + Files.readString(folder.resolve("kafka.Kafka.log")));
        }
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean answers(Map<String, Object> settings) {
        try (Admin admin = Admin.create(settings)) {
            return !admin.describeCluster().nodes().get(5, TimeUnit.SECONDS).isEmpty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    /** As clients name it: {@code host:port}. */
    public String address() {
        return address;
    }

    /** Stops the process, by force when it does not stop in time, and deletes its folder. */
    @Override
    public void close() {
        process.destroy();
        if (!hasEnded(process, STOP_SECONDS)) {
            process.destroyForcibly();
            hasEnded(process, STOP_SECONDS);
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
