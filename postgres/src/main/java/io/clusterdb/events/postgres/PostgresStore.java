package io.clusterdb.events.postgres;

import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.StreamStatus;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreEngine;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An event store in a schema of a PostgreSQL database. Events are rows that the unique key (aggregate, version) keeps in
 * line; their one order is given behind their appends ({@link Sequencer}).
 */
final class PostgresStore implements StoreEngine {
    private static final String STREAMS = "select h.aggregate_id, e.aggregate_type, h.version from"
            + " (select aggregate_id, max(version) as version from $.events where aggregate_id > ?"
            + " group by aggregate_id order by aggregate_id limit ?) h"
            + " join $.events e using (aggregate_id, version) order by h.aggregate_id";
    private static final String STREAM = "select " + EventRows.COLUMNS + ", " + EventRows.POSITION
            + " from $.events e where e.aggregate_id = ? and e.version >= ? order by e.version limit ?";
    private static final String BACKWARDS = "select " + EventRows.COLUMNS + ", " + EventRows.POSITION
            + " from $.events e where e.aggregate_id = ? and e.version <= ? order by e.version desc limit ?";

    /** Where the order is to be read: the row of positions that the next one is in, and how far it goes in that life. */
    private static final String NEXT = "select p.first, p.life, p.xid::text, p.ordinal, least("
            + "(select l.last from $.positions l order by l.first desc limit 1),"
            + " (select r.position from $.restores r where r.position >= p.first order by r.position limit 1))"
            + " from $.positions p where p.first <= ? order by p.first desc limit 1";

    /** Events in their order from one on that has a known position; they are counted before some of them are left out. */
    private static final String ALL = "select " + EventRows.COLUMNS + ", e.position from (select e.*, ? - 1 +"
            + " row_number() over (order by e.xid, e.ordinal) as position from (select * from $.events e"
            + " where (e.xid, e.ordinal) >= (?::xid8, ?) and width_bucket(e.ordinal, " + EventRows.LIVES + ") = ?"
            + " order by e.xid, e.ordinal limit ?) e) e where e.position > ? and e.position <= ?"
            + " and (?::text[] is null or e.aggregate_type = any (?)) and (?::text[] is null or e.type = any (?))"
            + " order by e.xid, e.ordinal limit ?";

    private static final String POSITION_OF = "select " + EventRows.POSITION + " from unnest(?::text[], ?::bigint[]) w"
            + " (id, version) cross join lateral (select * from $.events e where e.aggregate_id = w.id"
            + " and e.version = w.version offset 0) e where e.ordinal = ?";

    /** Positions that one question looks at, where not all events are wanted. */
    private static final int WINDOW = 10_000;

    private final Pool pool;
    private final EventRows events;
    private final Appending appending;
    private final Sequencer sequencer;
    private final ReadAhead pages = new ReadAhead(this::page);

    PostgresStore(Pool pool, EventRows events, Environment environment) {
        this.pool = pool;
        this.events = events;
        this.appending = new Appending(pool, events, environment);
        this.sequencer = new Sequencer(pool, environment);
    }

    Sequencer sequencer() {
        return sequencer;
    }

    @Override
    public AppendToken append(Append append, List<DocumentChange> documents) {
        AppendToken token = appending.append(append, documents);
        sequencer.appended();
        return token;
    }

    @Override
    public Optional<StreamHead> head(String aggregateId) {
        return Optional.ofNullable(appending.heads(aggregateId).get(aggregateId));
    }

