package io.clusterdb.events.schema;

import io.clusterdb.events.spi.ParsedSchema.DataType;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/** What expressions can know of a schema, as its data looks in a tree. A record inside of itself is of any type. */
final class AvroDataTypes {
    private final Set<String> open = new HashSet<>();
    private int seen;

    private AvroDataTypes() {}

    static DataType of(Schema schema) {
        return new AvroDataTypes().type(schema);
    }

    private DataType type(Schema schema) {
        if (++seen > JsonSchemaTypes.MOST) {
            return new DataType.Any();
        }
        AvroLogical logical = AvroLogical.of(schema);
        if (logical != null) {
            boolean isNumber = schema.getLogicalType() instanceof LogicalTypes.Decimal
                    || schema.getLogicalType() instanceof LogicalTypes.BigDecimal;
            return isNumber ? new DataType.Decimal() : new DataType.Text();
        }
        return switch (schema.getType()) {
            case NULL -> new DataType.Any();
            case BOOLEAN -> new DataType.Truth();
            case INT, LONG -> new DataType.Whole();
            case FLOAT, DOUBLE -> new DataType.Decimal();
            case STRING, BYTES, FIXED, ENUM -> new DataType.Text();
            case ARRAY -> new DataType.Repeated(type(schema.getElementType()));
            case MAP -> new DataType.Fields(Map.of(), true);
            case UNION -> union(schema);
            case RECORD -> record(schema);
        };
    }

    private DataType record(Schema schema) {
        if (!open.add(schema.getFullName())) {
            return new DataType.Any();
        }
        Map<String, DataType> fields = new LinkedHashMap<>();
        schema.getFields().forEach(field -> fields.put(field.name(), type(field.schema())));
        open.remove(schema.getFullName());
        return new DataType.Fields(fields, false);
    }

    private DataType union(Schema schema) {
        List<DataType> types = schema.getTypes().stream()
                .filter(branch -> branch.getType() != Schema.Type.NULL)
                .map(this::type)
                .distinct()
                .toList();
        return types.size() == 1 ? types.getFirst() : new DataType.Any();
    }
}
