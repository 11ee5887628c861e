package io.clusterdb.events.cli;

import io.clusterdb.events.testkit.PackedClasses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A run of the command in a process of its own, as a user makes it.
 *
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record Run(int exit, String out, String err) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** A run that has begun. */
    record Begun(Process process, Path out, Path err) {
        Run end() throws IOException {
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
    }

    static Run events(String... arguments) throws IOException {
        return begin(List.of(), Map.of(), arguments).end();
    }

    /** Begins one; its standard input is open. */
    static Begun begin(List<String> jvm, Map<String, String> environment, String... arguments) throws IOException {
        Path out = Files.createTempFile("run", ".out");
        Path err = Files.createTempFile("run", ".err");
        ProcessBuilder builder = new ProcessBuilder(commandLine(jvm, arguments))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("EVENTS_"));
        builder.environment().putAll(environment);
        return new Begun(builder.start(), out, err);
    }

    static List<String> commandLine(List<String> jvm, String... arguments) {
        PackedClasses classes = PackedClasses.ofThisProcess(); // what most runs do most is start
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED"));
        if (Runtime.version().feature() >= 23) {
            line.add("--sun-misc-unsafe-memory-access=allow"); // as the launcher does
        }
        line.addAll(classes.options(arguments.length == 0 ? "events" : arguments[0]));
        line.addAll(jvm);
        line.add("-cp");
        line.add(classes.classPath());
        line.add(Main.class.getName());
        line.addAll(Arrays.asList(arguments));
        return line;
    }

    JsonNode json() {
        return JSON.readTree(out);
    }

    List<JsonNode> jsonLines() {
        return out.lines().map(JSON::readTree).toList();
    }
}
