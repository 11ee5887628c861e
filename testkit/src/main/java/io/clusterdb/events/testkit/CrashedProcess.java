package io.clusterdb.events.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A Java process of its own, under strace where something is to happen at a system call. What it says on standard output
 * is handed over line by line; what it says on standard error is kept for the message of a failure.
 */
public final class CrashedProcess {
    /** The exit code of a process that was killed. */
    public static final int KILLED = 137;

    private static final long MINUTES = 2;

    private final Path folder;
    private final List<String> java;

    /**
     * Prepares a process.
     *
     * @param folder for what it leaves: standard error
     * @param jvm options of its own
     * @param main to be run
     */
    public CrashedProcess(Path folder, List<String> jvm, Class<?> main) {
        PackedClasses classes = PackedClasses.ofThisProcess();
        this.folder = folder;
        this.java = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED"));
        java.addAll(classes.options(main.getName()));
        java.addAll(jvm);
        java.addAll(List.of("-cp", classes.classPath(), main.getName()));
    }

    /** What is told of each line. */
    public interface Listener {
        void said(String line, ProcessHandle process);
    }

    /** Runs it, with the right to kill it at any line. See {@link #KILLED}. */
    public int run(List<String> arguments, Listener listener) throws IOException {
        List<String> command = new ArrayList<>(java);
        command.addAll(arguments);
        return start(command, listener);
    }

    /** Runs it under strace. */
    public int trace(List<String> strace, List<String> arguments, Consumer<String> said) throws IOException {
        List<String> command = new ArrayList<>(List.of("strace", "-f", "-q"));
        command.addAll(strace);
        return under(command, arguments, said);
    }

    /** Runs it by a command that is given the process as its last arguments. */
    public int under(List<String> command, List<String> arguments, Consumer<String> said) throws IOException {
        List<String> all = new ArrayList<>(command);
        all.addAll(java);
        all.addAll(arguments);
        return start(all, (line, process) -> said.accept(line));
    }

    private int start(List<String> command, Listener listener) throws IOException {
        Path errors = folder.resolve("stderr");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        try (var out = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                listener.said(line, process.toHandle());
            }
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
                throw new AssertionError("the process does not end: " + command);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
        return process.exitValue();
    }

    /** What the last run said on standard error. */
    public String errors() throws IOException {
        return Files.readString(folder.resolve("stderr"));
    }
}
