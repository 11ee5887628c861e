package io.clusterdb.events.spi;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * A schema that data can be checked against. Immutable and thread-safe.
 *
 * <p>Data comes as what a user publishes: an object of theirs, a {@link JsonNode}, or bytes (a {@code byte[]} or
 * {@link Bytes}) that are encoded already. It is stored as bytes, without anything that says which schema they are of.
 */
public interface ParsedSchema {
    /** A text that is the same for definitions that mean the same: without comments, blanks and order that has no meaning. */
    String canonical();

    /** The media type of data in this format. */
    String contentType();

    /** Whether stored data must be preceded by the id of its schema, because it can't be read without the schema. */
    boolean needsId();

    /**
     * Encodes data and checks it.
     *
     * @param data never null
     * @throws SchemaException when it does not fit, naming path, expected and found
     */
    Bytes encode(Object data);

    /**
     * Encodes what another schema has written, and checks it.
     *
     * @param data what {@link #encode} of the other one gave
     * @throws SchemaException when it does not fit, or the bytes are not of the other schema
     */
    default Bytes encode(Bytes data, ParsedSchema writer) {
        return encode(writer.tree(data));
    }

    /**
     * The data as a tree, as the schema that wrote it has it.
     *
     * @param data what {@link #encode} gave
     * @throws SchemaException when the bytes are not of this schema
     */
    JsonNode tree(Bytes data);

    /**
     * The data as an object of a class, by the names of its fields; a {@link JsonNode} class gives the tree.
     *
     * @throws SchemaException when the bytes are not of this schema, or the class does not fit, naming path, expected and
     *     found
     */
    <T> T decode(Bytes data, Class<T> type);

    /**
     * Why a reader that has this schema could not read all that a writer with another one of the same format may write:
     * each with its path, and what the two say there. Empty when it can.
     */
    List<String> unreadable(ParsedSchema writer);

    /** What is known of the fields of data, to check expressions with. */
    DataType type();

    /** The shape of data, as far as an expression cares. */
    sealed interface DataType {
        /** What is of this type or another one. A field that an open object does not name may be anything there. */
        default DataType or(DataType other) {
            if (equals(other)) {
                return this;
            }
            if (this instanceof Repeated(DataType own) && other instanceof Repeated(DataType of)) {
                return new Repeated(own.or(of));
            }
            if (this instanceof Fields(var own, boolean open) && other instanceof Fields(var of, boolean otherOpen)) {
                Map<String, DataType> fields = new LinkedHashMap<>();
                own.forEach((name, type) -> fields.put(name, of.containsKey(name) || !otherOpen ? type : new Any()));
                of.forEach((name, type) ->
                        fields.merge(name, own.containsKey(name) || !open ? type : new Any(), DataType::or));
                return new Fields(fields, open || otherOpen);
            }
            return isNumber() && other.isNumber() ? new Decimal() : new Any();
        }

        private boolean isNumber() {
            return this instanceof Whole || this instanceof Decimal;
        }

        /** Nothing is known. */
        record Any() implements DataType {}

        /** A string, or what is written as one. */
        record Text() implements DataType {}

        /** Whole numbers of at most 64 bits. */
        record Whole() implements DataType {}

        /** Any other number. */
        record Decimal() implements DataType {}

        /** True or false. */
        record Truth() implements DataType {}

        /** A list. */
        record Repeated(DataType of) implements DataType {}

        /**
         * An object.
         *
         * @param fields by name
         * @param open whether it may have others too
         */
        record Fields(Map<String, DataType> fields, boolean open) implements DataType {}
    }
}
