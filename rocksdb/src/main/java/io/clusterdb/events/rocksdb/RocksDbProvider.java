package io.clusterdb.events.rocksdb;

import io.clusterdb.events.ReplicationConfig;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.BackendProvider;
import io.clusterdb.events.spi.Settings;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreBackendProvider;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code type: rocksdb}, with {@code path}, and under {@code options} what else {@link RocksDb} has. */
public final class RocksDbProvider implements BackendProvider, StoreBackendProvider {
    private static final RocksDb DEFAULTS = RocksDb.at(Path.of(""));

    @Override
    public String type() {
        return RocksDb.TYPE;
    }

    @Override
    public Backend read(Settings store, ReplicationConfig replication) {
        return folder(store);
    }

    @Override
    public StoreBackend read(Settings place) {
        return folder(place);
    }

    private static RocksDb folder(Settings store) {
        Settings options = store.section("options");
        return RocksDb.at(store.path("path"))
                .maxBackgroundJobs(options.integer("max_background_jobs", DEFAULTS.maxBackgroundJobs(), 1, 64))
                .maxOpenFiles(options.integer("max_open_files", DEFAULTS.maxOpenFiles(), -1, Integer.MAX_VALUE))
                .segmentSize(options.size(
                        "segment_size", DEFAULTS.segmentSize(), RocksDb.SEGMENT_SIZE_MIN, RocksDb.SEGMENT_SIZE_MAX));
    }

    @Override
    public Map<String, Object> write(Backend backend) {
        return write((RocksDb) backend);
    }

    @Override
    public Map<String, Object> write(StoreBackend place) {
        return write((RocksDb) place);
    }

    private static Map<String, Object> write(RocksDb settings) {
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("max_background_jobs", settings.maxBackgroundJobs());
        options.put("max_open_files", settings.maxOpenFiles());
        options.put("segment_size", settings.segmentSize().toString());
        Map<String, Object> store = new LinkedHashMap<>();
        store.put("path", settings.path().toString());
        store.put("options", options);
        return store;
    }
}
