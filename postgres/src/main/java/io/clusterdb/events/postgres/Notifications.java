package io.clusterdb.events.postgres;

import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears that positions were given, by {@code LISTEN} on a connection of its own. It only wakes: what is missed while there
 * is no connection is found by asking. Its rounds wait for the server, which is why it is not the {@link Sequencer}'s work.
 */
final class Notifications implements Duty, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);
    private static final String LISTEN = "listen \"io.clusterdb.events\"";
    private static final int WAIT_MILLIS = 1_000;
    private static final long AFTER_FAILURE = TimeUnit.MILLISECONDS.toNanos(500);

    private final Pool pool;
    private final Runnable signal;
    private final Environment.Task task;
    private volatile @Nullable Connection connection;
    private volatile boolean closed;

    /** @param signal called when positions may have been given, also for no reason. It must not wait */
    Notifications(Pool pool, Environment environment, Runnable signal) {
        this.pool = pool;
        this.signal = signal;
        this.task = environment.start("events-listen-" + pool.store(), this);
    }

    /** Whether positions that are given from now on are heard of. */
    boolean isListening() {
        return connection != null;
    }

    @Override
    public long run() {
        if (closed) {
            return WHEN_WOKEN;
        }
        try {
            hear(listening());
            return AGAIN;
        } catch (SQLException e) {
            if (!closed) {
                LOG.debug("Notifications of store {} are not heard for now", pool.store(), e);
            }
            disconnect();
            return AFTER_FAILURE;
        }
    }

    private Connection listening() throws SQLException {
        Connection current = connection;
        if (current == null) {
            current = pool.connect();
            try (Statement statement = current.createStatement()) {
                statement.execute(LISTEN);
            } catch (SQLException e) {
                current.close();
                throw e;
            }
            signal.run(); // for what was given before
            connection = current;
        }
        return current;
    }

    /** Waits for some, but not for long: the connection may be dead without a sign. */
    private void hear(Connection from) throws SQLException {
        for (PGNotification each : from.unwrap(PGConnection.class).getNotifications(WAIT_MILLIS)) {
            if (each.getParameter().equals(pool.schema())) {
                signal.run();
                return;
            }
        }
    }

    private void disconnect() {
        Connection lost = connection;
        connection = null;
        if (lost != null) {
            try {
                lost.abort(Runnable::run); // a close would wait for the round that is reading
            } catch (SQLException e) {
                LOG.debug("Closing the connection that listens", e);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        disconnect();
        task.close();
        disconnect(); // of one that was just made
    }
}
