package io.clusterdb.events.postgres;

import io.clusterdb.events.spi.Settings;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreBackendProvider;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code type: postgresql}, with {@code url}, and under {@code pool} what {@link PoolConfig} has. */
public final class PostgresProvider implements StoreBackendProvider {
    private static final int MAX_CONNECTIONS = 10_000;

    @Override
    public String type() {
        return Postgres.TYPE;
    }

    @Override
    public StoreBackend read(Settings place) {
        String url = place.required("url", "a URL such as postgres://localhost/events", "postgres://localhost/events");
        Settings pool = place.section("pool");
        PoolConfig defaults = PoolConfig.DEFAULTS;
        int min = pool.integer("min_connections", defaults.minConnections(), 0, MAX_CONNECTIONS);
        int max = pool.integer(
                "max_connections", Math.max(min, defaults.maxConnections()), Math.max(min, 1), MAX_CONNECTIONS);
        return Postgres.at(url).pool(min, max);
    }

    @Override
    public Map<String, Object> write(StoreBackend place) {
        Postgres settings = (Postgres) place;
        Map<String, Object> pool = new LinkedHashMap<>();
        pool.put("min_connections", settings.pool().minConnections());
        pool.put("max_connections", settings.pool().maxConnections());
        Map<String, Object> store = new LinkedHashMap<>();
        store.put("url", settings.url());
        store.put("pool", pool);
        return store;
    }
}
