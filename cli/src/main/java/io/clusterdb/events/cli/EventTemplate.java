package io.clusterdb.events.cli;

import io.clusterdb.events.RejectedException;
import io.clusterdb.events.config.Durations;
import io.clusterdb.events.filter.Expression;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** How a row becomes an event. Expressions are CEL over the row's {@code data} and its {@code line}. */
final class EventTemplate {
    private static final Pattern FROM_NOW = Pattern.compile("\\s*in\\s+(\\S+)\\s*");
    private static final int DOUBLE_DIGITS = 17;

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

    @Option(
            names = "--deliver-at",
            paramLabel = "EXPR",
            description =
                    "Until when each is held before it is published: an instant such as 2026-01-31T08:00:00Z, a time "
                            + "from now such as 'in 5m', or an expression as for --time. Default: not at all.")
    private @Nullable String deliverAt;

    @Option(names = "--key", paramLabel = "EXPR", description = "The key of each. Default: none.")
    private @Nullable String key;

    /** A template with its expressions compiled. */
    final class Compiled {
        private final @Nullable Expression idOf = compile(id);
        private final @Nullable Expression timeOf = compile(time);
        private final @Nullable Expression keyOf = compile(key);
        private final @Nullable Instant deliveredAt = deliverAt == null ? null : fixed(deliverAt);
        private final @Nullable Expression deliverAtOf = deliveredAt == null ? compile(deliverAt) : null;

        private static @Nullable Expression compile(@Nullable String text) {
            return text == null ? null : Expression.over(text, "data", "line");
        }

        /** @throws BadRowException when an expression has no value that fits */
        ObjectNode event(Row.Good row) {
            ObjectNode event = JsonNodeFactory.instance.objectNode().put("type", type);
            if (source != null) {
                event.put("source", source);
            }
            if (deliveredAt != null) {
                event.put("deliver_at", deliveredAt.toString());
            }
            if (idOf != null || timeOf != null || keyOf != null || deliverAtOf != null) {
                addValues(event, row);
            }
            return event.set("data", row.data());
        }

        private void addValues(ObjectNode event, Row.Good row) {
            Map<String, @Nullable Object> names = new LinkedHashMap<>();
            names.put("data", Expression.json(whole(row.data())));
            names.put("line", row.line());
            if (idOf != null) {
                event.put("id", text("--id", idOf, names));
            }
            if (timeOf != null) {
                event.put("time", instant("--time", timeOf, names).toString());
            }
            if (deliverAtOf != null) {
                event.put(
                        "deliver_at",
                        instant("--deliver-at", deliverAtOf, names).toString());
            }
            if (keyOf != null) {
                event.put("key", text("--key", keyOf, names));
            }
        }

        /** With texts instead of numbers that expressions would round: no digit of an id or a key is lost. */
        private static JsonNode whole(JsonNode node) {
            if (node.isObject()) {
                ObjectNode all = JsonNodeFactory.instance.objectNode();
                node.forEachEntry((name, value) -> all.set(name, whole(value)));
                return all;
            }
            if (node.isArray()) {
                ArrayNode all = JsonNodeFactory.instance.arrayNode();
                node.forEach(value -> all.add(whole(value)));
                return all;
            }
            boolean isLong = node.isIntegralNumber() && node.canConvertToLong();
            return node.isNumber() && !isLong && isRounded(node)
                    ? JsonNodeFactory.instance.stringNode(node.asString())
                    : node;
        }

        /** Not where somebody has written out all digits that a double may need: 0.10000000000000001 is 0.1. */
        private static boolean isRounded(JsonNode number) {
            double nearest = number.doubleValue();
            if (Double.isInfinite(nearest)) {
                return true;
            }
            BigDecimal exact = number.decimalValue();
            boolean isNear = exact.precision() <= DOUBLE_DIGITS
                    && new BigDecimal(nearest)
                                    .round(new MathContext(exact.precision()))
                                    .compareTo(exact)
                            == 0;
            return !isNear && BigDecimal.valueOf(nearest).compareTo(exact) != 0;
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
            if (value instanceof Double number && !number.isInfinite() && !number.isNaN()) {
                return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
            }
            if (value instanceof String || value instanceof Number || value instanceof Boolean) {
                return value.toString();
            }
            if (value instanceof Instant) {
                return value.toString();
            }
            throw new BadRowException(option + " " + expression.text() + " is no text, number or truth value here");
        }

        private Instant instant(String option, Expression expression, Map<String, ?> names) {
            Object value = value(option, expression, names);
            if (value instanceof Instant instant) {
                return instant;
            }
            try {
                return OffsetDateTime.parse(value.toString()).toInstant();
            } catch (DateTimeException e) {
                throw new BadRowException(option + " " + expression.text() + " is '" + value
                        + "' here, and no instant such as 2026-01-31T08:00:00Z; an expression can make one of it, "
                        + "such as timestamp(data.seconds) or data.time + 'Z'");
            }
        }
    }

    /** The time that a text is, whatever the row; null when it has to be found out from the row. */
    private static @Nullable Instant fixed(String text) {
        Matcher fromNow = FROM_NOW.matcher(text);
        if (fromNow.matches()) {
            Duration wait = Durations.parse(fromNow.group(1))
                    .orElseThrow(() -> RejectedException.invalid(
                            "option --deliver-at", "time from now", fromNow.group(1), Durations.ALLOWED));
            return Instant.now().plus(wait);
        }
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            return null;
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
