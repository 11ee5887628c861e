package io.clusterdb.events.postgres;

import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.DomainEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Events of one aggregate that name their versions, with nothing else to it: what most appends are. The unique key alone
 * sees to it that no other event has these versions, so one plain insert does, at half the cost of the function; and it
 * does for several of these appends at once.
 *
 * @param events of one aggregate
 */
record StreamRows(List<DomainEvent> events) {
    /** Stores nothing of an append when the event before is not there, or of an aggregate of another type. */
    static final String INSERT =
            "insert into $.events (ordinal, aggregate_id, aggregate_type, version, event_id, by_id,"
                    + " type, data_version, time, metadata, data)"
                    + " select nextval('$.ordinals'), r.aggregate_id, r.aggregate_type, r.version, r.event_id, false, r.type,"
                    + " r.data_version, r.time::timestamptz, r.metadata::json, r.data::json"
                    + " from unnest(?::text[], ?::text[], ?::int8[], ?::int8[], ?::text[], ?::text[], ?::int4[], ?::text[],"
                    + " ?::text[], ?::text[]) r (aggregate_id, aggregate_type, version, before, event_id, type,"
                    + " data_version, time, metadata, data), (select set_config('lock_timeout', ?, true)) w"
                    + " where r.before = 0 or exists (select from $.events b where b.aggregate_id = r.aggregate_id"
                    + " and b.version = r.before and b.aggregate_type = r.aggregate_type) returning aggregate_id, ordinal";

    /** In ms; how long appends that are sent together wait for a transaction that has the version of one of them. */
    private static final String PATIENCE_OF_SEVERAL = "20";

    static boolean fit(Append append) {
        DomainEvent first = append.events().get(0);
        return append.conditions().isEmpty()
                && first.version() > 0
                && append.events().stream().allMatch(e -> e.aggregateId().equals(first.aggregateId()));
    }

    String aggregateId() {
        return events.get(0).aggregateId();
    }

    private long before() {
        return events.get(0).version() - 1;
    }

    /** The tokens of appends of different aggregates; null for one of which nothing was stored. */
    static List<@Nullable AppendToken> store(List<StreamRows> appends, PreparedStatement statement, String store)
            throws SQLException {
        set(statement, appends);
        Map<String, Long> marks = new HashMap<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                marks.put(row.getString(1), row.getLong(2));
            }
        }
        List<@Nullable AppendToken> tokens = new ArrayList<>(appends.size());
        for (StreamRows append : appends) {
            String id = append.aggregateId();
            Long mark = marks.get(id);
            tokens.add(
                    mark == null
                            ? null
                            : new AppendToken(store, mark, Map.of(id, append.before() + append.events.size())));
        }
        return tokens;
    }

    private static void set(PreparedStatement statement, List<StreamRows> appends) throws SQLException {
        List<StreamRows> sorted = new ArrayList<>(appends); // so that no two groups wait for each other
        sorted.sort(Comparator.comparing(StreamRows::aggregateId));
        set(statement, 1, "text", sorted, (append, event) -> event.aggregateId());
        set(statement, 2, "text", sorted, (append, event) -> event.aggregateType());
        set(statement, 3, "int8", sorted, (append, event) -> event.version());
        set(statement, 4, "int8", sorted, (append, event) -> append.before());
        set(statement, 5, "text", sorted, (append, event) -> event.id());
        set(statement, 6, "text", sorted, (append, event) -> event.type());
        set(statement, 7, "int4", sorted, (append, event) -> event.dataVersion());
        set(statement, 8, "text", sorted, (append, event) -> EventRows.time(event));
        set(statement, 9, "text", sorted, (append, event) -> EventRows.json(event.metadata()));
        set(statement, 10, "text", sorted, (append, event) -> EventRows.data(event));
        statement.setString(11, appends.size() > 1 ? PATIENCE_OF_SEVERAL : "0");
    }

    private static void set(
            PreparedStatement statement,
            int parameter,
            String type,
            List<StreamRows> appends,
            BiFunction<StreamRows, DomainEvent, @Nullable Object> value)
            throws SQLException {
        List<@Nullable Object> column = new ArrayList<>();
        for (StreamRows append : appends) {
            append.events.forEach(event -> column.add(value.apply(append, event)));
        }
        Connection connection = statement.getConnection();
        statement.setArray(parameter, connection.createArrayOf(type, column.toArray()));
    }
}
