package io.clusterdb.events.acceptance;

import io.clusterdb.events.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A run of a program in a process of its own.
 *
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record Run(int exit, String out, String err) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** The command {@code events}, as a user types it who has named the folder in EVENTS_DATA. */
    static Run events(Path data, String... arguments) throws IOException {
        return of(Main.class, data, arguments);
    }

    /** A main class, run beside the folder and with its path in EVENTS_DATA. */
    static Run of(Class<?> main, Path data, String... arguments) throws IOException {
        Path out = Files.createTempFile("run", ".out");
        Path err = Files.createTempFile("run", ".err");
        ProcessBuilder builder = new ProcessBuilder(commandLine(main, arguments))
                .directory(data.resolveSibling(".").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("EVENTS_"));
        builder.environment().put("EVENTS_DATA", data.toString());
        Process process = builder.start();
        try {
            if (!process.waitFor(120, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("it does not end; it said " + Files.readString(out) + Files.readString(err));
            }
            return new Run(process.exitValue(), Files.readString(out), Files.readString(err));
        } catch (InterruptedException e) {
            throw new IOException(e);
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    private static List<String> commandLine(Class<?> main, String... arguments) {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED"));
        if (Runtime.version().feature() >= 23) {
            line.add("--sun-misc-unsafe-memory-access=allow"); // as the launcher does
        }
        line.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
        line.add("-cp");
        line.add(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        line.add(main.getName());
        line.addAll(Arrays.asList(arguments));
        return line;
    }

    JsonNode json() {
        return JSON.readTree(out);
    }
}
