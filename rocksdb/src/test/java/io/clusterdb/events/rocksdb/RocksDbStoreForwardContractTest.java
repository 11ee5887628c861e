package io.clusterdb.events.rocksdb;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.StoreForwardContract;
import java.nio.file.Path;

class RocksDbStoreForwardContractTest extends StoreForwardContract {
    @Override
    protected EventBroker broker(Path home) {
        return EventBroker.named("contract").store(RocksDb.at(home.resolve("broker")));
    }

    @Override
    protected StoreBackend place(Path home) {
        return RocksDb.at(home.resolve("store"));
    }
}
