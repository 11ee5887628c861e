package io.clusterdb.events.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/** How often this process makes the files of a journal durable, as the JVM itself records it. */
final class DiskActivity implements AutoCloseable {
    private static final String SYNC = "jdk.FileForce";
    private static final String JOURNAL = ".journal";

    private final Recording recording = new Recording();

    /**
     * What was recorded.
     *
     * @param syncs calls of fdatasync
     * @param nanos all of them together
     */
    record Figures(long syncs, long nanos) {}

    private DiskActivity() {
        recording.enable(SYNC).withThreshold(Duration.ZERO).withoutStackTrace();
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
        long syncs = 0;
        long nanos = 0;
        try (RecordingFile events = new RecordingFile(file)) {
            while (events.hasMoreEvents()) {
                RecordedEvent event = events.readEvent();
                if (event.getEventType().getName().equals(SYNC)
                        && String.valueOf(event.getString("path")).endsWith(JOURNAL)) {
                    syncs++;
                    nanos += event.getDuration().toNanos();
                }
            }
        }
        return new Figures(syncs, nanos);
    }

    @Override
    public void close() {
        recording.close();
    }
}
