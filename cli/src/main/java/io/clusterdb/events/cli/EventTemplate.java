package io.clusterdb.events.cli;

import io.clusterdb.events.filter.Expression;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** How a row becomes an event. Expressions are CEL over the row's {@code data} and its {@code line}. */
final class EventTemplate {
    @Option(names = "--type", paramLabel = "TYPE", description = "The type of the events. Default: record.")
    private String type = "record";

    @Option(
            names = "--source",
            paramLabel = "SOURCE",
            description = "Where they come from. Default: the name of the broker.")
    private @Nullable String source;

    @Option(names = "--id", paramLabel = "EXPR", description = "The id of each. Default: a new one.")
    private @Nullable String id;

    @Option(
            names = "--time",
            paramLabel = "EXPR",
            description = "When each happened: an instant, or a text such as 2026-01-31T08:00:00Z. Default: now.")
    private @Nullable String time;

    @Option(names = "--key", paramLabel = "EXPR", description = "The key of each. Default: none.")
    private @Nullable String key;

    /** A template with its expressions compiled. */
    final class Compiled {
        private final @Nullable Expression idOf = compile(id);
        private final @Nullable Expression timeOf = compile(time);
        private final @Nullable Expression keyOf = compile(key);

        private static @Nullable Expression compile(@Nullable String text) {
            return text == null ? null : Expression.over(text, "data", "line");
        }

        /** @throws BadRowException when an expression has no value that fits */
        ObjectNode event(Row.Good row) {
            ObjectNode event = JsonNodeFactory.instance.objectNode().put("type", type);
            if (source != null) {
                event.put("source", source);
            }
            if (idOf != null || timeOf != null || keyOf != null) {
                addValues(event, row);
            }
            return event.set("data", row.data());
        }

        private void addValues(ObjectNode event, Row.Good row) {
            Map<String, @Nullable Object> names = new LinkedHashMap<>();
            names.put("data", Expression.json(row.data()));
            names.put("line", row.line());
            if (idOf != null) {
                event.put("id", text("--id", idOf, names));
            }
            if (timeOf != null) {
                event.put("time", instant(timeOf, names).toString());
            }
            if (keyOf != null) {
                event.put("key", text("--key", keyOf, names));
            }
        }

        private Object value(String option, Expression expression, Map<String, ?> names) {
            Object value = expression.value(names);
            if (value == null) {
                throw new BadRowException(option + " " + expression.text()
                        + " has no value here: something in it is missing, empty or of another type");
            }
            return value;
        }

        private String text(String option, Expression expression, Map<String, ?> names) {
            Object value = value(option, expression, names);
            if (value instanceof String || value instanceof Number || value instanceof Boolean) {
                return value.toString();
            }
            if (value instanceof Instant) {
                return value.toString();
            }
            throw new BadRowException(option + " " + expression.text() + " is no text, number or truth value here");
        }

        private Instant instant(Expression expression, Map<String, ?> names) {
            Object value = value("--time", expression, names);
            if (value instanceof Instant instant) {
                return instant;
            }
            try {
                return OffsetDateTime.parse(value.toString()).toInstant();
            } catch (DateTimeException e) {
                throw new BadRowException("--time " + expression.text() + " is '" + value
                        + "' here, and no instant such as 2026-01-31T08:00:00Z; an expression can make one of it, "
                        + "such as timestamp(data.seconds) or data.time + 'Z'");
            }
        }
    }

    Compiled compiled() {
        return new Compiled();
    }

    /** A row of which no event can be made. */
    static final class BadRowException extends RuntimeException {
        BadRowException(String why) {
            super(why);
        }
    }
}
