package io.clusterdb.events.rocksdb;

import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.ProjectionContract;
import java.nio.file.Path;

class RocksDbProjectionContractTest extends ProjectionContract {
    @Override
    protected StoreBackend place(Path home) {
        return RocksDb.at(home);
    }
}
