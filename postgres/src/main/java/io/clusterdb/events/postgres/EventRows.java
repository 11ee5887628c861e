package io.clusterdb.events.postgres;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.DataCodec;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/**
 * Rows of events as events.
 *
 * @param store its name
 * @param codec lifts old data
 */
record EventRows(String store, DataCodec codec) {
    /** What is read of an event {@code e}; its position follows, and is the tenth column. */
    static final String COLUMNS =
            "e.aggregate_id, e.aggregate_type, e.version, e.event_id, e.type, e.data_version, e.time,"
                    + " e.metadata, e.data";

    /** The ordinals that the lives of the schema begin with, but for its first one. */
    static final String LIVES =
            "(select coalesce(array_agg(r.ordinal + 1 order by r.ordinal), '{}') from $.restores r)";

    /**
     * The position of an event {@code e}: its row of positions has the first one, the events between have the others.
     * No more are counted than have positions: while the order is held up, there may be any number behind them.
     */
    static final String POSITION = "(select p.first + n.between_them from (select * from $.positions p"
            + " where p.life = width_bucket(e.ordinal, " + LIVES + ") and (p.xid, p.ordinal) <= (e.xid, e.ordinal)"
            + " order by p.xid desc, p.ordinal desc limit 1) p"
            + " cross join lateral (select count(*) as between_them from (select from $.events b"
            + " where (b.xid, b.ordinal) >= (p.xid, p.ordinal) and (b.xid, b.ordinal) < (e.xid, e.ordinal)"
            + " and width_bucket(b.ordinal, " + LIVES + ") = p.life"
            + " order by b.xid, b.ordinal limit p.last - p.first + 1) b) n where p.first + n.between_them <= p.last)";

    List<DomainEvent> read(PreparedStatement statement) throws SQLException {
        return read(statement, 0);
    }

    /** @param first the position of the first row, the others follow it; 0 = each has its own as the tenth column */
    List<DomainEvent> read(PreparedStatement statement, long first) throws SQLException {
        List<DomainEvent> events = new ArrayList<>();
        Texts texts = new Texts();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                events.add(event(rows, first > 0 ? first + events.size() : rows.getLong(10), texts));
            }
        }
        return events;
    }

    DomainEvent event(ResultSet row) throws SQLException {
        return event(row, row.getLong(10), new Texts());
    }

    private DomainEvent event(ResultSet row, long position, Texts texts) throws SQLException {
        return DomainEvent.stored(
                new DomainEvent.Stored(
                        store,
                        position,
                        row.getString(1),
                        row.getString(2),
                        row.getLong(3),
                        row.getString(4),
                        row.getString(5),
                        row.getInt(6),
                        row.getObject(7, OffsetDateTime.class).toInstant(),
                        texts.map(row.getString(8)),
                        Bytes.of(row.getBytes(9))),
                codec);
    }

    /**
     * Times and metadata as texts and back. Events that are stored together mostly have the same, so the last ones are
     * remembered. Not thread-safe.
     */
    static final class Texts {
        private static final JsonMapper JSON = JsonMapper.builder().build();
        private static final ObjectReader TEXTS = JSON.readerForMapOf(String.class);

        private Map<String, String> map = Map.of();
        private String json = "{}";
        private Instant time = Instant.EPOCH;
        private String timeText = time.toString();

        /** PostgreSQL keeps microseconds, and would round. */
        String time(DomainEvent event) {
            Instant wanted = Objects.requireNonNull(event.time());
            if (!wanted.equals(time)) {
                timeText = wanted.truncatedTo(ChronoUnit.MICROS).toString();
                time = wanted;
            }
            return timeText;
        }

        String json(DomainEvent event) {
            Map<String, String> wanted = event.metadata();
            if (!wanted.equals(map)) {
                json = JSON.writeValueAsString(wanted);
                map = wanted;
            }
            return json;
        }

        Map<String, String> map(String wanted) {
            if (!wanted.equals(json)) {
                map = Collections.unmodifiableMap(TEXTS.<Map<String, String>>readValue(wanted));
                json = wanted;
            }
            return map;
        }
    }

    static String data(DomainEvent event) {
        return new String(event.bytes(), StandardCharsets.UTF_8);
    }

    /** An array of texts, numbers or truth values: of the class that says which, the driver sends it in binary. */
    static Array array(Connection connection, @Nullable Object[] values) throws SQLException {
        String type = values instanceof String[]
                ? "text"
                : values instanceof Long[] ? "int8" : values instanceof Integer[] ? "int4" : "bool";
        return connection.createArrayOf(type, values);
    }
}
