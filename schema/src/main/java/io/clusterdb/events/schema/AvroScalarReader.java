package io.clusterdb.events.schema;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.SchemaException;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Period;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.util.TimePeriod;
import org.apache.avro.util.Utf8;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** Readers of values that have no parts: Avro's raw value, its logical one, and then what the Java type wants. */
final class AvroScalarReader {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private AvroScalarReader() {}

    /** @param type boxed */
    static AvroReader of(Schema schema, Class<?> type) {
        AvroReader raw = raw(schema);
        AvroLogical logical = AvroLogical.of(schema);
        Function<Object, @Nullable Object> conversion = logical == null ? null : conversion(logical.type(), type);
        if (logical == null || conversion == null) {
            return then(raw, rawConversion(schema, type), type);
        }
        return then(raw, value -> conversion.apply(logical.value(value)), type);
    }

    private static AvroReader then(AvroReader reader, Function<Object, @Nullable Object> conversion, Class<?> type) {
        return in -> {
            Object value = reader.read(in);
            Object converted = value == null ? null : conversion.apply(value);
            if (converted == null) {
                throw new SchemaException("", "a value for " + type.getTypeName(), Misfit.found(value));
            }
            return converted;
        };
    }

    private static AvroReader raw(Schema schema) {
        return switch (schema.getType()) {
            case BOOLEAN -> AvroScalarReader::truth;
            case INT -> BinaryDecoder::readInt;
            case LONG -> BinaryDecoder::readLong;
            case FLOAT -> BinaryDecoder::readFloat;
            case DOUBLE -> BinaryDecoder::readDouble;
            case STRING -> AvroScalarReader::text;
            case BYTES -> in -> in.readBytes(null).array();
            case FIXED -> fixed(schema.getFixedSize());
            case ENUM -> symbol(schema.getEnumSymbols());
            default -> throw new IllegalArgumentException("not a scalar: " + schema);
        };
    }

    /** Avro's decoder takes any byte for false. */
    private static Object truth(BinaryDecoder in) throws IOException {
        byte[] one = new byte[1];
        in.readFixed(one);
        if (one[0] != 0 && one[0] != 1) {
            throw Misfit.of("a boolean: 0 or 1", one[0]);
        }
        return one[0] == 1;
    }

    /** Java puts a replacement character for what is not UTF-8. */
    private static Object text(BinaryDecoder in) throws IOException {
        Utf8 utf8 = in.readString(null);
        String text = utf8.toString();
        if (text.indexOf('\uFFFD') >= 0) {
            try {
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8.getBytes(), 0, utf8.getByteLength()));
            } catch (CharacterCodingException e) {
                throw Misfit.of("a string in UTF-8", text);
            }
        }
        return text;
    }

    private static AvroReader fixed(int size) {
        return in -> {
            if (in.remainingBytes() < size) {
                throw Misfit.of(size + " bytes", "the last " + in.remainingBytes() + " of the data");
            }
            byte[] bytes = new byte[size];
            in.readFixed(bytes);
            return bytes;
        };
    }

    private static AvroReader symbol(List<String> symbols) {
        return in -> {
            int ordinal = in.readEnum();
            if (ordinal < 0 || ordinal >= symbols.size()) {
                throw Misfit.of("one of " + symbols, ordinal);
            }
            return symbols.get(ordinal);
        };
    }

    private static Function<Object, @Nullable Object> rawConversion(Schema schema, Class<?> type) {
        Class<?> natural = switch (schema.getType()) {
            case BOOLEAN -> Boolean.class;
            case INT -> Integer.class;
            case LONG -> Long.class;
            case FLOAT -> Float.class;
            case DOUBLE -> Double.class;
            case BYTES, FIXED -> byte[].class;
            default -> String.class;
        };
        Function<Object, @Nullable Object> conversion = conversion(natural, type);
        if (conversion == null) {
            AvroWriter writer = AvroWriters.of(schema);
            throw new SchemaException("", "a type for " + writer.expected(), type.getTypeName());
        }
        return conversion;
    }

    /** Null when there is none. What it gives is null when the value does not fit. */
    private static @Nullable Function<Object, @Nullable Object> conversion(Class<?> natural, Class<?> type) {
        if (type == JsonNode.class) {
            return AvroScalarReader::node;
        } else if (type.isAssignableFrom(natural)) {
            return value -> value;
        } else if (Number.class.isAssignableFrom(natural)) {
            return isNumber(type) ? value -> Numbers.as(type, value) : null;
        } else if (natural == String.class) {
            return ofText(type);
        } else if (natural == byte[].class) {
            return ofBytes(type);
        } else if (natural == TimePeriod.class && type == Duration.class) {
            return value -> duration((TimePeriod) value);
        } else if (natural == TimePeriod.class && type == Period.class) {
            return value -> ((TimePeriod) value).isDateBased() ? ((TimePeriod) value).toPeriod() : null;
        }
        return type == String.class && natural != Boolean.class ? AvroLogical::text : null;
    }

    private static boolean isNumber(Class<?> type) {
        return Number.class.isAssignableFrom(type)
                && (type.getName().startsWith("java.lang.") || type == BigDecimal.class || type == BigInteger.class);
    }

    private static @Nullable Function<Object, @Nullable Object> ofText(Class<?> type) {
        if (type.isEnum()) {
            Map<Object, Object> constants = new HashMap<>();
            for (Object constant : type.getEnumConstants()) {
                constants.put(((Enum<?>) constant).name(), constant);
            }
            return constants::get;
        } else if (type == Character.class) {
            return text -> ((String) text).length() == 1 ? ((String) text).charAt(0) : null;
        }
        return type == UUID.class ? text -> AvroLogical.uuidOrNull((String) text) : null;
    }

    private static @Nullable Function<Object, @Nullable Object> ofBytes(Class<?> type) {
        if (type == ByteBuffer.class) {
            return bytes -> ByteBuffer.wrap((byte[]) bytes);
        }
        return type == Bytes.class ? bytes -> Bytes.of((byte[]) bytes) : null;
    }

    /** A day has 24 hours in it; a month has no fixed length. */
    private static @Nullable Duration duration(TimePeriod period) {
        return period.getMonths() == 0 ? Duration.ofDays(period.getDays()).plusMillis(period.getMillis()) : null;
    }

    private static JsonNode node(Object value) {
        return switch (value) {
            case Boolean b -> NODES.booleanNode(b);
            case Integer i -> NODES.numberNode(i);
            case Long l -> NODES.numberNode(l);
            case Float f -> NODES.numberNode(f);
            case Double d -> NODES.numberNode(d);
            case BigDecimal decimal -> NODES.numberNode(decimal);
            case byte[] bytes -> NODES.stringNode(Base64.getEncoder().encodeToString(bytes));
            default -> NODES.stringNode(AvroLogical.text(value));
        };
    }
}
