package io.clusterdb.events.schema;

import io.clusterdb.events.spi.SchemaException;
import java.io.EOFException;
import java.io.IOException;
import java.util.Map;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * How data that does not fit is told. The path is put together on the way out, from the innermost place to the
 * outermost, so that data that fits pays nothing for it.
 */
final class Misfit {
    private static final int LONGEST = 80;

    private Misfit() {}

    static SchemaException of(String expected, @Nullable Object found) {
        return new SchemaException("", expected, found(found));
    }

    /** What went wrong inside of a step, seen from outside of it. */
    static SchemaException at(String step, Exception inner) {
        String under = step.isEmpty() ? "" : "/" + step.replace("~", "~0").replace("/", "~1");
        return switch (inner) {
            case SchemaException e when under.isEmpty() -> e;
            case SchemaException e -> new SchemaException(under + e.path(), e.expected(), e.found(), e.getCause());
            case EOFException e -> new SchemaException(under, "more bytes", "the end of the data", e);
            case IOException e -> new SchemaException(under, "data in Avro's binary encoding", e.toString(), e);
            case AvroRuntimeException e ->
                new SchemaException(under, "data in Avro's binary encoding", e.toString(), e);
            default -> new SchemaException(under, "what can be read and written", inner.toString(), inner);
        };
    }

    /** A value as a message shows it: what it is, and its beginning. */
    static String found(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case CharSequence text -> "the text \"" + cut(text.toString()) + "\"";
            case Number number -> "the number " + cut(number.toString());
            case byte[] bytes -> bytes.length + " bytes";
            case JsonNode node when node.isArray() -> "the list " + cut(node.toString());
            case JsonNode node -> (node.isObject() ? "the object " : "") + cut(node.toString());
            case Map<?, ?> map -> "the object " + cut(map.toString());
            case Iterable<?> list -> "the list " + cut(list.toString());
            case IndexedRecord generic -> "the record " + generic.getSchema().getFullName();
            case Enum<?> e -> "the constant " + e.getDeclaringClass().getSimpleName() + "." + e.name();
            default -> value.getClass().getTypeName() + " " + cut(String.valueOf(value));
        };
    }

    private static String cut(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
    }
}
