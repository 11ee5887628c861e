package io.clusterdb.events.postgres;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.DataCodec;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

    /** The position of an event {@code e}: its row of positions has the first one, the events between have the others. */
    static final String POSITION = "(select p.first + n.between_them from (select * from $.positions p"
            + " where p.life = width_bucket(e.ordinal, " + LIVES + ") and (p.xid, p.ordinal) <= (e.xid, e.ordinal)"
            + " order by p.xid desc, p.ordinal desc limit 1) p"
            + " cross join lateral (select count(*) as between_them from $.events b"
            + " where (b.xid, b.ordinal) >= (p.xid, p.ordinal) and (b.xid, b.ordinal) < (e.xid, e.ordinal)"
            + " and width_bucket(b.ordinal, " + LIVES + ") = p.life) n where p.first + n.between_them <= p.last)";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final ObjectReader TEXTS = JSON.readerForMapOf(String.class);

    List<DomainEvent> read(PreparedStatement statement) throws SQLException {
        List<DomainEvent> events = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                events.add(event(rows));
            }
        }
        return events;
    }

    DomainEvent event(ResultSet row) throws SQLException {
        return DomainEvent.stored(
                new DomainEvent.Stored(
                        store,
                        row.getLong(10),
                        row.getString(1),
                        row.getString(2),
                        row.getLong(3),
                        row.getString(4),
                        row.getString(5),
                        row.getInt(6),
                        row.getObject(7, OffsetDateTime.class).toInstant(),
                        texts(row.getString(8)),
                        Bytes.of(row.getBytes(9))),
                codec);
    }

    private static Map<String, String> texts(String json) {
        return json.equals("{}") ? Map.of() : TEXTS.readValue(json);
    }

    static String json(Map<String, String> texts) {
        return texts.isEmpty() ? "{}" : JSON.writeValueAsString(texts);
    }

    /** PostgreSQL keeps microseconds, and would round. */
    static String time(DomainEvent event) {
        return Objects.requireNonNull(event.time())
                .truncatedTo(ChronoUnit.MICROS)
                .toString();
    }

    static String data(DomainEvent event) {
        return new String(event.bytes(), StandardCharsets.UTF_8);
    }
}
