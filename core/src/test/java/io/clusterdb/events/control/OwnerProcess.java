package io.clusterdb.events.control;

import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Topic;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** Another process that has a folder: it opens it, publishes some events, says so, and waits to be killed. */
final class OwnerProcess implements AutoCloseable {
    private final Process process;

    private OwnerProcess(Process process) {
        this.process = process;
    }

    static OwnerProcess start(Path folder, int events) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        OwnerProcess.class.getName(),
                        folder.toString(),
                        Integer.toString(events))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String ready = out.readLine();
        if (!"ready".equals(ready)) {
            process.destroyForcibly();
            throw new IOException("the owner did not start: " + ready);
        }
        return new OwnerProcess(process);
    }

    long pid() {
        return process.pid();
    }

    /** As kill -9 does. */
    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Runs until its input ends. */
    public static void main(String[] arguments) throws IOException {
        try (Events events = Events.open(EventBroker.named("owner").store(Folder.at(Path.of(arguments[0]))))) {
            events.createTopic(Topic.named("orders").partitions(3));
            for (int n = 0; n < Integer.parseInt(arguments[1]); n++) {
                events.publishAsync("orders", Event.of("order.created", Map.of("n", n, "text", "x".repeat(1_000))));
            }
            events.publish("orders", Event.of("last"));
            System.out.println("ready");
            int end = System.in.read();
            System.out.println("ends after " + end);
        }
    }
}
