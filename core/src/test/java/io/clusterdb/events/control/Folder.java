package io.clusterdb.events.control;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.ReplicationConfig;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.BackendProvider;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.Settings;
import io.clusterdb.events.spi.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A folder that one process at a time has, whose events stay in that process's memory: as much of an embedded engine as
 * the owner socket needs.
 */
public record Folder(Path path, int maxOpenFiles) implements Backend {
    private static final Map<Path, MemoryStorage> STORAGES = new ConcurrentHashMap<>();

    public static Folder at(Path path) {
        return new Folder(path, 100);
    }

    @Override
    public String type() {
        return "folder";
    }

    @Override
    public Optional<Path> folder() {
        return Optional.of(path);
    }

    @Override
    public LogEngine open(EventBroker broker, Environment environment) {
        FileChannel lock = lock();
        MemoryStorage storage = STORAGES.computeIfAbsent(path.toAbsolutePath(), p -> new MemoryStorage());
        Storage locked = new Locked(storage, lock, path.toString());
        return new EmbeddedLog(new LogEngine.Facts(type(), true), locked, broker.retention(), environment);
    }

    private FileChannel lock() {
        try {
            Files.createDirectories(path);
            FileChannel channel =
                    FileChannel.open(path.resolve("LOCK"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (channel.tryLock() != null) {
                return channel;
            }
            channel.close();
        } catch (OverlappingFileLockException e) {
            throw UnavailableException.folderInUse(path.toString(), "this process has it open");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw UnavailableException.folderInUse(path.toString(), "another process has it open");
    }

    /** A storage that gives its folder back when it is closed. */
    private record Locked(Storage storage, FileChannel lock, String place) implements Storage {
        @Override
        public void commit(Commit commit) {
            storage.commit(commit);
        }

        @Override
        public void sync() {
            storage.sync();
        }

        @Override
        public byte @Nullable [] get(Table table, byte[] key) {
            return storage.get(table, key);
        }

        @Override
        public Cursor scan(Table table, byte[] from, byte @Nullable [] to) {
            return storage.scan(table, from, to);
        }

        @Override
        public Entries entries(int log, long offset) {
            return storage.entries(log, offset);
        }

        @Override
        public Extent extent(int log) {
            return storage.extent(log);
        }

        @Override
        public void close() {
            try {
                storage.close();
                lock.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** {@code type: folder}. */
    public static final class Provider implements BackendProvider {
        @Override
        public String type() {
            return "folder";
        }

        @Override
        public Backend read(Settings store, ReplicationConfig replication) {
            return new Folder(store.path("path"), store.section("options").integer("max_open_files", 100, 1, 100_000));
        }

        @Override
        public Map<String, Object> write(Backend backend) {
            Folder folder = (Folder) backend;
            return Map.of("path", folder.path().toString(), "options", Map.of("max_open_files", folder.maxOpenFiles()));
        }
    }
}
