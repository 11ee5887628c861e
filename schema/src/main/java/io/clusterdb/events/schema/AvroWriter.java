package io.clusterdb.events.schema;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.POJONode;

/** Writes values of any Java type as one type of a schema. Thread-safe. */
abstract class AvroWriter {
    /** @throws io.clusterdb.events.spi.SchemaException when it does not fit */
    final void write(@Nullable Object value, AvroOutput out) throws IOException {
        put(plain(value), out);
    }

    /** @param plain what {@link #plain} gave */
    abstract void put(@Nullable Object plain, AvroOutput out) throws IOException;

    /** Whether a value is of a kind that may fit; exact for scalars, a glance for the others. */
    abstract boolean takes(@Nullable Object plain);

    /** Whether an object has the names that it must and may have; not asked of what is no object. */
    boolean isShapedLike(Object plain) {
        return true;
    }

    /** What the type is called in a message. */
    abstract String expected();

    /** A value without the wrapping of JSON and of {@link Optional}. JSON's lists and objects stay what they are. */
    static @Nullable Object plain(@Nullable Object value) {
        if (value instanceof JsonNode node) {
            return scalar(node);
        } else if (value instanceof Optional<?> optional) {
            return optional.isPresent() ? plain(optional.get()) : null;
        }
        return value;
    }

    private static @Nullable Object scalar(JsonNode node) {
        return switch (node.getNodeType()) {
            case NULL, MISSING -> null;
            case STRING -> node.stringValue();
            case BOOLEAN -> node.booleanValue();
            case NUMBER -> node.numberValue();
            case BINARY -> node.binaryValue();
            case POJO -> plain(((POJONode) node).getPojo());
            case ARRAY, OBJECT -> node;
        };
    }
}
