package io.clusterdb.events.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How far a test goes over cases without an end, such as seeds and moments to be killed at: some of them in each run, many
 * more in {@code ./verify --full}, and what it came to. docs/sweeps.md holds what the last full ones did.
 */
public final class Sweep {
    private static final boolean FULL = Boolean.getBoolean("events.full");
    private static final Path RESULTS = Path.of("target", "sweeps");

    private Sweep() {}

    /** How many cases there are to be. */
    public static int size(int inEachRun, int inFull) {
        return FULL ? inFull : inEachRun;
    }

    /** Where random cases begin: at the same place in each run, elsewhere in each full one; {@code -Devents.seed} says it. */
    public static long seed() {
        return Long.getLong("events.seed", FULL ? System.nanoTime() : 1);
    }

    /**
     * Notes what a test came to, in the folder target/sweeps of its module; called again, the last word counts.
     *
     * @param name of the test
     * @param outcome a line
     */
    public static void note(String name, String outcome) {
        try {
            Files.createDirectories(RESULTS);
            Files.writeString(RESULTS.resolve(name + ".txt"), name + ": " + outcome + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
