package io.clusterdb.events.rocksdb;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.Threads;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Events in a folder, in the user's own process. A value.
 *
 * @param path the folder; made when it is not there
 * @param maxBackgroundJobs threads of RocksDB for flushes and compactions, 1 to 64
 * @param maxOpenFiles files that RocksDB keeps open, 16 and more; −1 = all
 * @param segmentSize of the journal's files, 64 KiB to 1 GiB; after a crash as a rule one or two of them are replayed,
 *     at most about four while the disk is behind
 */
public record RocksDb(Path path, int maxBackgroundJobs, int maxOpenFiles, ByteSize segmentSize)
        implements Backend, StoreBackend {
    /** The word for it in configuration. */
    public static final String TYPE = "rocksdb";

    static final ByteSize SEGMENT_SIZE_MIN = ByteSize.kib(64);
    static final ByteSize SEGMENT_SIZE_MAX = ByteSize.gib(1);

    public RocksDb {
        if (maxBackgroundJobs < 1 || maxBackgroundJobs > 64) {
            throw RejectedException.invalid("rocksdb", "maxBackgroundJobs", maxBackgroundJobs, "1 to 64");
        }
        if (maxOpenFiles != -1 && maxOpenFiles < 16) {
            throw RejectedException.invalid("rocksdb", "maxOpenFiles", maxOpenFiles, "-1 for all, or 16 and more");
        }
        if (segmentSize.compareTo(SEGMENT_SIZE_MIN) < 0 || segmentSize.compareTo(SEGMENT_SIZE_MAX) > 0) {
            throw RejectedException.invalid(
                    "rocksdb", "segmentSize", segmentSize, SEGMENT_SIZE_MIN + " to " + SEGMENT_SIZE_MAX);
        }
    }

    public static RocksDb at(Path path) {
        return new RocksDb(path, 2, -1, ByteSize.mib(128));
    }

    public RocksDb maxBackgroundJobs(int threads) {
        return new RocksDb(path, threads, maxOpenFiles, segmentSize);
    }

    public RocksDb maxOpenFiles(int files) {
        return new RocksDb(path, maxBackgroundJobs, files, segmentSize);
    }

    public RocksDb segmentSize(ByteSize size) {
        return new RocksDb(path, maxBackgroundJobs, maxOpenFiles, size);
    }

    @Override
    public String type() {
        return TYPE;
    }

    @Override
    public Optional<Path> folder() {
        return Optional.of(path);
    }

    @Override
    public LogEngine open(EventBroker broker, Environment environment) {
        return EmbeddedLog.over(storage(), new LogEngine.Facts(TYPE, true), broker.retention(), environment);
    }

    @Override
    public StoreEngine open(EventStore store, DataCodec codec, Environment environment) {
        return EmbeddedLog.store(storage(), new LogEngine.Facts(TYPE, true), store, codec, environment);
    }

    /** Opens the folder, or makes it. */
    RocksDbStorage storage() {
        CompletableFuture<RocksDbStorage> opened = new CompletableFuture<>();
        Threads.uninterrupted(() -> opened.complete(opened()));
        return opened.join();
    }

    private RocksDbStorage opened() {
        try {
            Folder folder = Folder.lock(path);
            try {
                return storage(folder);
            } catch (IOException | RuntimeException | Error e) {
                folder.close();
                throw e;
            }
        } catch (IOException e) {
            throw notOpened(e);
        }
    }

    private EventsException notOpened(IOException e) {
        if (e instanceof NoSuchFileException || e instanceof CharacterCodingException) {
            return CorruptionException.found("the folder " + path, e.toString(), e);
        }
        return Space.isFull(path, e)
                ? UnavailableException.diskFull(path.toString(), e.toString(), e)
                : UnavailableException.notOpened(path.toString(), e);
    }

    private RocksDbStorage storage(Folder folder) throws IOException {
        boolean isNew = !folder.isSetUp();
        if (isNew) {
            folder.clear();
        }
        Rows rows = Rows.open(folder.index(), this, isNew);
        try {
            RocksDbStorage storage = new RocksDbStorage(folder, this, rows, isNew);
            if (isNew) {
                folder.setUp();
            }
            return storage;
        } catch (IOException | RuntimeException | Error e) {
            rows.close();
            throw e;
        }
    }
}
