package io.clusterdb.events.schema;

import io.clusterdb.events.spi.SchemaException;
import java.io.IOException;
import java.lang.reflect.Array;
import java.lang.reflect.Type;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Makes readers of Avro's records. Not thread-safe, other than what it makes. */
final class AvroRecordReaders {
    private final AvroReaders all;

    AvroRecordReaders(AvroReaders all) {
        this.all = all;
    }

    AvroReader reader(Schema schema, JavaType type) {
        Class<?> raw = type.getRawClass();
        if (raw == JsonNode.class || raw == ObjectNode.class) {
            return tree(schema);
        } else if (SpecificRecord.class.isAssignableFrom(raw)) {
            return specific(schema, raw);
        } else if (raw != Object.class && raw.isAssignableFrom(GenericData.Record.class)) {
            var reader = new GenericDatumReader<>(schema);
            return in -> reader.read(null, in);
        } else if (raw.isAssignableFrom(LinkedHashMap.class)) {
            return map(schema, type);
        } else if (raw.isSealed()) {
            return all.reader(schema, permitted(schema, type));
        } else if (!Members.isObject(raw)) {
            throw new SchemaException("", "a type for a record " + schema.getFullName(), type.toCanonical());
        }
        return object(schema, type);
    }

    /** Avro makes objects only of the classes that the application has told it to trust. */
    private static AvroReader specific(Schema schema, Class<?> type) {
        try {
            var reader = new SpecificDatumReader<>(schema, SpecificData.get().getSchema(type));
            return in -> reader.read(null, in);
        } catch (SecurityException e) {
            String expected = "a class that Avro trusts (system property org.apache.avro.SERIALIZABLE_PACKAGES)";
            throw new SchemaException("", expected, type.getName(), e);
        }
    }

    private AvroReader tree(Schema schema) {
        AvroReader[] readers = readers(schema, AvroReaders.TYPES.constructType(JsonNode.class));
        String[] names = names(schema);
        return in -> {
            ObjectNode node = JsonNodeFactory.instance.objectNode();
            for (int i = 0; i < readers.length; i++) {
                node.set(names[i], (JsonNode) read(readers[i], names[i], in));
            }
            return node;
        };
    }

    private AvroReader map(Schema schema, JavaType type) {
        JavaType of = type.getContentType();
        AvroReader[] readers = readers(schema, of == null ? AvroReaders.TYPES.constructType(Object.class) : of);
        String[] names = names(schema);
        return in -> {
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            for (int i = 0; i < readers.length; i++) {
                map.put(names[i], read(readers[i], names[i], in));
            }
            return map;
        };
    }

    /** The class of a closed choice that is called like the record. */
    private static JavaType permitted(Schema schema, JavaType type) {
        Class<?>[] permitted = type.getRawClass().getPermittedSubclasses();
        for (Class<?> each : permitted) {
            if (AvroUnionWriter.isCalled(schema, each)) {
                return AvroReaders.TYPES.constructType(each);
            }
        }
        throw new SchemaException(
                "",
                "a class " + schema.getName() + " that " + type.toCanonical() + " permits",
                List.of(permitted).toString());
    }

    private AvroReader object(Schema schema, JavaType type) {
        Members.Making making = Members.making(type.getRawClass());
        Map<String, Integer> slots = new LinkedHashMap<>();
        making.parts().forEach(part -> slots.put(part.name(), slots.size()));
        @Nullable Object[] blank = absent(schema, making.parts(), type);
        List<Schema.Field> fields = schema.getFields();
        FieldReader[] readers = new FieldReader[fields.size()];
        for (int i = 0; i < readers.length; i++) {
            Integer slot = slots.get(fields.get(i).name());
            readers[i] = slot == null
                    ? skipping(fields.get(i))
                    : field(fields.get(i), making.parts().get(slot), slot, type);
        }
        return in -> {
            @Nullable Object[] values = blank.clone();
            for (FieldReader reader : readers) {
                reader.read(in, values);
            }
            return make(making.maker(), values, type);
        };
    }

    /** Reads one field into its slot, or over it. */
    private interface FieldReader {
        void read(BinaryDecoder in, @Nullable Object[] values) throws IOException;
    }

    private FieldReader field(Schema.Field field, Members.Part part, int slot, JavaType owner) {
        String name = field.name();
        AvroReader reader = reader(field, resolved(part.type(), owner));
        boolean isPrimitive = part.type() instanceof Class<?> c && c.isPrimitive();
        return (BinaryDecoder in, @Nullable Object[] values) -> {
            Object value = read(reader, name, in);
            if (value == null && isPrimitive) {
                throw Misfit.at(name, Misfit.of("a value for a component of type " + part.type(), null));
            }
            values[slot] = value;
        };
    }

    private static FieldReader skipping(Schema.Field field) {
        return (in, values) -> {
            try {
                GenericDatumReader.skip(field.schema(), in);
            } catch (IOException | RuntimeException e) {
                throw Misfit.at(field.name(), e);
            }
        };
    }

    private AvroReader[] readers(Schema schema, JavaType of) {
        return schema.getFields().stream().map(field -> reader(field, of)).toArray(AvroReader[]::new);
    }

    private AvroReader reader(Schema.Field field, JavaType type) {
        try {
            return all.reader(field.schema(), type);
        } catch (SchemaException e) {
            throw Misfit.at(field.name(), e);
        }
    }

    private static @Nullable Object read(AvroReader reader, String name, BinaryDecoder in) {
        try {
            return reader.read(in);
        } catch (IOException | RuntimeException e) {
            throw Misfit.at(name, e);
        }
    }

    private static Object make(Members.Maker maker, @Nullable Object[] values, JavaType type) {
        try {
            return maker.make(values);
        } catch (Error e) {
            throw e;
        } catch (Throwable e) {
            throw new SchemaException("", "what " + type.toCanonical() + " can be made of", e.toString(), e);
        }
    }

    private static @Nullable Object[] absent(Schema schema, List<Members.Part> parts, JavaType owner) {
        @Nullable Object[] values = new Object[parts.size()];
        for (int i = 0; i < values.length; i++) {
            Members.Part part = parts.get(i);
            if (schema.getField(part.name()) == null) {
                values[i] = absent(schema, part, owner);
            }
        }
        return values;
    }

    /** What stands for a field that the schema does not have. */
    private static @Nullable Object absent(Schema schema, Members.Part part, JavaType owner) {
        Class<?> type = resolved(part.type(), owner).getRawClass();
        if (type == Optional.class) {
            return Optional.empty();
        } else if (part.isNullable()) {
            return type.isPrimitive() ? Array.get(Array.newInstance(type, 1), 0) : null;
        }
        String fields = schema.getFields().stream().map(Schema.Field::name).collect(Collectors.joining(", "));
        throw new SchemaException(
                "/" + part.name(),
                "one of the fields " + fields + ", or a component that is annotated nullable or Optional",
                "a component that the schema does not have");
    }

    private static JavaType resolved(Type type, JavaType owner) {
        return AvroReaders.TYPES.resolveMemberType(type, owner.getBindings());
    }

    private static String[] names(Schema schema) {
        return schema.getFields().stream().map(Schema.Field::name).toArray(String[]::new);
    }
}
