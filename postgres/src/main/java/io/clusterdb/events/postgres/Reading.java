package io.clusterdb.events.postgres;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.StoreEngine.Document;
import io.clusterdb.events.spi.StoreEngine.Page;
import io.clusterdb.events.spi.StoreEngine.Selection;
import io.clusterdb.events.spi.StoreReader;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Events in their order, and documents, as a session sees them. */
record Reading(Session session, EventRows events) implements StoreReader {
    /** Where the order is to be read: the row of positions that the next one is in, and how far it goes in that life. */
    private static final String NEXT = "select p.first, p.life, p.xid::text, p.ordinal, least("
            + "(select l.last from $.positions l order by l.first desc limit 1),"
            + " (select r.position from $.restores r where r.position >= p.first order by r.position limit 1))"
            + " from $.positions p where p.first <= ? order by p.first desc limit 1";

    /** Events in their order behind a position, all of them: so their positions follow each other. */
    private static final String ALL = "with n (first, life, xid, ordinal, last) as materialized (" + NEXT + ")"
            + " select " + EventRows.COLUMNS + " from $.events e"
            + " where (e.xid, e.ordinal) >= ((select xid::xid8 from n), (select ordinal from n))"
            + " and width_bucket(e.ordinal, " + EventRows.LIVES + ") = (select life from n) order by e.xid, e.ordinal"
            + " offset ? - (select first from n) limit greatest(0, least((select last from n) - ?, ?))";

    /** Events in their order from one on that has a known position; they are counted before some of them are left out. */
    private static final String SELECTED = "select " + EventRows.COLUMNS + ", e.position from (select e.*, ? - 1 +"
            + " row_number() over (order by e.xid, e.ordinal) as position from (select * from $.events e"
            + " where (e.xid, e.ordinal) >= (?::xid8, ?) and width_bucket(e.ordinal, " + EventRows.LIVES + ") = ?"
            + " order by e.xid, e.ordinal limit ?) e) e where e.position > ? and e.position <= ?"
            + " and (?::text[] is null or e.aggregate_type = any (?)) and (?::text[] is null or e.type = any (?))"
            + " order by e.xid, e.ordinal limit ?";

    private static final String LAST =
            "select coalesce(max(p.last), 0) from" + " (select * from $.positions p order by p.first desc limit 1) p";

    /** Positions that one question looks at, where not all events are wanted. */
    private static final int WINDOW = 10_000;

    /** Where reading goes on: the position of an event, how that is found, and the last position in its life. */
    private record Next(long position, int life, String xid, long ordinal, long last) {}

    @Override
    public Page all(long after, int limit, Selection selection) {
        return selection.equals(Selection.ALL) ? all(after, limit) : selected(after, limit, selection);
    }

    private Page all(long after, int limit) {
        List<DomainEvent> found = session.ask(session.sql(ALL), statement -> {
            statement.setLong(1, after + 1);
            statement.setLong(2, after + 1);
            statement.setLong(3, after);
            statement.setInt(4, limit);
            return events.read(statement, after + 1);
        });
        return new Page(found, after + found.size());
    }

    private Page selected(long after, int limit, Selection selection) {
        Next next = next(after + 1);
        if (next == null || next.last <= after) {
            return new Page(List.of(), after);
        }
        long last = Math.min(next.last, after + WINDOW);
        List<DomainEvent> found = session.ask(session.sql(SELECTED), statement -> {
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
        return session.ask(session.sql(NEXT), statement -> {
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

    @Override
    public long lastPosition() {
        return session.ask(session.sql(LAST), statement -> {
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        });
    }

    @Override
    public @Nullable Bytes document(String collection, String key) {
        return session.ask(session.sql("select value from $.documents where collection = ? and key = ?"), statement -> {
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
        return session.ask(session.sql(sql), statement -> {
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
}
