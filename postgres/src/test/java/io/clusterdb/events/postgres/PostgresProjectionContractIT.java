package io.clusterdb.events.postgres;

import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.ProjectionContract;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

class PostgresProjectionContractIT extends ProjectionContract {
    private @Nullable Postgres postgres;

    @Override
    protected StoreBackend place(Path home) {
        if (postgres == null) {
            postgres = PostgresServer.without("orders");
        }
        return postgres;
    }
}
