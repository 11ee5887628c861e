package io.clusterdb.events.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Topic;
import io.clusterdb.events.rocksdb.RocksDb;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.Patience;
import io.clusterdb.events.testkit.StoreForwardContract;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PostgresStoreForwardContractIT extends StoreForwardContract {
    private @Nullable Postgres postgres;

    @Override
    protected EventBroker broker(Path home) {
        return EventBroker.named("contract").store(RocksDb.at(home));
    }

    @Override
    protected StoreBackend place(Path home) {
        if (postgres == null) {
            postgres = PostgresServer.without("orders");
        }
        return postgres;
    }

    @Test
    void what_commits_late_is_neither_skipped_nor_overtaken() throws Exception {
        events.createTopic(Topic.named(status().topic()).partitions(2));
        store(5);
        awaitAll();
        try (Connection parked = PostgresServer.connect()) {
            parked.setAutoCommit(false);
            EngineFixture.insert(parked, "orders", "late", "nextval('\"orders\".ordinals')");
            store(5);
            assertThat(events.store().all().lastPosition()).isEqualTo(5);
            parked.commit();
        }

        new Patience(Duration.ofSeconds(30))
                .until("all have positions", () -> events.store().all().lastPosition() == 11);
        awaitAll();
        assertThat(events.store().all().after(5).iterator().next().id()).isEqualTo("late");
    }
}
