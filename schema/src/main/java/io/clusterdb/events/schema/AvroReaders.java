package io.clusterdb.events.schema;

import io.clusterdb.events.spi.SchemaException;
import java.io.IOException;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.type.TypeFactory;

/** Makes the readers of a schema for a Java type, one for each pair, so that both may contain themselves. Not thread-safe. */
final class AvroReaders {
    static final TypeFactory TYPES = TypeFactory.createDefaultInstance();

    /** Items that take no bytes: more of them in one list than this are taken for damage. */
    private static final long MOST_EMPTY_ITEMS = 1_000_000;

    private final Map<Place, Later> records = new HashMap<>();

    private record Place(String record, JavaType type) {}

    /** Stands for a reader that is still being made. */
    private static final class Later implements AvroReader {
        private @Nullable AvroReader reader;

        @Override
        public @Nullable Object read(BinaryDecoder in) throws IOException {
            if (reader == null) {
                throw new IllegalStateException("still being made");
            }
            return reader.read(in);
        }
    }

    /** @throws SchemaException when the type does not fit */
    static AvroReader of(Schema schema, Class<?> type) {
        return new AvroReaders().reader(schema, TYPES.constructType(type));
    }

    AvroReader reader(Schema schema, JavaType type) {
        if (type.getRawClass() == Optional.class) {
            AvroReader inner = reader(schema, type.containedTypeOrUnknown(0));
            return in -> Optional.ofNullable(inner.read(in));
        }
        return switch (schema.getType()) {
            case NULL -> type.getRawClass() == JsonNode.class ? in -> JsonNodeFactory.instance.nullNode() : in -> null;
            case UNION -> union(schema, type);
            case ARRAY -> list(schema, type);
            case MAP -> map(schema, type);
            case RECORD -> record(schema, type);
            default -> AvroScalarReader.of(schema, boxed(type.getRawClass()));
        };
    }

    private AvroReader record(Schema schema, JavaType type) {
        Place place = new Place(schema.getFullName(), type);
        Later known = records.get(place);
        if (known != null) {
            return known;
        }
        Later later = new Later();
        records.put(place, later);
        AvroReader reader = new AvroRecordReaders(this).reader(schema, type);
        later.reader = reader;
        return reader;
    }

    private AvroReader union(Schema schema, JavaType type) {
        List<Schema> branches = schema.getTypes();
        boolean isNamed = branches.stream().anyMatch(b -> AvroUnionWriter.isCalled(b, type.getRawClass()));
        AvroReader[] readers = new AvroReader[branches.size()];
        SchemaException misfit = null;
        int fitting = 0;
        for (int i = 0; i < readers.length; i++) {
            Schema branch = branches.get(i);
            try {
                readers[i] = branch(branch, type, isNamed);
                fitting += branch.getType() == Schema.Type.NULL ? 0 : 1;
            } catch (SchemaException e) {
                misfit = e;
                readers[i] = in -> {
                    throw Misfit.at("", e);
                };
            }
        }
        if (fitting == 0 && misfit != null) {
            throw misfit;
        }
        return in -> readers[index(in, readers.length)].read(in);
    }

    /** A class that is called like one record of several is not filled from another one. */
    private AvroReader branch(Schema branch, JavaType type, boolean isNamed) {
        if (isNamed
                && branch.getType() == Schema.Type.RECORD
                && !AvroUnionWriter.isCalled(branch, type.getRawClass())) {
            throw new SchemaException("", "a type for a record " + branch.getFullName(), type.toCanonical());
        }
        return reader(branch, type);
    }

    private static int index(BinaryDecoder in, int branches) throws IOException {
        int index = in.readIndex();
        if (index < 0 || index >= branches) {
            throw Misfit.of("the number of a branch below " + branches, index);
        }
        return index;
    }

    /** Makes what a Java type wants of a list. */
    private interface Finish {
        Object from(List<@Nullable Object> items);
    }

