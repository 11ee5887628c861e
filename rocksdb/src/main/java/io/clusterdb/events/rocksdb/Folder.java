package io.clusterdb.events.rocksdb;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.UnavailableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A data folder, held by one process. Its files are described in docs/formats/folder.md. */
final class Folder implements AutoCloseable {
    private static final String LOCK = "LOCK";
    private static final String FORMAT = "format";
    private static final String VERSION = "events folder 1\n";

    private final Path path;
    private final FileChannel lockChannel;
    private final FileLock lock;

    private Folder(Path path, FileChannel lockChannel, FileLock lock) {
        this.path = path;
        this.lockChannel = lockChannel;
        this.lock = lock;
    }

    /** @throws UnavailableException when somebody else has it */
    static Folder lock(Path path) throws IOException {
        Files.createDirectories(path);
        Path file = path.resolve(LOCK);
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileLock lock = tryLock(channel);
        if (lock == null) {
            String owner = Files.readString(file).strip();
            channel.close();
            throw UnavailableException.folderInUse(
                    path.toString(),
                    owner.isEmpty() ? "another process has locked it" : "process " + owner + " has it");
        }
        ByteBuffer pid = ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.UTF_8));
        channel.truncate(0);
        channel.write(pid, 0);
        return new Folder(path, channel, lock);
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    Path path() {
        return path;
    }

    Path journal() {
        return path.resolve("journal");
    }

    Path index() {
        return path.resolve("index");
    }

    /**
     * Whether it has been set up.
     *
     * @throws CorruptionException when it was, by another version; or looks so though its format is missing
     */
    boolean isSetUp() throws IOException {
        Path format = path.resolve(FORMAT);
        if (Files.exists(format)) {
            String found = Files.readString(format);
            if (!found.equals(VERSION)) {
                throw CorruptionException.unknownFormat("The folder " + path, found.strip(), VERSION.strip());
            }
            return true;
        }
        List<Path> files = files(journal());
        if (files.size() > 1 || (Files.exists(index().resolve("CURRENT")) && isMarked())) {
            throw CorruptionException.found(
                    "the file " + format, "it is missing, though the folder is not empty", null);
        }
        return false;
    }

    private boolean isMarked() throws IOException {
        if (!Files.exists(path.resolve(DurableMark.FILE))) {
            return false;
        }
        try (DurableMark mark = DurableMark.open(path)) {
            return mark.sequence() > 0;
        }
    }

    /** Removes what an interrupted set-up may have left. */
    void clear() throws IOException {
        for (Path folder : List.of(journal(), index())) {
            for (Path file : files(folder)) {
                Files.delete(file);
            }
            Files.createDirectories(folder);
        }
    }

    /** Everything is in place from now on. */
    void setUp() throws IOException {
        Path format = path.resolve(FORMAT);
        Files.writeString(format, VERSION);
        try (FileChannel channel = FileChannel.open(format, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        syncDirectory(path);
    }

    static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /** Makes the names in a directory durable. */
    static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public void close() throws IOException {
        lock.release();
        lockChannel.close();
    }
}
