package io.clusterdb.events.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * What this process does with the files of a journal, as the JVM itself records it: how often it writes to them and how
 * often it makes them durable.
 */
final class DiskActivity implements AutoCloseable {
    private static final String WRITE = "jdk.FileWrite";
    private static final String SYNC = "jdk.FileForce";
    private static final String JOURNAL = ".journal";

    private final Recording recording = new Recording();

    /**
     * What was recorded.
     *
     * @param commits writes, each of a group of events
     * @param syncs calls of fdatasync
     * @param syncNanos all of them together
     */
    record Figures(long commits, long syncs, long syncNanos) {}

    private DiskActivity() {
        for (String name : new String[] {WRITE, SYNC}) {
            recording.enable(name).withThreshold(Duration.ZERO).withoutStackTrace();
        }
        recording.start();
    }

    static DiskActivity record() {
        return new DiskActivity();
    }

    /** What there was until now. */
    Figures stop() {
        recording.stop();
        try {
            Path file = Files.createTempFile("events-bench", ".jfr");
            try {
                recording.dump(file);
                return read(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Figures read(Path file) throws IOException {
        long commits = 0;
        long syncs = 0;
        long syncNanos = 0;
        try (RecordingFile events = new RecordingFile(file)) {
            while (events.hasMoreEvents()) {
                RecordedEvent event = events.readEvent();
                String name = event.getEventType().getName();
                boolean journal = event.hasField("path")
                        && String.valueOf(event.getString("path")).endsWith(JOURNAL);
                if (journal && name.equals(WRITE)) {
                    commits++;
                } else if (journal && name.equals(SYNC)) {
                    syncs++;
                    syncNanos += event.getDuration().toNanos();
                }
            }
        }
        return new Figures(commits, syncs, syncNanos);
    }

    @Override
    public void close() {
        recording.close();
    }
}
