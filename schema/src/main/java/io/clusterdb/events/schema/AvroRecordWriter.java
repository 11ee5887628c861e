package io.clusterdb.events.schema;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.SchemaException;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Writes records of Avro. How a class is read is found when its first object comes. Thread-safe. */
final class AvroRecordWriter extends AvroWriter {
    private final Schema schema;
    private final String[] names;
    private final @Nullable Bytes[] defaults;
    private final Getters getters = new Getters();
    private AvroWriter[] writers = {};

    /** Not to be used before {@link #fields}. */
    AvroRecordWriter(Schema schema) {
        this.schema = schema;
        this.names = schema.getFields().stream().map(Schema.Field::name).toArray(String[]::new);
        this.defaults = schema.getFields().stream()
                .map(f -> f.hasDefaultValue() ? encoded(f) : null)
                .toArray(Bytes[]::new);
    }

    /** In the order of the schema. */
    void fields(AvroWriter[] all) {
        writers = all;
    }

    @Override
    void put(@Nullable Object plain, AvroOutput out) throws IOException {
        switch (plain) {
            case null -> throw Misfit.of(expected(), null);
            case Map<?, ?> map -> put(map, out);
            case JsonNode node when node.isObject() -> put(node, out);
            case IndexedRecord generic -> put(generic, out);
            case Object o when Members.isObject(o.getClass()) && !(o instanceof JsonNode) -> putObject(o, out);
            default -> throw Misfit.of(expected(), plain);
        }
    }

    @Override
    boolean takes(@Nullable Object plain) {
        return switch (plain) {
            case null -> false;
            case JsonNode node -> node.isObject();
            case Map<?, ?> map -> true;
            case Collection<?> list -> false;
            default -> plain instanceof IndexedRecord || Members.isObject(plain.getClass());
        };
    }

    @Override
    boolean isShapedLike(Object plain) {
        Collection<?> present = switch (plain) {
            case Map<?, ?> map -> map.keySet();
            case JsonNode node -> node.propertyNames();
            default -> List.of(names);
        };
        boolean isKnown = List.of(names).containsAll(present);
        for (int i = 0; i < names.length && isKnown; i++) {
            isKnown = defaults[i] != null || present.contains(names[i]);
        }
        return isKnown;
    }

    @Override
    String expected() {
        return "a record " + schema.getFullName();
    }

    private void putObject(Object object, AvroOutput out) throws IOException {
        @Nullable MethodHandle[] handles = getters.get(object.getClass());
        for (int i = 0; i < names.length; i++) {
            MethodHandle getter = handles[i];
            if (getter == null) {
                putDefault(i, out);
            } else {
                putField(i, read(getter, object, i), out);
            }
        }
    }

    private @Nullable Object read(MethodHandle getter, Object object, int field) {
        try {
            return (Object) getter.invokeExact(object);
        } catch (Error e) {
            throw e;
        } catch (Throwable e) {
            throw new SchemaException("/" + names[field], "a value", e.toString(), e);
        }
    }

    private void put(Map<?, ?> map, AvroOutput out) throws IOException {
        int present = 0;
        for (int i = 0; i < names.length; i++) {
            Object value = map.get(names[i]);
            if (value != null || map.containsKey(names[i])) {
                present++;
                putField(i, value, out);
            } else {
                putDefault(i, out);
            }
        }
        if (present != map.size()) {
            throw unknown(map.keySet());
        }
    }

    private void put(JsonNode object, AvroOutput out) throws IOException {
        int present = 0;
        for (int i = 0; i < names.length; i++) {
            JsonNode value = object.get(names[i]);
            if (value != null) {
                present++;
                putField(i, value, out);
            } else {
                putDefault(i, out);
            }
        }
        if (present != object.size()) {
            throw unknown(object.propertyNames());
        }
    }

    private void put(IndexedRecord generic, AvroOutput out) throws IOException {
        int present = 0;
        for (int i = 0; i < names.length; i++) {
            Schema.Field field = generic.getSchema().getField(names[i]);
            if (field != null) {
                present++;
                putField(i, generic.get(field.pos()), out);
            } else {
                putDefault(i, out);
            }
        }
        if (present != generic.getSchema().getFields().size()) {
            throw unknown(generic.getSchema().getFields().stream()
                    .map(Schema.Field::name)
                    .toList());
        }
    }

    private void putField(int i, @Nullable Object value, AvroOutput out) {
        try {
            writers[i].write(value, out);
        } catch (IOException | RuntimeException e) {
            throw Misfit.at(names[i], e);
        }
    }

    private void putDefault(int i, AvroOutput out) {
        Bytes bytes = defaults[i];
        if (bytes == null) {
            throw new SchemaException("/" + names[i], writers[i].expected(), "nothing, and the schema has no default");
        }
        out.write(bytes.array(), bytes.offset(), bytes.length());
    }

    private SchemaException unknown(Collection<?> present) {
        String name = present.stream()
                .map(String::valueOf)
                .filter(n -> schema.getField(n) == null)
                .findFirst()
                .orElse("");
        return Misfit.at(
                name,
                new SchemaException(
                        "", "one of the fields " + String.join(", ", names), "a field the schema does not have"));
    }

    /** The default of a field that has one, in the binary encoding. */
    static Bytes encoded(Schema.Field field) {
        AvroOutput out = new AvroOutput();
        try {
            Object value = GenericData.get().getDefaultValue(field);
            new GenericDatumWriter<Object>(field.schema()).write(value, out.encoder());
        } catch (IOException e) {
            throw new AssertionError("nothing is written to a device", e);
        }
        return out.bytes();
    }

    /** The handles of a class in the order of the fields; null where the schema's default stands in. */
    private final class Getters extends ClassValue<@Nullable MethodHandle[]> {
        @Override
        protected @Nullable MethodHandle[] computeValue(Class<?> type) {
            Map<String, MethodHandle> known = new LinkedHashMap<>(Members.getters(type));
            @Nullable MethodHandle[] handles = new MethodHandle[names.length];
            for (int i = 0; i < names.length; i++) {
                MethodHandle own = known.remove(names[i]);
                handles[i] = own != null ? own : Members.getter(type, names[i]);
            }
            if (!known.isEmpty()) {
                throw unknown(known.keySet());
            }
            return handles;
        }
    }
}