    private AvroReader list(Schema schema, JavaType type) {
        Class<?> raw = type.getRawClass();
        JavaType itemType = raw.isAssignableFrom(ArrayNode.class) && JsonNode.class.isAssignableFrom(raw)
                ? TYPES.constructType(JsonNode.class)
                : type.isContainerType() ? type.getContentType() : TYPES.constructType(Object.class);
        AvroReader item = reader(schema.getElementType(), itemType);
        Finish finish = finish(type);
        return in -> finish.from(items(item, in));
    }

    private static Finish finish(JavaType type) {
        Class<?> raw = type.getRawClass();
        if (raw == JsonNode.class || raw == ArrayNode.class) {
            return list -> {
                ArrayNode node = JsonNodeFactory.instance.arrayNode(list.size());
                list.forEach(item -> node.add((JsonNode) item));
                return node;
            };
        } else if (raw.isArray()) {
            return (List<@Nullable Object> list) -> array(list, raw.getComponentType());
        } else if (raw.isAssignableFrom(ArrayList.class)) {
            return list -> list;
        } else if (raw.isAssignableFrom(LinkedHashSet.class) && Collection.class.isAssignableFrom(raw)) {
            return LinkedHashSet::new;
        }
        throw new SchemaException("", "a type for a list, such as List", type.toCanonical());
    }

    private static Object array(List<@Nullable Object> list, Class<?> componentType) {
        Object array = Array.newInstance(componentType, list.size());
        for (int i = 0; i < list.size(); i++) {
            Object item = list.get(i);
            if (item == null && componentType.isPrimitive()) {
                throw Misfit.at(Integer.toString(i), Misfit.of("a value for " + componentType, null));
            }
            Array.set(array, i, item);
        }
        return array;
    }

    private static List<@Nullable Object> items(AvroReader item, BinaryDecoder in) throws IOException {
        List<@Nullable Object> items = new ArrayList<>();
        for (long n = count(in.readArrayStart(), items, in); n > 0; n = count(in.arrayNext(), items, in)) {
            for (long i = 0; i < n; i++) {
                try {
                    items.add(item.read(in));
                } catch (IOException | RuntimeException e) {
                    throw Misfit.at(Integer.toString(items.size()), e);
                }
            }
        }
        return items;
    }

    private AvroReader map(Schema schema, JavaType type) {
        Class<?> raw = type.getRawClass();
        boolean isTree = raw == JsonNode.class || raw == ObjectNode.class;
        if (!isTree && !raw.isAssignableFrom(LinkedHashMap.class)) {
            throw new SchemaException("", "a type for a map, such as Map", type.toCanonical());
        }
        JavaType valueType = isTree
                ? TYPES.constructType(JsonNode.class)
                : type.isContainerType() ? type.getContentType() : TYPES.constructType(Object.class);
        Class<?> keyType =
                type.getKeyType() == null ? Object.class : type.getKeyType().getRawClass();
        AvroReader key = AvroScalarReader.of(Schema.create(Schema.Type.STRING), keyType);
        AvroReader value = reader(schema.getValueType(), valueType);
        return isTree ? in -> tree(entries(key, value, in)) : in -> entries(key, value, in);
    }

    private static ObjectNode tree(Map<Object, @Nullable Object> entries) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        entries.forEach((key, value) -> node.set((String) key, (JsonNode) value));
        return node;
    }

    private static Map<Object, @Nullable Object> entries(AvroReader keys, AvroReader values, BinaryDecoder in)
            throws IOException {
        Map<Object, @Nullable Object> entries = new LinkedHashMap<>();
        for (long n = in.readMapStart(); n > 0; n = in.mapNext()) {
            for (long i = 0; i < n; i++) {
                Object key = keys.read(in);
                try {
                    entries.put(key == null ? "" : key, values.read(in));
                } catch (IOException | RuntimeException e) {
                    throw Misfit.at(String.valueOf(key), e);
                }
            }
        }
        return entries;
    }

    private static long count(long block, List<?> items, BinaryDecoder in) {
        if (block > in.remainingBytes() && items.size() + block > MOST_EMPTY_ITEMS) {
            throw Misfit.of("at most " + MOST_EMPTY_ITEMS + " items without bytes", block);
        }
        return block;
    }

    private static Class<?> boxed(Class<?> type) {
        return type.isPrimitive() ? MethodType.methodType(type).wrap().returnType() : type;
    }
}
