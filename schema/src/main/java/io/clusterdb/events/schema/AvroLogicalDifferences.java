package io.clusterdb.events.schema;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.jspecify.annotations.Nullable;

/**
 * Where a reader takes for one logical type what a writer wrote as another, or as none: Avro's own checker looks at the
 * types under them only, and a timestamp in microseconds would be read as one in milliseconds. Not thread-safe.
 */
final class AvroLogicalDifferences {
    private final List<String> differences = new ArrayList<>();

    /** Pairs that were compared, or are being: schemas may hold themselves. */
    private final IdentityHashMap<Schema, Set<Schema>> seen = new IdentityHashMap<>();

    private AvroLogicalDifferences() {}

    static List<String> of(Schema reader, Schema writer) {
        var found = new AvroLogicalDifferences();
        found.compare(reader, writer, "");
        return found.differences;
    }

    private void compare(Schema reader, Schema writer, String path) {
        if (writer.isUnion()) {
            writer.getTypes().forEach(branch -> compare(reader, branch, path));
        } else if (reader.isUnion()) {
            branch(reader, writer).ifPresent(branch -> compare(branch, writer, path));
        } else if (reader.getType() == writer.getType()) {
            compareParts(reader, writer, path);
        } else {
            compareValues(reader, writer, path);
        }
    }

    private void compareParts(Schema reader, Schema writer, String path) {
        switch (reader.getType()) {
            case RECORD -> compareFields(reader, writer, path);
            case ARRAY -> compare(reader.getElementType(), writer.getElementType(), path + "/*");
            case MAP -> compare(reader.getValueType(), writer.getValueType(), path + "/*");
            default -> compareValues(reader, writer, path);
        }
    }

    private void compareFields(Schema reader, Schema writer, String path) {
        if (!seen.computeIfAbsent(reader, r -> Collections.newSetFromMap(new IdentityHashMap<>()))
                .add(writer)) {
            return;
        }
        for (Schema.Field field : reader.getFields()) {
            Schema.Field written = SchemaCompatibility.lookupWriterField(writer, field);
            if (written != null) {
                compare(field.schema(), written.schema(), path + "/" + field.name());
            }
        }
    }

    private void compareValues(Schema reader, Schema writer, String path) {
        String reads = AvroLogical.name(reader);
        String writes = AvroLogical.name(writer);
        if (!reads.equals(writes) && !isHarmless(reader, writer) && canRead(reader, writer)) {
            differences.add((path.isEmpty() ? "/" : path) + ": the reader has " + named(reader, reads) + ", the writer "
                    + named(writer, writes));
        }
    }

    private static String named(Schema schema, String logical) {
        return schema.getName() + (logical.isEmpty() ? "" : " as " + logical);
    }

    /**
     * A UUID in a string is that string to who reads strings; not the other way round, since a string may be anything. And
     * a decimal's bytes hold its digits whatever its precision, so a greater one at the same scale has room for all.
     */
    private static boolean isHarmless(Schema reader, Schema writer) {
        boolean isPlainString = reader.getType() == Schema.Type.STRING && reader.getLogicalType() == null;
        return (isPlainString && writer.getType() == Schema.Type.STRING) || hasRoom(decimal(reader), decimal(writer));
    }

    private static boolean hasRoom(LogicalTypes.@Nullable Decimal reader, LogicalTypes.@Nullable Decimal writer) {
        return reader != null
                && writer != null
                && reader.getScale() == writer.getScale()
                && reader.getPrecision() >= writer.getPrecision();
    }

    private static LogicalTypes.@Nullable Decimal decimal(Schema schema) {
        return schema.getLogicalType() instanceof LogicalTypes.Decimal decimal ? decimal : null;
    }

    /** The branch that Avro reads by: the one of the same name, or else the first that takes the type. */
    private static Optional<Schema> branch(Schema union, Schema writer) {
        return union.getTypes().stream()
                .filter(branch -> branch.getFullName().equals(writer.getFullName()))
                .findFirst()
                .or(() -> union.getTypes().stream()
                        .filter(branch -> canRead(branch, writer))
                        .findFirst());
    }

    private static boolean canRead(Schema reader, Schema writer) {
        return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
                        .getType()
                == SchemaCompatibilityType.COMPATIBLE;
    }
}
