package io.clusterdb.events.schema;

import java.io.IOException;
import java.lang.reflect.Array;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.io.Encoder;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Makes the writers of a schema, one for each record of it, so that it may contain itself. Not thread-safe. */
final class AvroWriters {
    private final Map<String, AvroRecordWriter> records = new HashMap<>();

    static AvroWriter of(Schema schema) {
        return new AvroWriters().writer(schema);
    }

    private AvroWriter writer(Schema schema) {
        return switch (schema.getType()) {
            case RECORD -> record(schema);
            case UNION ->
                new AvroUnionWriter(
                        schema, schema.getTypes().stream().map(this::writer).toArray(AvroWriter[]::new));
            case ARRAY -> new Items(writer(schema.getElementType()));
            case MAP -> new Entries(writer(schema.getValueType()));
            case NULL -> new Nothing();
            default -> AvroScalarWriter.of(schema);
        };
    }

    private AvroWriter record(Schema schema) {
        AvroRecordWriter known = records.get(schema.getFullName());
        if (known != null) {
            return known;
        }
        AvroRecordWriter writer = new AvroRecordWriter(schema);
        records.put(schema.getFullName(), writer);
        writer.fields(schema.getFields().stream().map(f -> writer(f.schema())).toArray(AvroWriter[]::new));
        return writer;
    }

    /** Null. */
    private static final class Nothing extends AvroWriter {
        @Override
        void put(@Nullable Object plain, AvroOutput out) {
            if (plain != null) {
                throw Misfit.of("null", plain);
            }
        }

        @Override
        boolean takes(@Nullable Object plain) {
            return plain == null;
        }

        @Override
        String expected() {
            return "null";
        }
    }

    /** Lists: collections, arrays and JSON's. */
    private static final class Items extends AvroWriter {
        private final AvroWriter item;

        private Items(AvroWriter item) {
            this.item = item;
        }

        @Override
        void put(@Nullable Object plain, AvroOutput out) throws IOException {
            @Nullable Object[] items = items(plain);
            Encoder encoder = out.encoder();
            encoder.writeArrayStart();
            encoder.setItemCount(items.length);
            for (int i = 0; i < items.length; i++) {
                try {
                    item.write(items[i], out);
                } catch (IOException | RuntimeException e) {
                    throw Misfit.at(Integer.toString(i), e);
                }
            }
            encoder.writeArrayEnd();
        }

        /** A copy where others could change it: the count is written first. */
        private @Nullable Object[] items(@Nullable Object plain) {
            if (plain instanceof Collection<?> list) {
                return list.toArray();
            } else if (plain instanceof Object[] array) {
                return array;
            } else if (plain instanceof JsonNode node && node.isArray()) {
                return node.values().toArray();
            } else if (plain == null || !plain.getClass().isArray()) {
                throw Misfit.of(expected(), plain);
            }
            Object[] boxed = new Object[Array.getLength(plain)];
            for (int i = 0; i < boxed.length; i++) {
                boxed[i] = Array.get(plain, i);
            }
            return boxed;
        }

        @Override
        boolean takes(@Nullable Object plain) {
            return plain instanceof Collection<?>
                    || (plain instanceof JsonNode node && node.isArray())
                    || (plain != null && plain.getClass().isArray() && !(plain instanceof byte[]));
        }

        @Override
        String expected() {
            return "a list";
        }
    }

    /** Maps of Avro: Java's with texts or enums as keys, and JSON's objects. */
    private static final class Entries extends AvroWriter {
        private final AvroWriter entry;

        private Entries(AvroWriter entry) {
            this.entry = entry;
        }

        @Override
        void put(@Nullable Object plain, AvroOutput out) throws IOException {
            Object[] entries = entries(plain);
            Encoder encoder = out.encoder();
            encoder.writeMapStart();
            encoder.setItemCount(entries.length);
            for (Object each : entries) {
                Map.Entry<?, ?> e = (Map.Entry<?, ?>) each;
                String key = key(e.getKey());
                encoder.writeString(key);
                try {
                    entry.write(e.getValue(), out);
                } catch (IOException | RuntimeException inner) {
                    throw Misfit.at(key, inner);
                }
            }
            encoder.writeMapEnd();
        }

        private Object[] entries(@Nullable Object plain) {
            if (plain instanceof Map<?, ?> map) {
                return map.entrySet().toArray();
            } else if (plain instanceof JsonNode node && node.isObject()) {
                return node.properties().toArray();
            }
            throw Misfit.of(expected(), plain);
        }

        private static String key(@Nullable Object key) {
            String text = key == null ? null : AvroScalarWriter.text(key);
            if (text == null) {
                throw Misfit.of("a text as key", key);
            }
            return text;
        }

        @Override
        boolean takes(@Nullable Object plain) {
            return plain instanceof Map<?, ?> || (plain instanceof JsonNode node && node.isObject());
        }

        @Override
        String expected() {
            return "a map";
        }
    }
}
