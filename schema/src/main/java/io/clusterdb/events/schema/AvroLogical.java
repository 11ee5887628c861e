package io.clusterdb.events.schema;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Period;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAmount;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Conversion;
import org.apache.avro.Conversions;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.util.TimePeriod;
import org.jspecify.annotations.Nullable;

/**
 * A logical type at one place of a schema: Java's value for it, Avro's raw value under it, and its text. Thread-safe.
 *
 * @param conversion Avro's own
 * @param parse from text; null when it has none
 */
record AvroLogical(
        Schema schema, Conversion<?> conversion, @Nullable Function<String, Object> parse) {
    private static final Map<String, Conversion<?>> CONVERSIONS = Map.ofEntries(
            named(new Conversions.DecimalConversion()),
            named(new Conversions.BigDecimalConversion()),
            named(new Conversions.UUIDConversion()),
            named(new Conversions.DurationConversion()),
            named(new TimeConversions.DateConversion()),
            named(new TimeConversions.TimeMillisConversion()),
            named(new TimeConversions.TimeMicrosConversion()),
            named(new TimeConversions.TimestampMillisConversion()),
            named(new TimeConversions.TimestampMicrosConversion()),
            named(new TimeConversions.TimestampNanosConversion()),
            named(new TimeConversions.LocalTimestampMillisConversion()),
            named(new TimeConversions.LocalTimestampMicrosConversion()),
            named(new TimeConversions.LocalTimestampNanosConversion()));

    /** Reads Avro's generic data with Java's values for logical types. */
    static final GenericData GENERIC = new GenericData();

    static {
        CONVERSIONS.values().forEach(GENERIC::addLogicalTypeConversion);
    }

    private static final Map<Class<?>, Function<String, Object>> TEXTS = Map.of(
            UUID.class, AvroLogical::uuid,
            LocalDate.class, LocalDate::parse,
            LocalTime.class, LocalTime::parse,
            Instant.class, Instant::parse,
            LocalDateTime.class, LocalDateTime::parse,
            TimePeriod.class, AvroLogical::period);

    /** Null when the type is no logical one, or one that Avro does not know. */
    static @Nullable AvroLogical of(Schema schema) {
        Conversion<?> conversion = schema.getLogicalType() == null
                ? null
                : CONVERSIONS.get(schema.getLogicalType().getName());
        return conversion == null
                ? null
                : new AvroLogical(schema, conversion, TEXTS.get(conversion.getConvertedType()));
    }

    static boolean isKnown(String name) {
        return CONVERSIONS.containsKey(name);
    }

    /** With what it is of; nothing when there is none, or one that Avro does not know and so ignores. */
    static String name(Schema schema) {
        return switch (schema.getLogicalType()) {
            case null -> "";
            case LogicalTypes.Decimal d -> "decimal of precision " + d.getPrecision() + " and scale " + d.getScale();
            case LogicalType other -> other.getName();
        };
    }

    String expected() {
        return "a " + name(schema) + " (" + type().getSimpleName() + ")";
    }

    Class<?> type() {
        return conversion.getConvertedType();
    }

    /** Avro's raw value for a Java value, a text, or a raw value; null when there is none. */
    @Nullable
    Object raw(Object value) {
        try {
            return value instanceof CharSequence text ? rawOf(text.toString()) : rawOf(value);
        } catch (DateTimeException | ArithmeticException | IllegalArgumentException | AvroRuntimeException e) {
            return null;
        }
    }

    /** Java's value for a raw one as Avro's decoder gives it, bytes as an array. */
    Object value(Object raw) {
        Object generic = switch (raw) {
            case byte[] bytes when schema.getType() == Schema.Type.FIXED -> new GenericData.Fixed(schema, bytes);
            case byte[] bytes -> ByteBuffer.wrap(bytes);
            default -> raw;
        };
        try {
            return inPrecision(Conversions.convertToLogicalType(generic, schema, schema.getLogicalType(), conversion));
        } catch (DateTimeException | ArithmeticException | IllegalArgumentException | AvroRuntimeException e) {
            throw Misfit.of(expected(), raw);
        }
    }

    /** Avro looks at the precision when it writes only: bytes that are encoded already may hold any number. */
    private Object inPrecision(Object value) {
        if (value instanceof BigDecimal decimal
                && schema.getLogicalType() instanceof LogicalTypes.Decimal d
                && decimal.precision() > d.getPrecision()) {
            throw Misfit.of(expected(), decimal);
        }
        return value;
    }

    /** A duration as ISO-8601 has it, the others as Java writes them, which is ISO-8601 too. */
    static String text(Object value) {
        return value instanceof TimePeriod p ? text(p) : value.toString();
    }

    private @Nullable Object rawOf(String text) {
        return parse == null ? null : rawOf(parse.apply(text));
    }

    private @Nullable Object rawOf(Object value) {
        Object java = java(value);
        if (java instanceof LocalDate date) {
            return Math.toIntExact(date.toEpochDay()); // Avro's own takes the lower 32 bits
        } else if (java != null) {
            return Conversions.convertToRawType(java, schema, schema.getLogicalType(), conversion);
        }
        boolean isOther = switch (value) {
            case Number number -> type() == BigDecimal.class;
            case Enum<?> constant -> type() == UUID.class;
            default -> false;
        };
        return isOther ? null : value;
    }

    private @Nullable Object java(Object value) {
        if (type() == BigDecimal.class) {
            BigDecimal exact = Numbers.exact(value);
            return exact != null && schema.getLogicalType() instanceof LogicalTypes.Decimal d
                    ? Numbers.scaled(exact, d.getPrecision(), d.getScale())
                    : exact;
        } else if (type() == TimePeriod.class && value instanceof TemporalAmount amount) {
            return TimePeriod.from(amount);
        }
        return type().isInstance(value) ? value : null;
    }

    private static Map.Entry<String, Conversion<?>> named(Conversion<?> conversion) {
        return Map.entry(conversion.getLogicalTypeName(), conversion);
    }

    private static UUID uuid(String text) {
        UUID id = UUID.fromString(text);
        if (!id.toString().equalsIgnoreCase(text)) {
            throw new IllegalArgumentException("not in full");
        }
        return id;
    }

    static @Nullable UUID uuidOrNull(String text) {
        try {
            return uuid(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static TimePeriod period(String text) {
        int time = text.indexOf('T');
        String date = time < 0 ? text : text.substring(0, time);
        Period days = date.equals("P") ? Period.ZERO : Period.parse(date);
        long millis = time < 0 ? 0 : Duration.parse("P" + text.substring(time)).toMillis();
        return TimePeriod.of(days.toTotalMonths(), days.get(ChronoUnit.DAYS), millis);
    }

    private static String text(TimePeriod p) {
        String date = (p.getMonths() == 0 ? "" : p.getMonths() + "M") + (p.getDays() == 0 ? "" : p.getDays() + "D");
        String time = p.getMillis() == 0 && !date.isEmpty()
                ? ""
                : Duration.ofMillis(p.getMillis()).toString().substring(1);
        return "P" + date + time;
    }
}
