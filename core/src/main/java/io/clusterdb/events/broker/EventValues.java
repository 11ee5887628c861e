package io.clusterdb.events.broker;

import io.clusterdb.events.Event;
import io.clusterdb.events.filter.Expression;
import io.clusterdb.events.spi.LogRecord;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** An event as an expression sees it. Its data is parsed when the expression asks for it. */
final class EventValues implements Expression.Values {
    private final Event event;
    private final LogRecord record;

    EventValues(Event event, LogRecord record) {
        this.event = event;
        this.record = record;
    }

    @Override
    public @Nullable Object value(String name) {
        return switch (name) {
            case "id" -> event.id();
            case "type" -> event.type();
            case "source" -> event.source();
            case "subject" -> event.subject();
            case "time" -> event.time();
            case "key" -> event.key();
            case "data" -> event.isStructured() ? plain(event.data()) : null;
            case "metadata" -> event.metadata();
            case "topic" -> Origin.of(record).topic();
            case "partition" -> (long) Origin.of(record).partition();
            case "offset" -> Origin.of(record).offset();
            default -> null;
        };
    }

    private static @Nullable Object plain(JsonNode node) {
        if (node.isObject()) {
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            node.forEachEntry((name, value) -> map.put(name, plain(value)));
            return map;
        }
        if (node.isArray()) {
            List<@Nullable Object> list = new ArrayList<>();
            node.forEach(value -> list.add(plain(value)));
            return list;
        }
        if (node.isNumber()) {
            return node.isIntegralNumber() && node.canConvertToLong() ? (Object) node.longValue() : node.doubleValue();
        }
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        return node.isNull() || node.isMissingNode() ? null : node.asString();
    }
}
