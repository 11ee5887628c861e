package io.clusterdb.events.rocksdb;

import io.clusterdb.events.Component;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.testkit.UpcasterContract;
import java.nio.file.Path;

class RocksDbUpcasterContractTest extends UpcasterContract {
    @Override
    protected Events open(Path home, Component... more) {
        return Events.open(with(EventBroker.named("contract").store(RocksDb.at(home)), more));
    }
}
