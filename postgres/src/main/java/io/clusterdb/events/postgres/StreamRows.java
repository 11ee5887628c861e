package io.clusterdb.events.postgres;

import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.DomainEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PGobject;

/**
 * Events of one aggregate that name their versions, with nothing else to it: what most appends are. The unique key alone
 * sees to it that no other event has these versions, so one plain insert does, at half the cost of the function; and it
 * does for several of these appends at once.
 *
 * @param events of one aggregate
 */
record StreamRows(List<DomainEvent> events) {
    /** In ms; how long appends that are sent together wait for a transaction that has the version of one of them. */
    private static final int PATIENCE_OF_SEVERAL = 20;

    private static final String INSERT = "insert into $.events (ordinal, aggregate_id, aggregate_type, version,"
            + " event_id, by_id, type, data_version, time, metadata, data) select ";

    private static final String COLUMNS = INSERT + "nextval('$.ordinals'), ";

    /** Nothing is stored when the event before is not there, or of an aggregate of another type. */
    private static final String BEHIND = " where ? = 0 or exists (select from $.events b where b.aggregate_id = ?"
            + " and b.version = ? and b.aggregate_type = ?)";

    private static final String ONE_EVENT =
            COLUMNS + "?, ?, ? + 1, ?, false, ?, ?, ?::timestamptz, ?::json, ?::json" + BEHIND + " returning ordinal";

    /** One number of the sequence is as many ordinals as an append can need. */
    private static final String SEVERAL = "with s as materialized (select nextval('$.ordinals') as base" + BEHIND
            + "), stored as (" + INSERT + "s.base + r.step - 1, ?, ?, ? + r.step, r.event_id, false, r.type, ";

    private static final String SEVERAL_END = " with ordinality r (%s, step)) select base + ? - 1 from s";

    /** What is the same for all of them is sent, and read by the server, once. */
    private static final String ALIKE = SEVERAL + "?, ?::timestamptz, ?::json, r.data::json"
            + " from s, unnest(?::text[], ?::text[], ?::text[])"
            + SEVERAL_END.formatted("event_id, type, data");

    private static final String DIFFERENT =
            SEVERAL + "r.data_version, r.time::timestamptz, r.metadata::json, r.data::json"
                    + " from s, unnest(?::text[], ?::text[], ?::int4[], ?::text[], ?::text[], ?::text[])"
                    + SEVERAL_END.formatted("event_id, type, data_version, time, metadata, data");

    /** Each event before is looked up by itself: a plan made while the table is empty would read all of it. */
    private static final String AGGREGATES = COLUMNS + "r.aggregate_id, r.aggregate_type, r.version, r.event_id, false,"
            + " r.type, r.data_version, r.time::timestamptz, r.metadata::json, r.data::json"
            + " from unnest(?::text[], ?::text[], ?::int8[], ?::int8[], ?::text[], ?::text[], ?::int4[], ?::text[],"
            + " ?::text[], ?::text[]) r (aggregate_id, aggregate_type, version, before, event_id, type, data_version,"
            + " time, metadata, data) left join lateral (select b.version from $.events b"
            + " where b.aggregate_id = r.aggregate_id and b.version = r.before and b.aggregate_type = r.aggregate_type"
            + " offset 0) b on true where (r.before = 0 or b.version is not null)"
            + " and set_config('lock_timeout', '" + PATIENCE_OF_SEVERAL + "', true) is not null"
            + " returning ordinal, aggregate_id";

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

    private AppendToken token(String store, long mark) {
        return new AppendToken(store, mark, Map.of(aggregateId(), before() + events.size()));
    }

    /** The tokens of appends of different aggregates; null for one of which nothing was stored. */
    static List<@Nullable AppendToken> store(List<StreamRows> appends, Connection connection, Pool pool)
            throws SQLException {
        return appends.size() == 1
                ? Collections.singletonList(appends.get(0).store(connection, pool))
                : storeAll(appends, connection, pool);
    }

