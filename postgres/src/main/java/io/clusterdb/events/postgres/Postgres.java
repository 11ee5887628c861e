package io.clusterdb.events.postgres;

import io.clusterdb.events.EventStore;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreEngine;
import java.time.Duration;

/**
 * A PostgreSQL database for event stores. A value. Each store has a schema of its own in it, named as the store, which is
 * made when it is first opened; several processes may have the same store open.
 *
 * @param url as {@code postgres://user:password@host:port/database}, or what pgjdbc takes, {@code jdbc:postgresql:...}
 */
public record Postgres(String url, PoolConfig pool) implements StoreBackend {
    /** The word for it in configuration. */
    public static final String TYPE = "postgresql";

    /** @throws RejectedException when the URL is none of PostgreSQL */
    public Postgres {
        ConnectionUrl.parse(url);
    }

    public static Postgres at(String url) {
        return new Postgres(url, PoolConfig.DEFAULTS);
    }

    public Postgres pool(int minConnections, int maxConnections) {
        return pool(new PoolConfig(minConnections, maxConnections, pool.timeout()));
    }

    public Postgres pool(PoolConfig config) {
        return new Postgres(url, config);
    }

    /** How long a call waits for a connection. */
    public Postgres timeout(Duration timeout) {
        return pool(new PoolConfig(pool.minConnections(), pool.maxConnections(), timeout));
    }

    @Override
    public String type() {
        return TYPE;
    }

    @Override
    public StoreEngine open(EventStore store, DataCodec codec, Environment environment) {
        Pool connections = Pool.open(ConnectionUrl.parse(url), pool, store.name());
        try {
            new Scripts(connections).apply();
            return new PostgresStore(connections, new EventRows(store.name(), codec), environment);
        } catch (RuntimeException | Error e) {
            connections.close();
            throw e;
        }
    }

    /** Without the password. */
    @Override
    public String toString() {
        return ConnectionUrl.parse(url).toString();
    }
}
