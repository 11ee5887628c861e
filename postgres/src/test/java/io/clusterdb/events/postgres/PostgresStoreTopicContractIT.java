package io.clusterdb.events.postgres;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.rocksdb.RocksDb;
import io.clusterdb.events.testkit.StoreTopicContract;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A store on PostgreSQL, beside a broker in a folder. */
class PostgresStoreTopicContractIT extends StoreTopicContract {
    private @Nullable Postgres postgres;

    @Override
    protected Events openBroker(Path home) {
        return Events.open(EventBroker.named("contract").store(RocksDb.at(home)));
    }

    @Override
    protected EventStore config(Path home) {
        if (postgres == null) {
            postgres = PostgresServer.without("orders");
        }
        return super.config(home).store(postgres);
    }
}
