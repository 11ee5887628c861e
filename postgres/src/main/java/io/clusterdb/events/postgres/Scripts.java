package io.clusterdb.events.postgres;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.RejectedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the schema of a store up to date, by numbered scripts that are each applied once. */
final class Scripts {
    private static final Logger LOG = LoggerFactory.getLogger(Scripts.class);

    /** Resources beside this class; the first one is number 1. */
    private static final List<String> ALL = List.of("V001__event_store.sql");

    /** PostgreSQL cuts longer names off, and two stores would be one. */
    private static final int MAX_NAME_BYTES = 63;

    private final Pool pool;

    Scripts(Pool pool) {
        this.pool = pool;
    }

    /** Applies what is missing; of several processes one does, and the others wait for it. */
    void apply() {
        String store = pool.store();
        if (store.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES || store.startsWith("pg_")) {
            throw RejectedException.engine(
                    "Event store " + store + " can't be in PostgreSQL",
                    "its name is that of its schema, which has at most 63 bytes and does not begin with pg_",
                    "Give it another name");
        }
        try (Connection connection = pool.take()) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                applyAll(statement);
                connection.commit();
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            }
        } catch (SQLException e) {
            throw Failures.of(store, e);
        }
    }

    private void applyAll(Statement statement) throws SQLException {
        requireUtf8(statement);
        statement.execute("select pg_advisory_xact_lock(hashtextextended('io.clusterdb.events scripts " + pool.schema()
                + "', 0))");
        int found = applied(statement);
        if (found > ALL.size()) {
            throw CorruptionException.unknownFormat(
                    "Schema " + pool.schema(), "script " + found, "script " + ALL.size() + " or lower");
        }
        for (int number = found + 1; number <= ALL.size(); number++) {
            apply(statement, number);
        }
        try (ResultSet resumed = statement.executeQuery(pool.sql("select $.resume_after_restore()"))) {
            if (resumed.next() && resumed.getBoolean(1)) {
                LOG.warn("Event store {} was restored from a dump of another cluster; its order goes on", pool.store());
            }
        }
    }

    private void requireUtf8(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("show server_encoding")) {
            if (row.next() && !row.getString(1).equals("UTF8")) {
                throw RejectedException.engine(
                        "Event store " + pool.store() + " can't be in this database",
                        "its encoding is " + row.getString(1) + ", expected UTF8",
                        "Make a database with encoding UTF8");
            }
        }
    }

    /** The number of the last script that was applied; 0 = none. */
    private int applied(Statement statement) throws SQLException {
        if (!exists(statement, "to_regclass('" + pool.sql("$.scripts") + "')")) {
            if (!exists(statement, "to_regnamespace('" + pool.schema() + "')")) {
                statement.execute("create schema " + pool.schema());
            }
            statement.execute(pool.sql("create table $.scripts (number integer primary key, name text not null,"
                    + " applied timestamptz not null default now())"));
        }
        try (ResultSet row = statement.executeQuery(pool.sql("select coalesce(max(number), 0) from $.scripts"))) {
            row.next();
            return row.getInt(1);
        }
    }

    private static boolean exists(Statement statement, String what) throws SQLException {
        try (ResultSet row = statement.executeQuery("select " + what + " is not null")) {
            return row.next() && row.getBoolean(1);
        }
    }

    private void apply(Statement statement, int number) throws SQLException {
        String name = ALL.get(number - 1);
        statement.execute(read(name).replace("${schema}", pool.schema()));
        try (PreparedStatement note = statement
                .getConnection()
                .prepareStatement(pool.sql("insert into $.scripts (number, name) values (?, ?)"))) {
            note.setInt(1, number);
            note.setString(2, name);
            note.executeUpdate();
        }
    }

    private static String read(String name) {
        try (InputStream script = Objects.requireNonNull(Scripts.class.getResourceAsStream(name), name)) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }
}
