package io.clusterdb.events.postgres;

import io.clusterdb.events.Append;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.ExpectedVersion;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An append as the arrays that the function of the same name takes: streams by their ids, and rows by stream and step, so
 * that all appends lock in one order.
 */
final class AppendRows {
    static final int PARAMETERS = 14;

    private final List<Stream> streams;
    private final List<Row> rows;

    /** An aggregate, what is expected of its version, and how many events it gets. */
    private static final class Stream {
        final String id;

        @Nullable
        String type;

        long lowest;
        long highest = Long.MAX_VALUE - Append.MAX_EVENTS;
        int events;

        Stream(String id) {
            this.id = id;
        }

        void expect(ExpectedVersion expected) {
            switch (expected.kind()) {
                case EXACT, NO_STREAM -> {
                    lowest = Math.max(lowest, expected.version());
                    highest = Math.min(highest, expected.version());
                }
                case STREAM_EXISTS -> lowest = Math.max(lowest, 1);
                case ANY -> {}
            }
        }

        /** Whether it is only looked at, and may not change meanwhile. */
        boolean isHeld() {
            return events == 0 && lowest == highest;
        }
    }

    /** @param event null where a stream is held */
    private record Row(
            Stream stream, int step, int place, @Nullable DomainEvent event) {}

    private AppendRows(List<Stream> streams, List<Row> rows) {
        this.streams = streams;
        this.rows = rows;
    }

    static AppendRows of(Append append) {
        Map<String, Stream> streams = new TreeMap<>();
        append.expectedByVersions()
                .forEach((id, expected) -> stream(streams, id).expect(expected));
        append.conditions().forEach((id, expected) -> stream(streams, id).expect(expected));
        List<Row> rows = new ArrayList<>();
        for (DomainEvent event : append.events()) {
            Stream stream = stream(streams, event.aggregateId());
            stream.type = event.aggregateType();
            stream.events++;
            rows.add(new Row(stream, stream.events, rows.size() + 1, event));
        }
        streams.values().stream().filter(Stream::isHeld).forEach(held -> rows.add(new Row(held, 1, 0, null)));
        rows.sort(Comparator.comparing((Row row) -> row.stream.id).thenComparingInt(Row::step));
        return new AppendRows(List.copyOf(streams.values()), rows);
    }

    private static Stream stream(Map<String, Stream> streams, String id) {
        return streams.computeIfAbsent(id, Stream::new);
    }

    /** The version of each aggregate behind this append, by those before it. */
    Map<String, Long> versions(Long[] heads) {
        Map<String, Long> versions = new HashMap<>();
        for (int i = 0; i < heads.length; i++) {
            if (streams.get(i).events > 0) {
                versions.put(streams.get(i).id, heads[i] + streams.get(i).events);
            }
        }
        return versions;
    }

    /** Gives a statement its {@value #PARAMETERS} parameters, from a number on. */
    void set(PreparedStatement statement, int first) throws SQLException {
        Map<Stream, Integer> numbers = new LinkedHashMap<>();
        streams.forEach(stream -> numbers.put(stream, numbers.size() + 1));
        EventRows.Texts texts = new EventRows.Texts();
        Object[][] columns = {
            streams.stream().map(s -> s.id).toArray(String[]::new),
            streams.stream().map(s -> s.type).toArray(String[]::new),
            streams.stream().map(s -> s.lowest).toArray(Long[]::new),
            streams.stream().map(s -> s.highest).toArray(Long[]::new),
            rows.stream().map(row -> numbers.get(row.stream)).toArray(Integer[]::new),
            rows.stream().map(Row::step).toArray(Integer[]::new),
            rows.stream().map(Row::place).toArray(Integer[]::new),
            texts(event -> Objects.requireNonNull(event.id()), ""),
            rows.stream()
                    .map(row -> row.event != null && row.event.version() == 0)
                    .toArray(Boolean[]::new),
            texts(DomainEvent::type, ""),
            rows.stream()
                    .map(row -> row.event == null ? 1 : row.event.dataVersion())
                    .toArray(Integer[]::new),
            texts(texts::time, "epoch"),
            texts(texts::json, "{}"),
            texts(EventRows::data, "{}")
        };
        for (int i = 0; i < columns.length; i++) {
            statement.setArray(first + i, EventRows.array(statement.getConnection(), columns[i]));
        }
    }

    private String[] texts(java.util.function.Function<DomainEvent, String> column, String held) {
        return rows.stream()
                .map(row -> row.event == null ? held : column.apply(row.event))
                .toArray(String[]::new);
    }
}
