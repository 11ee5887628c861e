package io.clusterdb.events.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Plays typical commands through once, in a folder of its own, so that the JVM can note which classes they use. The
 * script {@code prepare} of the distribution runs it; nobody else needs to.
 */
public final class Rehearsal {
    private static final String CSV = """
            id,time,total,name
            1,2026-01-31T08:00:00Z,12.50,"a, b"
            2,2026-01-31T08:00:01Z,1200,c
            """;

    private Rehearsal() {}

    /** Plays them in the folder that is named. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        String data = folder.resolve("data").toString();
        String csv = Files.writeString(folder.resolve("rows.csv"), CSV).toString();
        String json = Files.writeString(folder.resolve("rows.ndjson"), "{\"n\": 1.5, \"text\": \"x\"}\n")
                .toString();
        String yaml = Files.writeString(
                        folder.resolve("events.yaml"),
                        "broker: {name: rehearsal, persistence: {store: {type: rocksdb, path: data}}}")
                .toString();
        play("--version");
        play("help");
        play("topic", "create", "orders", "-p", "3", "--retention-time", "7d", "--data", data);
        play(
                "publish",
                "orders",
                "--file",
                csv,
                "--id",
                "data.id",
                "--time",
                "data.time",
                "--key",
                "data.name",
                "--data",
                data);
        play("publish", "orders", "--file", json, "--data", data);
        play("topic", "list", "--data", data);
        play("topic", "status", "orders", "--data", data, "-o", "json");
        play("logs", "show", "--topic", "orders", "--where", "data.total > 100", "--data", data);
        play("logs", "show", "--topic", "orders", "--data", data, "-o", "yaml");
        play("consume", "orders", "--group", "g", "--until-idle", "100ms", "--data", data, "-o", "json");
        play("consumer", "lag", "g", "--data", data);
        play("consumer", "list", "-c", yaml);
        play("consumer", "reset", "g", "--to", "earliest", "--dry-run", "-c", yaml);
        play("dlq", "list", "g", "-c", yaml);
        play("config", "show", "-c", yaml);
        play("explain", "EV-2001");
        play("topic", "status", "nobody", "--data", data);
    }

    private static void play(String... arguments) {
        Terminal terminal = new Terminal();
        Main.line(terminal, arguments).execute(arguments);
        terminal.flushQuietly();
    }
}
