package io.clusterdb.events;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the data of events must look like. Given to a topic, every event is checked against it before it is written.
 *
 * @param format the name of a {@link io.clusterdb.events.spi.SchemaFormat}: {@link #AVRO} or {@link #JSON_SCHEMA}
 * @param definition in the format's own language
 * @param compatibility how the next version must fit
 * @param owner the team or service that answers for it; null = nobody named
 */
public record Schema(
        String format,
        String definition,
        SchemaCompatibility compatibility,
        @Nullable String owner) {
    /** Apache Avro 1.12: data is stored in Avro's binary encoding, after a zero byte and the four bytes of the schema's id. */
    public static final String AVRO = "avro";

    /** JSON Schema, draft 2020-12: data is stored as JSON. */
    public static final String JSON_SCHEMA = "json-schema";

    /**
     * An Avro schema from a file.
     *
     * @throws RejectedException when the file can't be read
     */
    public static Schema avro(Path file, SchemaCompatibility compatibility) {
        return avro(read(file), compatibility);
    }

    public static Schema avro(String definition, SchemaCompatibility compatibility) {
        return new Schema(AVRO, definition, compatibility, null);
    }

    /**
     * A JSON Schema from a file.
     *
     * @throws RejectedException when the file can't be read
     */
    public static Schema jsonSchema(Path file, SchemaCompatibility compatibility) {
        return jsonSchema(read(file), compatibility);
    }

    public static Schema jsonSchema(String definition, SchemaCompatibility compatibility) {
        return new Schema(JSON_SCHEMA, definition, compatibility, null);
    }

    public Schema owner(String teamOrService) {
        return new Schema(format, definition, compatibility, teamOrService);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw RejectedException.badSchema("file " + file, "it can't be read: " + e, e);
        }
    }
}
