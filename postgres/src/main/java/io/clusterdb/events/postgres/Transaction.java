package io.clusterdb.events.postgres;

import io.clusterdb.events.Append;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.Problem;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import io.clusterdb.events.spi.StoreEngine.Stored;
import io.clusterdb.events.spi.StoreReader;
import io.clusterdb.events.spi.StoreTransaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A transaction on a connection that it has for itself. */
final class Transaction implements StoreTransaction, Session {
    private static final Logger LOG = LoggerFactory.getLogger(Transaction.class);

    /**
     * How long an exclusive one waits for appends that are on their way: all others wait behind it. Clearly longer than
     * deadlock_timeout, after which PostgreSQL makes way where it is an autovacuum that has the table.
     */
    private static final Duration APPENDS_END = Duration.ofSeconds(3);

    /** How long it waits for others, and how long it holds up appends until those that are stored have their positions. */
    private static final Duration OTHERS_END = Duration.ofSeconds(1);

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(2);

    private static final String DEFERS = "select exists (select from pg_constraint where condeferrable)";

    /**
     * Has constraints that are deferred fail at the event that breaks them: a commit that fails could not say whose fault
     * it is, and where a page of events ends is no business of theirs.
     */
    private static final String CHECK_DEFERRED = "set constraints all immediate; set constraints all deferred";

    private final Pool pool;
    private final Connection connection;
    private final Appending appending;
    private final Reading reading;
    private final UserConnection user;
    private @Nullable Savepoint mark;

    /** Whether the database has constraints that can be deferred; null = not asked yet. */
    private @Nullable Boolean defers;

    /** Whether somebody else had the connection. */
    private boolean lent;

    private boolean ended;

    private Transaction(Pool pool, EventRows events, Appending appending, Connection connection) throws SQLException {
        this.pool = pool;
        this.connection = connection;
        this.appending = appending;
        this.reading = new Reading(this, events);
        this.user = new UserConnection(connection);
        connection.setAutoCommit(false);
    }

    static void requireConnection(String store, Class<?> resource) {
        if (resource != Connection.class) {
            throw RejectedException.engine(
                    "Event store " + store + " has no " + resource.getName(),
                    "it is kept on PostgreSQL, which is written to by a java.sql.Connection",
                    "Ask for Connection.class");
        }
    }

    /** @param appends before anything else it joins those who append, so that it has nothing that an exclusive one waits for */
    static Transaction begin(Pool pool, EventRows events, Appending appending, boolean appends) {
        return open(pool, pool.take(), connection -> {
            Transaction begun = new Transaction(pool, events, appending, connection);
            if (appends) {
                begun.execute("lock table $.events in row exclusive mode");
            }
            return begun;
        });
    }

    /** @return null when appends can't be held up now */
    static @Nullable Transaction exclusive(Pool pool, EventRows events, Appending appending, Environment environment) {
        try {
            // A connection beside the pool: all of those may wait for this one.
            return open(pool, pool.connect(), connection -> {
                Transaction begun = new Transaction(pool, events, appending, connection);
                begun.requireEndOfOthers(environment);
                begun.execute("set local lock_timeout = " + APPENDS_END.toMillis());
                begun.execute("lock table $.events in share row exclusive mode");
                begun.execute("set local lock_timeout = 0");
                begun.require(environment, "select $.has_all_positions()");
                return begun;
            });
        } catch (SQLException e) {
            throw Failures.of(pool.store(), e);
        } catch (UnavailableException e) {
            if (e.getCause() instanceof SQLException why && Failures.isPassing(why) && !Failures.isBroken(why)) {
                LOG.debug("Appends to event store {} can't be held up now", pool.store(), e);
                return null;
            }
            throw e;
        }
    }

    /** Makes a transaction of a connection. */
    private interface Beginning {
        Transaction on(Connection connection) throws SQLException;
    }

    private static Transaction open(Pool pool, Connection connection, Beginning beginning) {
        try {
            return beginning.on(connection);
        } catch (SQLException e) {
            close(connection);
            throw Failures.of(pool.store(), e);
        } catch (RuntimeException | Error e) {
            close(connection);
            throw e;
        }
    }

    /** Where somebody's transaction stays open, the order would not be given, and appends would be held up in vain. */
    private void requireEndOfOthers(Environment environment) throws SQLException {
        String next = text("select pg_snapshot_xmax(pg_current_snapshot())::text");
        require(environment, "select pg_snapshot_xmin(pg_current_snapshot()) >= '" + next + "'::xid8");
    }

    /** Waits until something is true; each look is a statement, and sees what was committed before it. */
    private void require(Environment environment, String condition) throws SQLException {
        long begin = environment.nanos();
        while (!text(condition).equals("t")) {
            if (environment.nanos() - begin > OTHERS_END.toNanos()) {
                throw new SQLException("a transaction that is still open holds up the order of events", "55P03");
            }
            environment.await(new CompletableFuture<>(), BETWEEN_LOOKS);
        }
    }

