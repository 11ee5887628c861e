package io.clusterdb.events.postgres;

import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.InlineProjectionContract;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

class PostgresInlineProjectionContractIT extends InlineProjectionContract {
    private @Nullable Postgres postgres;

    @Override
    protected StoreBackend place(Path home) {
        if (postgres == null) {
            postgres = PostgresServer.without("orders");
        }
        return postgres;
    }
}