    private @Nullable AppendToken store(Connection connection, Pool pool) throws SQLException {
        boolean isOne = events.size() == 1;
        boolean isAlike = !isOne && isAlike();
        String sql = pool.sql(isOne ? ONE_EVENT : isAlike ? ALIKE : DIFFERENT);
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            Parameters parameters = new Parameters(statement);
            if (isOne) {
                setOne(parameters);
            } else {
                setBehind(parameters);
                setAggregate(parameters);
                setSeveral(parameters, isAlike);
                parameters.add(events.size());
            }
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? token(pool.store(), row.getLong(1)) : null;
            }
        }
    }

    private boolean isAlike() {
        DomainEvent first = events.get(0);
        return events.stream()
                .allMatch(e -> e.dataVersion() == first.dataVersion()
                        && Objects.equals(e.time(), first.time())
                        && e.metadata().equals(first.metadata()));
    }

    private void setBehind(Parameters parameters) throws SQLException {
        DomainEvent first = events.get(0);
        parameters.add(before()).add(first.aggregateId()).add(before()).add(first.aggregateType());
    }

    private void setAggregate(Parameters parameters) throws SQLException {
        DomainEvent first = events.get(0);
        parameters.add(first.aggregateId()).add(first.aggregateType()).add(before());
    }

    private void setOne(Parameters parameters) throws SQLException {
        EventRows.Texts texts = new EventRows.Texts();
        DomainEvent event = events.get(0);
        setAggregate(parameters);
        parameters.add(event.id()).add(event.type()).add(event.dataVersion());
        parameters.add(texts.time(event)).add(texts.json(event)).add(EventRows.data(event));
        setBehind(parameters);
    }

    private void setSeveral(Parameters parameters, boolean isAlike) throws SQLException {
        EventRows.Texts texts = new EventRows.Texts();
        if (isAlike) {
            DomainEvent first = events.get(0);
            parameters.add(first.dataVersion());
            parameters.add("timestamptz", texts.time(first)).add("json", texts.json(first));
        }
        parameters.add(column(DomainEvent::id, String[]::new)).add(column(DomainEvent::type, String[]::new));
        if (!isAlike) {
            parameters.add(column(DomainEvent::dataVersion, Integer[]::new));
            parameters.add(column(texts::time, String[]::new)).add(column(texts::json, String[]::new));
        }
        parameters.add(column(EventRows::data, String[]::new));
    }

    private <T> @Nullable T[] column(Function<DomainEvent, @Nullable T> value, IntFunction<@Nullable T[]> array) {
        return events.stream().map(value).toArray(array);
    }

    /** Sets the parameters of a statement in their order. */
    private static final class Parameters {
        private final PreparedStatement statement;
        private int count;

        Parameters(PreparedStatement statement) {
            this.statement = statement;
        }

        Parameters add(@Nullable Object value) throws SQLException {
            statement.setObject(++count, value);
            return this;
        }

        Parameters add(@Nullable Object[] values) throws SQLException {
            statement.setArray(++count, EventRows.array(statement.getConnection(), values));
            return this;
        }

        /** The text of a value of that type: the server reads it once. */
        Parameters add(String type, String text) throws SQLException {
            PGobject value = new PGobject();
            value.setType(type);
            value.setValue(text);
            statement.setObject(++count, value);
            return this;
        }
    }

    private static List<@Nullable AppendToken> storeAll(List<StreamRows> appends, Connection connection, Pool pool)
            throws SQLException {
        Map<String, Long> marks = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(pool.sql(AGGREGATES))) {
            setAll(statement, appends);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    marks.put(row.getString(2), row.getLong(1));
                }
            }
        }
        List<@Nullable AppendToken> tokens = new ArrayList<>(appends.size());
        for (StreamRows append : appends) {
            Long mark = marks.get(append.aggregateId());
            tokens.add(mark == null ? null : append.token(pool.store(), mark));
        }
        return tokens;
    }

    private static void setAll(PreparedStatement statement, List<StreamRows> appends) throws SQLException {
        List<StreamRows> sorted = new ArrayList<>(appends); // so that no two groups wait for each other
        sorted.sort(Comparator.comparing(StreamRows::aggregateId));
        EventRows.Texts texts = new EventRows.Texts();
        setAll(statement, 1, sorted, (append, event) -> event.aggregateId(), String[]::new);
        setAll(statement, 2, sorted, (append, event) -> event.aggregateType(), String[]::new);
        setAll(statement, 3, sorted, (append, event) -> event.version(), Long[]::new);
        setAll(statement, 4, sorted, (append, event) -> append.before(), Long[]::new);
        setAll(statement, 5, sorted, (append, event) -> event.id(), String[]::new);
        setAll(statement, 6, sorted, (append, event) -> event.type(), String[]::new);
        setAll(statement, 7, sorted, (append, event) -> event.dataVersion(), Integer[]::new);
        setAll(statement, 8, sorted, (append, event) -> texts.time(event), String[]::new);
        setAll(statement, 9, sorted, (append, event) -> texts.json(event), String[]::new);
        setAll(statement, 10, sorted, (append, event) -> EventRows.data(event), String[]::new);
    }

    private static <T> void setAll(
            PreparedStatement statement,
            int parameter,
            List<StreamRows> appends,
            BiFunction<StreamRows, DomainEvent, @Nullable T> value,
            IntFunction<@Nullable T[]> array)
            throws SQLException {
        List<@Nullable T> column = new ArrayList<>();
        for (StreamRows append : appends) {
            append.events.forEach(event -> column.add(value.apply(append, event)));
        }
        statement.setArray(parameter, EventRows.array(statement.getConnection(), column.toArray(array)));
    }
}
