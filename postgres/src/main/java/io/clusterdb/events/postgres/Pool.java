package io.clusterdb.events.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import io.clusterdb.events.UnavailableException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;

/** The connections of one store, and the name of its schema. Thread-safe. */
final class Pool implements Session, AutoCloseable {
    /**
     * Where a server has turned off that commits wait for the disk, they do so here. And what is asked of a store are a few
     * statements that are best planned once: planning an append each time takes longer than doing it. All find their rows
     * by keys, which a plan that was made while the tables were small would not know. Where nothing but a scan is left, as of
     * a table without a key, its cost would have it compiled each time by servers before 18.
     */
    private static final String SETTINGS = "select set_config('plan_cache_mode', 'force_generic_plan', false),"
            + " set_config('enable_seqscan', 'off', false), set_config('enable_bitmapscan', 'off', false),"
            + " set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false),"
            + " set_config('jit', 'off', false),"
            + " set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'on'"
            + " else current_setting('synchronous_commit') end, false)";

    /**
     * What a connection begins with: once, the server's process takes and frees a block of 2 MiB as well. Its malloc, where it
     * is that of glibc, gives memory back to the system only beyond twice the largest block that it has mapped and freed
     * (mallopt(3), M_MMAP_THRESHOLD). Else many processes give back and take again the memory of each append: a sixth of
     * their time.
     */
    private static final String BEGIN = SETTINGS + ", length(repeat(' ', 2097152))";

    private final ConnectionUrl url;
    private final PoolConfig config;
    private final String store;
    private final HikariDataSource connections;
    private final Map<String, String> statements = new ConcurrentHashMap<>();

    private Pool(ConnectionUrl url, PoolConfig config, String store) {
        this.url = url;
        this.config = config;
        this.store = store;
        this.connections = new HikariDataSource(settings());
    }

    /** @throws UnavailableException when the server does not answer, or lets nobody in */
    static Pool open(ConnectionUrl url, PoolConfig config, String store) {
        try {
            return new Pool(url, config, store);
        } catch (HikariPool.PoolInitializationException e) {
            Throwable why = Objects.requireNonNullElse(e.getCause(), e);
            throw UnavailableException.store(store, "PostgreSQL at " + url + ": " + why.getMessage(), why);
        }
    }

    private HikariConfig settings() {
        HikariConfig settings = new HikariConfig();
        settings.setPoolName("events-" + store);
        settings.setJdbcUrl(url.jdbc());
        settings.setDataSourceProperties(properties());
        settings.setMinimumIdle(config.minConnections());
        settings.setMaximumPoolSize(config.maxConnections());
        settings.setConnectionTimeout(config.timeout().toMillis());
        settings.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        settings.setConnectionInitSql(BEGIN);
        return settings;
    }

    /** What the URL says goes before these. */
    private Properties properties() {
        Properties properties = new Properties();
        properties.putAll(url.login());
        properties.setProperty("ApplicationName", "events " + store);
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("socketTimeout", "60");
        return properties;
    }

    String store() {
        return store;
    }

    /** For a connection on which all settings were reset: also those that were made in other ways than by SQL. */
    String settingsOnceMore() {
        return SETTINGS + ", set_config('default_transaction_isolation', 'read committed', false),"
                + " set_config('application_name', 'events " + store + "', false)";
    }

    int size() {
        return config.maxConnections();
    }

    /** The name of the store's schema, as it is written in SQL. */
    String schema() {
        return '"' + store + '"';
    }

    @Override
    public String sql(String template) {
        return statements.computeIfAbsent(template, t -> t.replace("$.", schema() + "."));
    }

    /** A connection of the pool; closing it gives it back. */
    Connection take() {
        try {
            return connections.getConnection();
        } catch (SQLException e) {
            throw unavailable(e);
        }
    }

    private UnavailableException unavailable(SQLException e) {
        SQLException cause = e.getCause() instanceof SQLException inner ? inner : e;
        String why = Failures.isBroken(cause)
                ? "PostgreSQL at " + url + ": " + cause.getMessage()
                : "all " + config.maxConnections() + " connections of its pool were in use for "
                        + config.timeout().toMillis() + " ms";
        return UnavailableException.store(store, why, e);
    }

    /** A connection beside the pool, so that what needs it never waits for callers. */
    Connection connect() throws SQLException {
        Connection connection = DriverManager.getConnection(url.jdbc(), properties());
        try (Statement statement = connection.createStatement()) {
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            statement.execute(BEGIN);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** Asks something; once more on a new connection when the first one was lost. */
    @Override
    public <T> T ask(String sql, Work<T> work) {
        try {
            return once(sql, work);
        } catch (SQLException lost) {
            if (!Failures.isBroken(lost)) {
                throw Failures.of(store, lost);
            }
            forget();
        }
        try {
            return once(sql, work);
        } catch (SQLException e) {
            throw Failures.of(store, e);
        }
    }

    private <T> T once(String sql, Work<T> work) throws SQLException {
        try (Connection connection = take();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            return work.on(statement);
        }
    }

    /** Gives up the connections that are there: the server that they led to is gone. */
    void forget() {
        connections.getHikariPoolMXBean().softEvictConnections();
    }

    @Override
    public void close() {
        connections.close();
    }
}
