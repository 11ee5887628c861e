package io.clusterdb.events.rocksdb;

import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.StoreSchemaContract;
import java.nio.file.Path;

class RocksDbStoreSchemaContractTest extends StoreSchemaContract {
    @Override
    protected StoreBackend place(Path home) {
        return RocksDb.at(home);
    }
}
