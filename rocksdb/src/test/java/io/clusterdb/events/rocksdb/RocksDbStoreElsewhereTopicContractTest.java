package io.clusterdb.events.rocksdb;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.testkit.StoreTopicContract;
import java.nio.file.Path;

/** A store in a folder of its own. */
class RocksDbStoreElsewhereTopicContractTest extends StoreTopicContract {
    @Override
    protected Events openBroker(Path home) {
        return Events.open(EventBroker.named("contract").store(RocksDb.at(home.resolve("broker"))));
    }

    @Override
    protected EventStore config(Path home) {
        return super.config(home).store(RocksDb.at(home.resolve("store")));
    }
}
