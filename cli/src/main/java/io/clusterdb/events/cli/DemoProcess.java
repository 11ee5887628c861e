package io.clusterdb.events.cli;

import io.clusterdb.events.cli.Failures.FailedException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A {@link DemoHandler} in a process of its own, as the demo sees it. It runs with the same JVM and the same options. */
final class DemoProcess implements AutoCloseable {
    /** What a process ends with that SIGKILL has ended. */
    private static final int KILLED = 128 + 9;

    private final Process process;
    private final BufferedReader lines;
    private final WorkFolder scratch;
    private int done;
    private int failed;

    /** What is told of its progress. */
    interface Watcher {
        /** It has handled so many. */
        void handled(int count);

        /** It has ended. */
        void ended();
    }

    private DemoProcess(Process process, WorkFolder scratch) {
        this.process = process;
        this.lines = process.inputReader(StandardCharsets.UTF_8);
        this.scratch = scratch;
    }

    private static Path errors(WorkFolder scratch) {
        return scratch.path().resolve("errors.log");
    }

    static DemoProcess start(Path folder, String... more) {
        WorkFolder scratch = WorkFolder.temporary(); // what a process unpacks for itself stays when it is killed
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        line.add("-Djava.io.tmpdir=" + scratch.path());
        line.addAll(List.of("-cp", System.getProperty("java.class.path"), DemoHandler.class.getName()));
        line.add(folder.toString());
        line.addAll(List.of(more));
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(line).redirectError(errors(scratch).toFile());
            return new DemoProcess(builder.start(), scratch);
        } catch (IOException e) {
            scratch.close();
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    /** Handlings that it has reported and failed with, so far. */
    int failed() {
        return failed;
    }

    /** Kills it as soon as it has handled so many: SIGKILL, so it can't prepare for it. */
    void killAfter(int count, Watcher watcher) {
        while (done < count) {
            if (!next(watcher)) {
                throw unexpected("it ended before it could be killed");
            }
        }
        process.destroyForcibly();
        int exit = end();
        watcher.ended();
        if (exit != KILLED) {
            throw unexpected("it ended by itself while it was being killed");
        }
        scratch.close();
    }

    /** Waits until it has handled all there is. */
    void finish(Watcher watcher) {
        while (next(watcher)) {
            // Each line is counted.
        }
        int exit = end();
        watcher.ended();
        if (exit != 0) {
            throw unexpected("it ended with exit code " + exit);
        }
        scratch.close();
    }

    private boolean next(Watcher watcher) {
        try {
            String line = lines.readLine();
            if (line == null) {
                return false;
            }
            done += line.startsWith("done ") ? 1 : 0;
            failed += line.startsWith("failed ") ? 1 : 0;
            watcher.handled(done);
            return true;
        } catch (IOException e) {
            return false; // it is gone
        }
    }

    private int end() {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unexpected("the demo was interrupted");
        }
    }

    private FailedException unexpected(String why) {
        String said = "";
        try {
            said = Files.readString(errors(scratch)).strip();
        } catch (IOException e) {
            // Then there is no more to tell.
        }
        return new FailedException(
                "The process " + pid() + " that handles quakes has failed",
                why + (said.isEmpty() ? "" : "; it said: " + said),
                "Run it again; if it stays so, report what it said");
    }

    /** Nothing of it is left. */
    @Override
    public void close() {
        process.destroyForcibly();
        end();
        scratch.close();
    }
}
