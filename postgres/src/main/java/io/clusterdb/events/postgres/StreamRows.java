package io.clusterdb.events.postgres;

import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.DomainEvent;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Events of one aggregate that name their versions, with nothing else to it: what most appends are. The unique key alone
 * sees to it that no other event has these versions, so one plain insert does, at half the cost of the function.
 *
 * @param events of one aggregate
 */
record StreamRows(List<DomainEvent> events) {
    /** Stores nothing when the event before is not there, or of an aggregate of another type. */
    static final String INSERT =
            "insert into $.events (ordinal, aggregate_id, aggregate_type, version, event_id, by_id,"
                    + " type, data_version, time, metadata, data)"
                    + " select nextval('$.ordinals'), ?, ?, ? + r.step, r.event_id, false, r.type, r.data_version,"
                    + " r.time::timestamptz, r.metadata::json, r.data::json"
                    + " from unnest(?::text[], ?::text[], ?::int[], ?::text[], ?::text[], ?::text[])"
                    + " with ordinality r (event_id, type, data_version, time, metadata, data, step)"
                    + " where ? = 0 or exists (select from $.events b where b.aggregate_id = ? and b.version = ?"
                    + " and b.aggregate_type = ?) returning ordinal";

    static boolean fit(Append append) {
        DomainEvent first = append.events().get(0);
        return append.conditions().isEmpty()
                && first.version() > 0
                && append.events().stream().allMatch(e -> e.aggregateId().equals(first.aggregateId()));
    }

    /** Null when nothing was stored. */
    @Nullable
    AppendToken store(PreparedStatement statement, String store) throws SQLException {
        DomainEvent first = events.get(0);
        long before = first.version() - 1;
        statement.setString(1, first.aggregateId());
        statement.setString(2, first.aggregateType());
        statement.setLong(3, before);
        Connection connection = statement.getConnection();
        statement.setArray(4, texts(connection, DomainEvent::id));
        statement.setArray(5, texts(connection, DomainEvent::type));
        statement.setArray(6, connection.createArrayOf("int4", column(DomainEvent::dataVersion)));
        statement.setArray(7, texts(connection, EventRows::time));
        statement.setArray(8, texts(connection, event -> EventRows.json(event.metadata())));
        statement.setArray(9, texts(connection, EventRows::data));
        statement.setLong(10, before);
        statement.setString(11, first.aggregateId());
        statement.setLong(12, before);
        statement.setString(13, first.aggregateType());
        long mark = 0;
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                mark = row.getLong(1);
            }
        }
        return mark == 0 ? null : new AppendToken(store, mark, Map.of(first.aggregateId(), before + events.size()));
    }

    private Array texts(Connection connection, Function<DomainEvent, @Nullable Object> column) throws SQLException {
        return connection.createArrayOf("text", column(column));
    }

    private Object[] column(Function<DomainEvent, @Nullable Object> column) {
        return events.stream().map(column).toArray();
    }
}
