package io.clusterdb.events.rocksdb;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogEngine;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Events in a folder, in the user's own process. A value.
 *
 * @param path the folder; made when it is not there
 * @param maxBackgroundJobs threads of RocksDB for flushes and compactions, 1 to 64
 * @param maxOpenFiles files that RocksDB keeps open; −1 = all
 * @param segmentSize of the journal's files; also how much is replayed at most, about twice, after a crash
 */
public record RocksDb(Path path, int maxBackgroundJobs, int maxOpenFiles, ByteSize segmentSize) implements Backend {
    /** The word for it in configuration. */
    public static final String TYPE = "rocksdb";

    public RocksDb {
        if (maxBackgroundJobs < 1 || maxBackgroundJobs > 64) {
            throw RejectedException.invalid("rocksdb", "maxBackgroundJobs", maxBackgroundJobs, "1 to 64");
        }
        if (maxOpenFiles != -1 && maxOpenFiles < 16) {
            throw RejectedException.invalid("rocksdb", "maxOpenFiles", maxOpenFiles, "-1 for all, or 16 and more");
        }
        if (segmentSize.bytes() < 64 << 10 || segmentSize.bytes() > 1 << 30) {
            throw RejectedException.invalid("rocksdb", "segmentSize", segmentSize, "64KiB to 1GiB");
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
        return EmbeddedLog.over(
                RocksDbStorage.open(this), new LogEngine.Facts(TYPE, true), broker.retention(), environment);
    }
}
