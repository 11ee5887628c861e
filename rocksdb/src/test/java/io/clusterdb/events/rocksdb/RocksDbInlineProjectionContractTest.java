package io.clusterdb.events.rocksdb;

import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.InlineProjectionContract;
import java.nio.file.Path;

class RocksDbInlineProjectionContractTest extends InlineProjectionContract {
    @Override
    protected StoreBackend place(Path home) {
        return RocksDb.at(home);
    }
}
