package io.clusterdb.events.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.UUID;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The least that PostgreSQL has to do for an event store: one table with a unique key, an insert of unnested arrays that
 * looks at nothing before, and a cursor along the primary key. Its global order is that of a sequence, which skips events
 * that commit late.
 */
final class BareStore implements StoreSide {
    private static final String INSERT = " (aggregate_id, aggregate_type, version, event_id, type, time,"
            + " metadata, data) select ?, ?, ? + r.step, r.event_id, r.type, r.time::timestamptz, r.metadata::json,"
            + " r.data::json from unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[])"
            + " with ordinality r (event_id, type, time, metadata, data, step)";
    private static final int FETCHED = 1_000;

    private final HikariDataSource pool;
    private final String table = "bare_" + ProcessHandle.current().pid();

    BareStore(Settings settings) throws SQLException {
        pool = pool(settings, null);
        execute(
                pool,
                "create table " + table + " (position bigint generated always as identity primary key,"
                        + " aggregate_id text not null, aggregate_type text not null, version bigint not null,"
                        + " event_id text not null, type text not null, time timestamptz not null,"
                        + " metadata json not null, data json not null, unique (aggregate_id, version))");
    }

    /** @param schema that unqualified names are looked up in; null for the database's own */
    static HikariDataSource pool(Settings settings, @Nullable String schema) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(settings.text("postgres"));
        config.setMaximumPoolSize(Math.max(10, settings.number("writers")));
        config.setMinimumIdle(2);
        config.setSchema(schema);
        config.setConnectionInitSql("set synchronous_commit = on");
        return new HikariDataSource(config);
    }

    static void execute(HikariDataSource pool, String sql) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public Writer writer() throws SQLException {
        Connection connection = pool.getConnection();
        PreparedStatement statement = connection.prepareStatement("insert into " + table + INSERT);
        return new Writer() {
            @Override
            public void append(String aggregate, long version, int order, int count) throws SQLException {
                String now = Instant.now().toString();
                statement.setString(1, aggregate);
                statement.setString(2, AGGREGATE);
                statement.setLong(3, version - 1);
                set(4, count, n -> UUID.randomUUID().toString());
                set(5, count, n -> EVENT);
                set(6, count, n -> now);
                set(7, count, n -> "{\"" + METADATA + "\":\"" + CORRELATION + "\"}");
                set(8, count, n -> json(order + n));
                statement.executeUpdate();
            }

            private void set(int parameter, int count, IntFunction<String> value) throws SQLException {
                String[] values = new String[count];
                for (int n = 0; n < count; n++) {
                    values[n] = value.apply(n);
                }
                statement.setArray(parameter, connection.createArrayOf("text", values));
            }

            @Override
            public void close() throws SQLException {
                connection.close();
            }
        };
    }

    /** What is stored is given as an object to every side, and becomes JSON there. */
    static String json(int order) {
        return JsonMapper.shared().writeValueAsString(ORDERS.order(order));
    }

    @Override
    public int readAll() throws SQLException {
        int events = 0;
        try (Connection connection = pool.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("select * from " + table + " order by position")) {
            connection.setAutoCommit(false);
            statement.setFetchSize(FETCHED);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    events += read(row) > 0 ? 1 : 0;
                }
            }
        }
        return events;
    }

    /** Every column, as the driver hands it out. */
    private static int read(ResultSet row) throws SQLException {
        long number = row.getLong(1) + row.getLong(4);
        int texts = row.getString(2).length()
                + row.getString(3).length()
                + row.getString(5).length()
                + row.getString(6).length()
                + row.getString(7).length()
                + row.getString(8).length();
        if (number == 0 || texts == 0) {
            throw new IllegalStateException("a row without anything in it");
        }
        return row.getBytes(9).length;
    }

    @Override
    public void close() throws SQLException {
        execute(pool, "drop table " + table);
        pool.close();
    }
}
