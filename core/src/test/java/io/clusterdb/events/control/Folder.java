package io.clusterdb.events.control;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.ReplicationConfig;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.BackendProvider;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.Settings;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreBackendProvider;
import io.clusterdb.events.spi.StoreEngine;
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
public record Folder(Path path, int maxOpenFiles) implements Backend, StoreBackend {
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
        return new EmbeddedLog(new LogEngine.Facts(type(), true), locked(), broker.retention(), environment);
    }

    @Override
    public StoreEngine open(EventStore store, DataCodec codec, Environment environment) {
        return EmbeddedLog.store(locked(), new LogEngine.Facts(type(), true), store, codec, environment);
    }

    private Storage locked() {
        FileChannel lock = lock();
        MemoryStorage storage = STORAGES.computeIfAbsent(path.toAbsolutePath(), p -> new MemoryStorage());
        return new Locked(storage, lock, path.toString());
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
    public static final class Provider implements BackendProvider, StoreBackendProvider {
        @Override
        public String type() {
            return "folder";
        }

        @Override
        public Backend read(Settings store, ReplicationConfig replication) {
            return folder(store);
        }

        @Override
        public StoreBackend read(Settings place) {
            return folder(place);
        }

        private static Folder folder(Settings store) {
            return new Folder(store.path("path"), store.section("options").integer("max_open_files", 100, 1, 100_000));
        }

        @Override
        public Map<String, Object> write(Backend backend) {
            return write((Folder) backend);
        }

        @Override
        public Map<String, Object> write(StoreBackend place) {
            return write((Folder) place);
        }

        private static Map<String, Object> write(Folder folder) {
            return Map.of("path", folder.path().toString(), "options", Map.of("max_open_files", folder.maxOpenFiles()));
        }
    }
}
