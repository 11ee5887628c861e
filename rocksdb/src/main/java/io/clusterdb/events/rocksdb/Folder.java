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
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A data folder, held by one process. Its files are described in docs/formats/folder.md. */
final class Folder implements AutoCloseable {
    private static final String LOCK = "LOCK";
    private static final String FORMAT = "format";
    private static final String VERSION = "events folder 1\n";

    /**
     * The folders that this process has. Asked before the file is touched: the operating system gives up a process's
     * lock when the process closes any descriptor of the file, also one that was opened only to be refused.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    /** Of folders that this process has in another way than is seen in {@link #HELD}: not closed, for the same reason. */
    private static final Map<Path, FileChannel> KEPT_OPEN = new ConcurrentHashMap<>();

    private final Path path;
    private final Path real;
    private final FileChannel lockChannel;
    private final FileLock lock;

    private Folder(Path path, Path real, FileChannel lockChannel, FileLock lock) {
        this.path = path;
        this.real = real;
        this.lockChannel = lockChannel;
        this.lock = lock;
    }

    /** @throws UnavailableException when somebody else has it */
    static Folder lock(Path path) throws IOException {
        createDurably(path);
        Path real = path.toRealPath();
        if (!HELD.add(real)) {
            throw inUse(path, "this process has it");
        }
        try {
            return lock(path, real);
        } catch (IOException | RuntimeException e) {
            HELD.remove(real);
            throw e;
        }
    }

    private static Folder lock(Path path, Path real) throws IOException {
        Path file = path.resolve(LOCK);
        FileChannel kept = KEPT_OPEN.remove(real);
        FileChannel channel = kept != null
                ? kept
                : FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            FileLock lock = tryLock(path, real, channel);
            if (lock == null) {
                String owner = Files.readString(file).strip();
                throw inUse(path, owner.isEmpty() ? "another process has locked it" : "process " + owner + " has it");
            }
            ByteBuffer pid = ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.UTF_8));
            channel.truncate(0);
            channel.write(pid, 0);
            return new Folder(path, real, channel, lock);
        } catch (IOException | RuntimeException e) {
            if (!KEPT_OPEN.containsValue(channel)) {
                channel.close(); // and gives up the lock
            }
            throw e;
        }
    }

    private static @Nullable FileLock tryLock(Path path, Path real, FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            KEPT_OPEN.put(real, channel);
            throw inUse(path, "this process has it, by another name or class loader");
        }
    }

    private static UnavailableException inUse(Path path, String why) {
        return UnavailableException.folderInUse(path.toString(), why);
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
        if (isUsed()) {
            throw CorruptionException.found(
                    "the file " + format, "it is missing, though the folder is not empty", null);
        }
        return false;
    }

    /** Whether anything was ever committed. An interrupted set-up leaves one segment without a frame. */
    private boolean isUsed() throws IOException {
        List<Path> files = files(journal());
        return files.size() > 1 || (files.size() == 1 && Segment.isUsed(files.getFirst())) || isMarked();
    }

    private boolean isMarked() throws IOException {
        if (!Files.exists(path.resolve(DurableMark.FILE))) {
            return false;
        }
        try (DurableMark mark = DurableMark.open(path)) {
            return mark.sequence() > 0;
        } catch (CorruptionException e) {
            return false; // a set-up was interrupted while it was being made
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
        Path written = path.resolve(FORMAT + ".new");
        Files.writeString(written, VERSION);
        try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(written, path.resolve(FORMAT), StandardCopyOption.ATOMIC_MOVE);
        syncDirectory(path);
        syncDirectory(above(path));
    }

    private static Path above(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        return Objects.requireNonNullElse(absolute.getParent(), absolute);
    }

    /** A new folder must not be lost with what is synced in it. */
    private static void createDurably(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            createDurably(above(path));
            Files.createDirectories(path);
            syncDirectory(above(path));
        }
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
        try {
            lock.release();
            lockChannel.close();
        } finally {
            HELD.remove(real);
        }
    }
}
