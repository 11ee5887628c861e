package io.clusterdb.events.rocksdb;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.testkit.ScheduleContract;
import java.nio.file.Path;

class RocksDbScheduleContractTest extends ScheduleContract {
    @Override
    protected Events open(Path home) {
        return Events.open(EventBroker.named("contract").store(RocksDb.at(home)));
    }
}
