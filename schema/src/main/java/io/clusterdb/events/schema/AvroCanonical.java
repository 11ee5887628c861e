package io.clusterdb.events.schema;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The text that equal schemas have in common. It is Avro's parsing canonical form with what that leaves out but readers
 * see: defaults, aliases, logical types and the order of sorting. Names are full, docs and properties of users are left
 * out. For one schema only.
 */
final class AvroCanonical {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final Set<String> told = new HashSet<>();

    String text(Schema schema) {
        return node(schema).toString();
    }

    private JsonNode node(Schema schema) {
        return switch (schema.getType()) {
            case RECORD, ENUM, FIXED ->
                told.add(schema.getFullName()) ? named(schema) : NODES.stringNode(schema.getFullName());
            case UNION -> {
                ArrayNode branches = NODES.arrayNode();
                schema.getTypes().forEach(branch -> branches.add(node(branch)));
                yield branches;
            }
            case ARRAY -> typed(schema).set("items", node(schema.getElementType()));
            case MAP -> typed(schema).set("values", node(schema.getValueType()));
            default -> AvroLogical.of(schema) == null ? NODES.stringNode(schema.getName()) : typed(schema);
        };
    }

    private JsonNode named(Schema schema) {
        ObjectNode node = typed(schema).put("name", schema.getFullName());
        aliases(node, schema.getAliases());
        switch (schema.getType()) {
            case RECORD -> {
                ArrayNode fields = node.putArray("fields");
                schema.getFields().forEach(field -> fields.add(field(field)));
            }
            case ENUM -> {
                ArrayNode symbols = node.putArray("symbols");
                schema.getEnumSymbols().forEach(symbols::add);
                if (schema.getEnumDefault() != null) {
                    node.put("default", schema.getEnumDefault());
                }
            }
            default -> node.put("size", schema.getFixedSize());
        }
        return node;
    }

    private JsonNode field(Schema.Field field) {
        ObjectNode node = NODES.objectNode().put("name", field.name());
        aliases(node, field.aliases());
        node.set("type", node(field.schema()));
        if (field.hasDefaultValue()) {
            node.set("default", value(field.schema(), GenericData.get().getDefaultValue(field)));
        }
        if (field.order() != Schema.Field.Order.ASCENDING) {
            node.put("order", field.order().name());
        }
        return node;
    }

    /** As the specification has defaults: bytes as characters, unions without a name, of logical types what is below. */
    private static JsonNode value(Schema schema, Object value) {
        return switch (schema.getType()) {
            case UNION -> value(schema.getTypes().get(GenericData.get().resolveUnion(schema, value)), value);
            case NULL -> NODES.nullNode();
            case BOOLEAN -> NODES.booleanNode((Boolean) value);
            case INT -> NODES.numberNode((Integer) value);
            case LONG -> NODES.numberNode((Long) value);
            case FLOAT -> NODES.numberNode((Float) value);
            case DOUBLE -> NODES.numberNode((Double) value);
            case STRING, ENUM -> NODES.stringNode(value.toString());
            case BYTES -> characters(((ByteBuffer) value).array());
            case FIXED -> characters(((GenericFixed) value).bytes());
            case ARRAY -> {
                ArrayNode items = NODES.arrayNode();
                ((Collection<?>) value).forEach(item -> items.add(value(schema.getElementType(), item)));
                yield items;
            }
            case MAP -> {
                ObjectNode entries = NODES.objectNode();
                Map<String, Object> sorted = new TreeMap<>();
                ((Map<?, ?>) value).forEach((key, each) -> sorted.put(key.toString(), each));
                sorted.forEach((key, each) -> entries.set(key, value(schema.getValueType(), each)));
                yield entries;
            }
            case RECORD -> {
                ObjectNode fields = NODES.objectNode();
                schema.getFields()
                        .forEach(f -> fields.set(f.name(), value(f.schema(), ((IndexedRecord) value).get(f.pos()))));
                yield fields;
            }
        };
    }

    private static JsonNode characters(byte[] bytes) {
        return NODES.stringNode(new String(bytes, StandardCharsets.ISO_8859_1));
    }

    private static ObjectNode typed(Schema schema) {
        ObjectNode node = NODES.objectNode().put("type", schema.getType().getName());
        if (AvroLogical.of(schema) != null) {
            node.put("logicalType", schema.getLogicalType().getName());
        }
        if (schema.getLogicalType() instanceof LogicalTypes.Decimal decimal) {
            node.put("precision", decimal.getPrecision()).put("scale", decimal.getScale());
        }
        return node;
    }

    private static void aliases(ObjectNode node, Set<String> aliases) {
        if (!aliases.isEmpty()) {
            ArrayNode sorted = node.putArray("aliases");
            new TreeSet<>(aliases).forEach(sorted::add);
        }
    }
}
