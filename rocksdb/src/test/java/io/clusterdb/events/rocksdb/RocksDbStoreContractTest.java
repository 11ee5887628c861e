package io.clusterdb.events.rocksdb;

import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.StoreContract;
import java.nio.file.Path;

class RocksDbStoreContractTest extends StoreContract {
    @Override
    protected StoreBackend place(Path home) {
        return RocksDb.at(home);
    }
}
