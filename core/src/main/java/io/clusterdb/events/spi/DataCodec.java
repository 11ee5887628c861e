package io.clusterdb.events.spi;

import io.clusterdb.events.Upcasters;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Writes and reads data by the schemas of topics, and lifts what is old. Thread-safe. */
public interface DataCodec {
    /** For data without schemas. */
    DataCodec NONE = new DataCodec() {
        @Override
        public @Nullable EncodedData encode(String topic, String type, Object data, @Nullable String contentType) {
            return null;
        }

        @Override
        public boolean reads(@Nullable String contentType) {
            return false;
        }

        @Override
        public <T> T read(Bytes data, Class<T> type) {
            throw new SchemaException("", "data without a schema", "other data");
        }
    };

    /**
     * Encodes and checks what is about to be published.
     *
     * @param type of the event
     * @param data as the user gave it, or {@link Bytes} as they are stored elsewhere
     * @param contentType of bytes; null when none was named
     * @return null when the topic has no schemas
     * @throws io.clusterdb.events.RejectedException when the data does not fit
     */
    @Nullable
    EncodedData encode(String topic, String type, Object data, @Nullable String contentType);

    /** Whether data of that media type can be read with its schema only. */
    boolean reads(@Nullable String contentType);

    /**
     * Reads data of which {@link #reads} is true; {@link JsonNode} gives the tree.
     *
     * @param data as stored
     * @throws SchemaException when the schema is unknown, the bytes are not of it, or the class does not fit
     */
    <T> T read(Bytes data, Class<T> type);

    /** Whether data of that media type is JSON. */
    static boolean isJson(String contentType) {
        return contentType.startsWith("application/json") || contentType.contains("+json");
    }

    /** What lifts data of old versions. */
    default Upcasters upcasters() {
        return Upcasters.NONE;
    }
}