    @Override
    public List<StreamStatus> streams(String after, int limit) {
        return pool.ask(pool.sql(STREAMS), statement -> {
            statement.setString(1, after);
            statement.setInt(2, limit);
            List<StreamStatus> found = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(new StreamStatus(row.getString(1), row.getString(2), row.getLong(3)));
                }
            }
            return found;
        });
    }

    @Override
    public List<DomainEvent> stream(String aggregateId, long from, int limit) {
        return stream(STREAM, aggregateId, from, limit);
    }

    @Override
    public List<DomainEvent> backwards(String aggregateId, long from, int limit) {
        return stream(BACKWARDS, aggregateId, from, limit);
    }

    private List<DomainEvent> stream(String sql, String aggregateId, long from, int limit) {
        return pool.ask(pool.sql(sql), statement -> {
            statement.setString(1, aggregateId);
            statement.setLong(2, from);
            statement.setInt(3, limit);
            return events.read(statement);
        });
    }

    /** Where reading goes on: the position of an event, how that is found, and the last position in its life. */
    private record Next(long position, int life, String xid, long ordinal, long last) {}

    @Override
    public Page all(long after, int limit, Selection selection) {
        return pages.read(after, limit, selection);
    }

    private Page page(long after, int limit, Selection selection) {
        Next next = next(after + 1);
        boolean selective = !selection.equals(Selection.ALL);
        if (next == null || next.last <= after) {
            return new Page(List.of(), after);
        }
        long last = Math.min(next.last, after + (selective ? WINDOW : limit));
        List<DomainEvent> found = pool.ask(pool.sql(ALL), statement -> {
            statement.setLong(1, next.position);
            statement.setString(2, next.xid);
            statement.setLong(3, next.ordinal);
            statement.setInt(4, next.life);
            statement.setLong(5, last + 1 - next.position);
            statement.setLong(6, after);
            statement.setLong(7, last);
            set(statement, 8, selection.aggregateTypes());
            set(statement, 10, selection.eventTypes());
            statement.setInt(12, limit);
            return events.read(statement);
        });
        boolean more = found.size() == limit;
        return new Page(found, more ? found.get(limit - 1).position() : last);
    }

    private @Nullable Next next(long position) {
        return pool.ask(pool.sql(NEXT), statement -> {
                    statement.setLong(1, position);
                    try (ResultSet row = statement.executeQuery()) {
                        return row.next()
                                ? Optional.of(new Next(
                                        row.getLong(1),
                                        row.getInt(2),
                                        row.getString(3),
                                        row.getLong(4),
                                        row.getLong(5)))
                                : Optional.<Next>empty();
                    }
                })
                .orElse(null);
    }

    /** Null twice when all are wanted. */
    private static void set(PreparedStatement statement, int first, Set<String> types) throws SQLException {
        Array array = types.isEmpty() ? null : statement.getConnection().createArrayOf("text", types.toArray());
        statement.setArray(first, array);
        statement.setArray(first + 1, array);
    }

    /** Gives what can be given first, so that it is behind all that was stored before, where nobody holds that up. */
    @Override
    public long lastPosition() {
        return pool.ask(pool.sql(Sequencer.GIVE), statement -> {
            while (true) {
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    long given = row.getLong(1);
                    if (!row.wasNull() && given < Sequencer.BATCH) {
                        return row.getLong(2);
                    }
                }
            }
        });
    }

    @Override
    public long position(AppendToken token) {
        return pool.ask(pool.sql(POSITION_OF), statement -> {
            Connection connection = statement.getConnection();
            statement.setArray(
                    1,
                    connection.createArrayOf("text", token.versions().keySet().toArray()));
            statement.setArray(
                    2,
                    connection.createArrayOf("int8", token.versions().values().toArray()));
            statement.setLong(3, token.mark());
            return number(statement, 0);
        });
    }

    private static long number(PreparedStatement statement, long otherwise) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            return row.next() ? row.getLong(1) : otherwise;
        }
    }

    @Override
    public Watch watch(Runnable signal) {
        return sequencer.watch(signal);
    }

    @Override
    public @Nullable Bytes document(String collection, String key) {
        return pool.ask(pool.sql("select value from $.documents where collection = ? and key = ?"), statement -> {
                    statement.setString(1, collection);
                    statement.setString(2, key);
                    try (ResultSet row = statement.executeQuery()) {
                        return row.next() ? Optional.of(Bytes.of(row.getBytes(1))) : Optional.<Bytes>empty();
                    }
                })
                .orElse(null);
    }

    @Override
    public List<Document> documents(String collection, String after, int limit) {
        String sql = "select key, value from $.documents where collection = ? and key > ? order by key limit ?";
        return pool.ask(pool.sql(sql), statement -> {
            statement.setString(1, collection);
            statement.setString(2, after);
            statement.setInt(3, limit);
            List<Document> found = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(new Document(row.getString(1), Bytes.of(row.getBytes(2))));
                }
            }
            return found;
        });
    }

    @Override
    public void write(List<DocumentChange> changes) {
        if (changes.isEmpty()) {
            return;
        }
        DocumentRows rows = new DocumentRows(changes);
        change("select $.change_documents(?,?,?,?,?)::text", rows, statement -> rows.set(statement, 1));
    }

    @Override
    public void drop(String collection) {
        change("delete from $.documents where collection = ?", null, statement -> statement.setString(1, collection));
    }

    /** Gives a statement its parameters. */
    private interface Parameters {
        void set(PreparedStatement statement) throws SQLException;
    }

    private void change(String sql, @Nullable DocumentRows rows, Parameters parameters) {
        while (true) {
            try (Connection connection = pool.take();
                    PreparedStatement statement = connection.prepareStatement(pool.sql(sql))) {
                parameters.set(statement);
                statement.execute();
                return;
            } catch (SQLException e) {
                if (rows != null && Failures.isDocumentChanged(e)) {
                    throw rows.conflict(e);
                }
                if (Failures.isBroken(e)) {
                    pool.forget();
                    throw OutcomeUnknownException.write("A change of documents of event store " + pool.store(), e);
                }
                if (!Failures.isRace(e)) {
                    throw Failures.of(pool.store(), e);
                }
            }
        }
    }

    @Override
    public void close() {
        sequencer.close();
        pool.close();
    }
}
