package io.clusterdb.events.schema;

import io.clusterdb.events.spi.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericEnumSymbol;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.io.Encoder;
import org.jspecify.annotations.Nullable;

/** Writes values that have no parts: the value is first made what Avro's encoder takes, if it can be without loss. */
final class AvroScalarWriter<T> extends AvroWriter {
    private final String expected;
    private final Function<Object, @Nullable T> fit;
    private final Put<T> put;

    private AvroScalarWriter(String expected, Function<Object, @Nullable T> fit, Put<T> put) {
        this.expected = expected;
        this.fit = fit;
        this.put = put;
    }

    /** How a value is handed to Avro's encoder. */
    private interface Put<T> {
        void put(Encoder encoder, T value) throws IOException;
    }

    static AvroWriter of(Schema schema) {
        AvroScalarWriter<?> raw = raw(schema);
        AvroLogical logical = AvroLogical.of(schema);
        return logical == null ? raw : raw.after(logical);
    }

    private static AvroScalarWriter<?> raw(Schema schema) {
        return switch (schema.getType()) {
            case BOOLEAN -> new AvroScalarWriter<>("a boolean", AvroScalarWriter::truth, Encoder::writeBoolean);
            case INT -> new AvroScalarWriter<>("an int", Numbers::toInt, Encoder::writeInt);
            case LONG -> new AvroScalarWriter<>("a long", Numbers::toLong, Encoder::writeLong);
            case FLOAT -> new AvroScalarWriter<>("a float", Numbers::toFloat, Encoder::writeFloat);
            case DOUBLE -> new AvroScalarWriter<>("a double", Numbers::toDouble, Encoder::writeDouble);
            case STRING -> new AvroScalarWriter<>("a string", AvroScalarWriter::text, Encoder::writeString);
            case BYTES -> new AvroScalarWriter<>("bytes", AvroScalarWriter::bytes, Encoder::writeBytes);
            case FIXED -> fixed(schema);
            case ENUM -> symbol(schema);
            default -> throw new IllegalArgumentException("not a scalar: " + schema);
        };
    }

    @Override
    void put(@Nullable Object plain, AvroOutput out) throws IOException {
        T fitting = plain == null ? null : fit.apply(plain);
        if (fitting == null) {
            throw Misfit.of(expected, plain);
        }
        put.put(out.encoder(), fitting);
    }

    @Override
    boolean takes(@Nullable Object plain) {
        return plain != null && fit.apply(plain) != null;
    }

    @Override
    String expected() {
        return expected;
    }

    private AvroWriter after(AvroLogical logical) {
        return new AvroScalarWriter<>(
                logical.expected(),
                value -> {
                    Object raw = logical.raw(value);
                    return raw == null ? null : fit.apply(raw);
                },
                put);
    }

    private static AvroScalarWriter<byte[]> fixed(Schema schema) {
        int size = schema.getFixedSize();
        return new AvroScalarWriter<>(
                size + " bytes (fixed " + schema.getFullName() + ")",
                value -> {
                    byte[] bytes = bytes(value);
                    return bytes != null && bytes.length == size ? bytes : null;
                },
                Encoder::writeFixed);
    }

    private static AvroScalarWriter<Integer> symbol(Schema schema) {
        Map<String, Integer> ordinals = new HashMap<>();
        schema.getEnumSymbols().forEach(symbol -> ordinals.put(symbol, ordinals.size()));
        return new AvroScalarWriter<>(
                "one of " + schema.getEnumSymbols(),
                value -> value instanceof GenericEnumSymbol<?> s
                        ? ordinals.get(s.toString())
                        : ordinals.get(text(value)),
                Encoder::writeEnum);
    }

    private static @Nullable Boolean truth(Object value) {
        return value instanceof Boolean b ? b : null;
    }

    static @Nullable String text(Object value) {
        String text = switch (value) {
            case CharSequence s -> s.toString();
            case Enum<?> e -> e.name();
            case Character c -> c.toString();
            case UUID id -> id.toString();
            default -> null;
        };
        return text != null && isUnicode(text) ? text : null;
    }

    /** Half of a surrogate pair would become a question mark in UTF-8. */
    private static boolean isUnicode(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                boolean isPair = Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(++i));
                if (!isPair) {
                    return false;
                }
            }
        }
        return true;
    }

    private static byte @Nullable [] bytes(Object value) {
        return switch (value) {
            case byte[] array -> array;
            case Bytes slice -> slice.toArray();
            case GenericFixed fixed -> fixed.bytes();
            case ByteBuffer buffer -> {
                byte[] copy = new byte[buffer.remaining()];
                buffer.duplicate().get(copy);
                yield copy;
            }
            case CharSequence text -> base64(text.toString());
            default -> null;
        };
    }

    private static byte @Nullable [] base64(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
