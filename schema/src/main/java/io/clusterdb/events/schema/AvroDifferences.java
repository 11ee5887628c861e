package io.clusterdb.events.schema;

import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.Incompatibility;

/** What is said against a reader and a writer, each thing in one line: by Avro's own checker, and about logical types. */
final class AvroDifferences {
    private AvroDifferences() {}

    static List<String> of(Schema reader, Schema writer) {
        Stream<String> types =
                SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
                        .getResult()
                        .getIncompatibilities()
                        .stream()
                        .map(difference -> path(reader, difference.getLocation()) + ": " + text(difference));
        return Stream.concat(types, AvroLogicalDifferences.of(reader, writer).stream())
                .distinct()
                .toList();
    }

    private static String text(Incompatibility difference) {
        String reader = name(difference.getReaderFragment());
        String writer = name(difference.getWriterFragment());
        return switch (difference.getType()) {
            case NAME_MISMATCH -> "the reader has " + reader + ", the writer " + writer;
            case FIXED_SIZE_MISMATCH ->
                "the reader has " + reader + " of "
                        + difference.getReaderFragment().getFixedSize() + " bytes, the writer one of "
                        + difference.getWriterFragment().getFixedSize();
            case MISSING_ENUM_SYMBOLS ->
                "the reader has the symbols " + difference.getReaderFragment().getEnumSymbols()
                        + " and no default, the writer also " + difference.getMessage();
            case READER_FIELD_MISSING_DEFAULT_VALUE ->
                "the reader has the field " + difference.getMessage()
                        + " without a default, the writer does not have it";
            case TYPE_MISMATCH -> "the reader has " + reader + ", the writer " + writer;
            case MISSING_UNION_BRANCH ->
                "the reader has " + reader + ", the writer " + writer + ": " + difference.getMessage();
        };
    }

    private static String name(Schema schema) {
        return switch (schema.getType()) {
            case RECORD -> "the record " + schema.getFullName();
            case ENUM -> "the enum " + schema.getFullName();
            case FIXED -> "the fixed " + schema.getFullName();
            case UNION ->
                "the union "
                        + schema.getTypes().stream().map(Schema::getFullName).toList();
            default -> schema.getName();
        };
    }

    /** From a place in the definition of the reader, as /fields/2/type/items/fields/0, to a place in data: /items/*&#47;price. */
    private static String path(Schema reader, String location) {
        StringBuilder path = new StringBuilder();
        Schema at = reader;
        String[] steps = location.split("/", -1);
        for (int i = 1; i < steps.length; i++) {
            switch (steps[i]) {
                case "fields" -> {
                    Schema.Field field = at.getFields().get(Integer.parseInt(steps[++i]));
                    path.append('/').append(field.name());
                    at = field.schema();
                }
                case "items" -> {
                    path.append("/*");
                    at = at.getElementType();
                }
                case "values" -> {
                    path.append("/*");
                    at = at.getValueType();
                }
                default -> {
                    // A word of the definition that data does not have, or the number of a branch of the writer's
                    // union.
                }
            }
        }
        return path.isEmpty() ? "/" : path.toString();
    }
}
