package io.clusterdb.events.schema;

import io.clusterdb.events.Schema;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaException;
import io.clusterdb.events.spi.SchemaFormat;

/**
 * JSON Schema, draft 2020-12.
 *
 * <p>A definition is checked against the draft's own schema; keywords that the draft does not know are allowed and mean
 * nothing. {@code $ref} leads within the document only: nothing is read from a network or from files. {@code format} is
 * an annotation, as the draft has it: it is not checked.
 *
 * <p><b>Writers are strict, readers are tolerant.</b> Data is stored only when it fits the definition and has no
 * property that the definition does not declare, unless the object says what others may be by {@code
 * additionalProperties} (or {@code unevaluatedProperties}), or declares no properties at all. A reader passes over
 * properties it does not know, so {@code additionalProperties: false} binds writers only. Therefore a new optional
 * property can be read from old data, and data that has it by old readers.
 */
public final class JsonSchemaFormat implements SchemaFormat {
    @Override
    public String name() {
        return Schema.JSON_SCHEMA;
    }

    /**
     * @throws SchemaException when it is no JSON, no JSON Schema of this draft, too intricate, or has a reference that leads
     *     out of it or nowhere
     */
    @Override
    public ParsedSchema parse(String definition) {
        try {
            return new JsonSchema(JsonSchemaDocument.parse(definition));
        } catch (StackOverflowError e) {
            throw new SchemaException("", "a definition of a depth that fits the stack", "a deeper one", e);
        }
    }
}
