package io.clusterdb.events.rocksdb;

import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.SnapshotContract;
import java.nio.file.Path;

class RocksDbSnapshotContractTest extends SnapshotContract {
    @Override
    protected StoreBackend place(Path home) {
        return RocksDb.at(home);
    }
}
