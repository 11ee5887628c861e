package io.clusterdb.events.config;

import io.clusterdb.events.RejectedException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What is wrong with a configuration: gathered, so that all of it is told at once, from the first line to the last. */
final class Faults {
    private static final int MAX = 100;

    private final List<Fault> found = new ArrayList<>();

    private record Fault(int line, String text) {}

    /**
     * Adds one.
     *
     * @param line 0 = in the file as a whole
     * @param path the key; empty = the file itself
     */
    void add(int line, String path, String what) {
        String where = (line > 0 ? "line " + line + ", " : "") + (path.isEmpty() ? "" : path + ": ");
        found.add(new Fault(line, where + what));
    }

    boolean isEmpty() {
        return found.isEmpty();
    }

    RejectedException rejection() {
        return RejectedException.config(found.stream()
                .sorted(Comparator.comparingInt(Fault::line))
                .limit(MAX)
                .map(Fault::text)
                .toList());
    }
}