    private String text(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql(sql))) {
            row.next();
            return row.getString(1);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql(sql));
        }
    }

    @Override
    public String sql(String template) {
        return pool.sql(template);
    }

    @Override
    public <T> T ask(String sql, Work<T> work) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            return work.on(statement);
        } catch (SQLException e) {
            throw lent && (Failures.isConsequence(e) || Failures.isForbidden(e))
                    ? ofUser(e)
                    : Failures.of(pool.store(), e);
        }
    }

    /** What a statement of a function's, or what it has set, has led to. */
    private EventsException ofUser(SQLException failure) {
        SQLException first = user.failure();
        SQLException why = Failures.isConsequence(failure) && first != null ? first : failure;
        if (Failures.isOvertaken(why)) {
            return ConflictException.gaveWay(pool.store(), String.valueOf(why.getMessage()), why);
        }
        return Failures.isPassing(why)
                ? Failures.of(pool.store(), why)
                : new RejectedException(
                        new Problem(
                                ErrorCode.ENGINE_REFUSED,
                                "A statement of a projection has failed",
                                "PostgreSQL answers: " + why.getMessage(),
                                "Correct the projection's function, or the tables that it writes to"),
                        why);
    }

    @Override
    public StoreReader reader() {
        return reading;
    }

    @Override
    public <T> T unwrap(Class<T> type) {
        requireConnection(pool.store(), type);
        lent = true;
        return type.cast(user.proxy());
    }

    @Override
    public void mark() {
        try {
            if (mark != null) {
                checkDeferred(); // this or the next fails where a statement has: undo goes back to the mark then
                connection.releaseSavepoint(mark);
                if (lent) {
                    execute("reset role"); // the next event's function may not be meant to have this one's
                }
            }
            mark = connection.setSavepoint();
            user.forgetFailure();
        } catch (SQLException e) {
            throw ofUser(e);
        }
    }

    private void checkDeferred() throws SQLException {
        Boolean known = defers;
        if (known == null) {
            known = text(DEFERS).equals("t");
            defers = known;
        }
        if (known) {
            execute(CHECK_DEFERRED);
        }
    }

    @Override
    public void undo(Throwable why) {
        for (Throwable each = why; each != null; each = each.getCause()) {
            requireNoPassing(each);
        }
        requireNoPassing(user.failure()); // also where the function says something else, or nothing
        try {
            connection.rollback(mark);
            user.forgetFailure();
        } catch (SQLException e) {
            throw Failures.of(pool.store(), e);
        }
    }

    private void requireNoPassing(@Nullable Throwable failure) {
        if (failure instanceof SQLException cause && Failures.isPassing(cause)) {
            throw ofUser(cause);
        }
    }

    @Override
    public void write(List<DocumentChange> changes) {
        resetSettings();
        DocumentRows rows = new DocumentRows(changes);
        try {
            try (PreparedStatement statement = connection.prepareStatement(sql(DocumentRows.CHANGE))) {
                rows.set(statement, 1);
                statement.execute();
            }
            if (changes.stream().anyMatch(change -> change.collection().equals(PostgresStore.INLINE))) {
                execute("select $.guard_appends()");
            }
        } catch (SQLException e) {
            if (Failures.isDocumentChanged(e)) {
                throw rows.conflict(e);
            }
            throw Failures.of(pool.store(), e);
        }
        commit();
    }

    private void commit() {
        try {
            connection.commit();
        } catch (SQLException e) {
            if (Failures.isBroken(e)) {
                pool.forget();
                throw OutcomeUnknownException.write("A change of documents of event store " + pool.store(), e);
            }
            throw Failures.of(pool.store(), e);
        } finally {
            close();
        }
    }

    @Override
    public @Nullable Stored append(Append append, String inline, List<DocumentChange> documents) {
        resetSettings();
        end();
        return appending.finish(connection, append, inline, documents);
    }

    /** What somebody has set holds neither for what is written now nor for those to whom the connection is given next. */
    private void resetSettings() {
        if (!lent) {
            return;
        }
        try {
            execute("reset all; reset role; " + pool.settingsOnceMore());
        } catch (SQLException e) {
            if (Failures.isBroken(e)) {
                pool.forget();
            }
            throw Failures.of(pool.store(), e);
        }
    }

    private void end() {
        ended = true;
        user.end();
    }

    @Override
    public void close() {
        if (!ended) {
            end();
            try {
                connection.rollback();
            } catch (SQLException e) {
                LOG.debug("A transaction ends with its connection", e);
            }
            close(connection);
        }
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("Closing the connection of a transaction", e);
        }
    }
}
