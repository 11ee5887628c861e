package io.clusterdb.events.postgres;

import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.StreamStatus;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreTransaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    private static final String UPWARDS =
            " from $.events e where e.aggregate_id = ? and e.version >= ? order by e.version limit ?";
    private static final String STREAM = "select " + EventRows.COLUMNS + ", " + EventRows.POSITION + UPWARDS;
    private static final String UNPLACED = "select " + EventRows.COLUMNS + ", 0" + UPWARDS;
    private static final String BACKWARDS = "select " + EventRows.COLUMNS + ", " + EventRows.POSITION
            + " from $.events e where e.aggregate_id = ? and e.version <= ? order by e.version desc limit ?";

    private static final String POSITION_OF = "select " + EventRows.POSITION + " from unnest(?::text[], ?::bigint[]) w"
            + " (id, version) cross join lateral (select * from $.events e where e.aggregate_id = w.id"
            + " and e.version = w.version offset 0) e where e.ordinal = ?";

    private final Pool pool;
    private final EventRows events;
    private final Appending appending;
    private final Sequencer sequencer;
    private final Environment environment;
    private final Reading reader;
    private final ReadAhead pages;

    PostgresStore(Pool pool, EventRows events, Environment environment) {
        this.pool = pool;
        this.events = events;
        this.sequencer = new Sequencer(pool, environment);
        this.appending = new Appending(pool, events, environment, sequencer::appended);
        this.reader = new Reading(pool, events);
        this.pages = new ReadAhead(reader::all);
        this.environment = environment;
    }

    Sequencer sequencer() {
        return sequencer;
    }

    @Override
    public Stored append(Append append, String inline, List<DocumentChange> documents) {
        return appending.append(append, inline, documents);
    }

    @Override
    public StoreTransaction begin(Class<?> resource, boolean appends) {
        Transaction.requireConnection(pool.store(), resource);
        return Transaction.begin(pool, events, appending, appends);
    }

    @Override
    public Optional<StoreTransaction> exclusive() {
        sequencer.appended(); // the last events get their positions sooner
        return Optional.ofNullable(Transaction.exclusive(pool, events, appending, environment));
    }

    @Override
    public boolean isShared() {
        return true;
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
    public Optional<Rest> behind(String aggregateId, long version, int limit) {
        int before = version > 0 ? 1 : 0; // the event of that version
        List<DomainEvent> found = stream(UNPLACED, aggregateId, version, limit + before);
        return found.isEmpty() || (version > 0 && found.getFirst().version() != version)
                ? Optional.empty()
                : Optional.of(new Rest(found.getFirst().aggregateType(), found.subList(before, found.size())));
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

    @Override
    public Page all(long after, int limit, Selection selection) {
        return pages.read(after, limit, selection);
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
        return reader.document(collection, key);
    }

    @Override
    public List<Document> documents(String collection, String after, int limit) {
        return reader.documents(collection, after, limit);
    }

    @Override
    public void write(List<DocumentChange> changes) {
        if (changes.isEmpty()) {
            return;
        }
        DocumentRows rows = new DocumentRows(changes);
        change(DocumentRows.CHANGE, rows, statement -> rows.set(statement, 1));
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
