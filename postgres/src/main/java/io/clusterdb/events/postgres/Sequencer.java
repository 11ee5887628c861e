package io.clusterdb.events.postgres;

import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreEngine.Watch;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives events their positions, behind their appends. Every process that has the store open has one, and one of them
 * works at a time. Each hears of positions that others have given ({@link Notifications}), and asks now and then all the
 * same. It has a connection of its own.
 */
final class Sequencer implements Duty, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Sequencer.class);

    /** Positions given in one transaction. */
    static final int BATCH = 10_000;

    static final String GIVE = "select given, last from $.give_positions(" + BATCH + ")";

    /** Between two rounds while events come that somebody waits for: each round is work for the server. */
    private static final long BUSY = TimeUnit.MILLISECONDS.toNanos(5);

    /** The same where nobody waits here: who asks for the last position gives all of them. */
    private static final long UNWATCHED = TimeUnit.MILLISECONDS.toNanos(25);

    /** Between two rounds while none come, at most, where nothing tells when they do. */
    private static final long UNTOLD = TimeUnit.MILLISECONDS.toNanos(50);

    /** The same where something does: another process may have died before it gave its events their positions. */
    private static final long IDLE = TimeUnit.SECONDS.toNanos(1);

    private static final long AFTER_FAILURE = TimeUnit.MILLISECONDS.toNanos(500);

    private final Pool pool;
    private final Environment environment;
    private final Holdup holdup;
    private final List<Runnable> watches = new CopyOnWriteArrayList<>();
    private final AtomicLong appends = new AtomicLong();
    private final Environment.Task task;
    private volatile boolean resting;

    /** There is one as soon as somebody watches: who only appends needs none, and no connection for it. */
    private volatile @Nullable Notifications notifications;

    private @Nullable Connection connection;
    private @Nullable PreparedStatement statement;
    private long last;
    private long pause = BUSY;
    private boolean failed;

    Sequencer(Pool pool, Environment environment) {
        this.pool = pool;
        this.environment = environment;
        this.holdup = new Holdup(pool, environment);
        this.task = environment.start("events-order-" + pool.store(), this);
    }

    Holdup holdup() {
        return holdup;
    }

    /** To be called when an append has ended here, or others have given positions. */
    void appended() {
        appends.incrementAndGet();
        if (resting) {
            resting = false;
            task.wake();
        }
    }

    synchronized Watch watch(Runnable signal) {
        watches.add(signal);
        task.wake();
        if (notifications == null) {
            notifications = new Notifications(pool, environment, this::appended);
        }
        return () -> watches.remove(signal);
    }

    @Override
    public long run() {
        long before = appends.get();
        boolean rested = resting;
        resting = false;
        try {
            return round(before, rested);
        } catch (SQLException e) {
            if (!failed) {
                LOG.warn(
                        "Events of store {} get no positions for now, it is tried again: {}",
                        pool.store(),
                        e.toString());
            }
            failed = true;
            disconnect();
            return AFTER_FAILURE;
        }
    }

    /** @param rested whether nothing has happened since the round before */
    private long round(long before, boolean rested) throws SQLException {
        boolean given = givePositions();
        failed = false;
        long busy = watches.isEmpty() ? UNWATCHED : BUSY;
        if (given) {
            pause = busy;
            return pause;
        }
        holdup.look(connected());
        pause = rested && before == appends.get() ? Math.min(2 * pause, longest()) : busy;
        resting = true;
        return before == appends.get() ? pause : busy; // an append that has just missed the sign
    }

    private long longest() {
        boolean told = watches.isEmpty() || isListening();
        return told && holdup.holder() == null ? IDLE : UNTOLD;
    }

    boolean isListening() {
        Notifications listening = notifications;
        return listening != null && listening.isListening();
    }

    /** Whether there are new ones, whoever has given them. */
    private boolean givePositions() throws SQLException {
        if (statement == null) {
            statement = connected().prepareStatement(pool.sql(GIVE));
        }
        try (ResultSet row = statement.executeQuery()) {
            row.next();
            long found = row.getLong(2);
            if (found <= last) {
                return false;
            }
            last = found;
        }
        watches.forEach(Runnable::run);
        return true;
    }

    private Connection connected() throws SQLException {
        Connection current = connection;
        if (current == null) {
            current = pool.connect();
            connection = current;
        }
        return current;
    }

    private void disconnect() {
        Connection lost = connection;
        connection = null;
        statement = null;
        if (lost != null) {
            try {
                lost.close();
            } catch (SQLException e) {
                LOG.debug("Closing the connection that gives positions", e);
            }
        }
    }

    @Override
    public synchronized void close() {
        Notifications listening = notifications;
        if (listening != null) {
            listening.close();
        }
        task.close();
        disconnect();
    }
}
