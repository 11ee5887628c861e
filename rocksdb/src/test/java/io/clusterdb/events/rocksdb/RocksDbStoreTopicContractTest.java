package io.clusterdb.events.rocksdb;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.testkit.StoreTopicContract;
import java.nio.file.Path;

class RocksDbStoreTopicContractTest extends StoreTopicContract {
    @Override
    protected Events openBroker(Path home) {
        return Events.open(EventBroker.named("contract").store(RocksDb.at(home)));
    }
}
