package io.clusterdb.events.cli;

import io.clusterdb.events.RejectedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a demo or a benchmark works: a folder of the user's, which stays, or a temporary one, which is deleted at the
 * end, also when the command is told to end early. Whoever works in it is closed before. Thread-safe.
 */
final class WorkFolder implements AutoCloseable {
    private final Path path;
    private final boolean temporary;
    private @Nullable AutoCloseable tenant;
    private boolean closed;

    private WorkFolder(Path path, boolean temporary) {
        this.path = path;
        this.temporary = temporary;
    }

    /**
     * Makes a temporary one, or takes the user's.
     *
     * @param data null = a temporary one
     */
    static WorkFolder of(@Nullable Path data, Terminal terminal) {
        WorkFolder folder = data == null ? temporary() : new WorkFolder(data, false);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            if (folder.isInUse()) {
                                terminal.silence();
                                folder.close();
                            }
                        },
                        "events-shutdown"));
        return folder;
    }

    /** Makes a temporary one, for somebody who sees to it that it is closed. */
    static WorkFolder temporary() {
        try {
            return new WorkFolder(Files.createTempDirectory("events-"), true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path path() {
        return path;
    }

    boolean isTemporary() {
        return temporary;
    }

    private synchronized boolean isInUse() {
        return !closed;
    }

    /** Somebody works in it from now on, and nobody else any more. */
    synchronized <T extends AutoCloseable> T use(T worker) {
        tenant = worker;
        if (closed) {
            closeTenant();
        }
        return worker;
    }

    /** @throws RejectedException when there is something in it */
    void requireEmpty(String who) {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> files = Files.list(path)) {
            List<String> found =
                    files.map(f -> f.getFileName().toString()).sorted().limit(5).toList();
            if (!found.isEmpty()) {
                throw RejectedException.notConfigured(
                        who + " can't be run in " + path,
                        "the folder is not empty: it holds " + String.join(", ", found),
                        "Name a folder that is empty or not there yet, or leave --data out");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            closeTenant();
        } finally {
            if (temporary) {
                delete();
            }
        }
    }

    private void closeTenant() {
        try {
            if (tenant != null) {
                tenant.close();
            }
        } catch (Exception e) {
            throw new IllegalStateException("what worked in " + path + " could not be closed", e);
        }
    }

    private void delete() {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException e) {
            // It is gone already.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
