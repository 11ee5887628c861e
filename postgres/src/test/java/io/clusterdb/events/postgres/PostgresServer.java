package io.clusterdb.events.postgres;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A real PostgreSQL server that the tests of one JVM share. What crashes one starts a server of its own. */
final class PostgresServer {
    private PostgresServer() {}

    /** Started by the first who asks, stopped when the JVM ends. */
    private static final class Shared {
        static final EmbeddedPostgres SERVER = start();

        private static EmbeddedPostgres start() {
            try {
                return EmbeddedPostgres.builder()
                        .setServerConfig("max_prepared_transactions", "4")
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    static String url() {
        return url(Shared.SERVER);
    }

    static String url(EmbeddedPostgres server) {
        return "jdbc:postgresql://localhost:" + server.getPort() + "/postgres?user=postgres";
    }

    static Connection connect() throws SQLException {
        return DriverManager.getConnection(url());
    }

    /** The shared server without any store of that name. */
    static Postgres without(String store) {
        try (Connection connection = connect()) {
            execute(connection, "drop schema if exists \"" + store + "\" cascade");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return Postgres.at(url());
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The first column of the first row. */
    static String ask(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
