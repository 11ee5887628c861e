package io.clusterdb.events.schema;

import io.clusterdb.events.Schema;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaFormat;

/**
 * Apache Avro, in its binary encoding. Names follow the specification strictly, and defaults must fit.
 *
 * <p>Data is matched by the names of fields, with every logical type of Avro 1.12. It may be a record, an object of any
 * other class (its fields that are neither static nor transient, and where it has none of that name a getter), a map, a
 * JSON tree, or Avro's own generic and specific records. What the schema does not know is refused, as is a number that
 * would change; only times are cut to the unit of the schema, since clocks are finer than schemas. JSON is plain: bytes
 * are base64, times ISO-8601, decimals numbers, and the branch of a union is not named. A branch that is called like the
 * object's class (its simple or full name) is taken, otherwise the first that fits. Bytes are data that is encoded
 * already.
 *
 * <p>A class that is read into may lack fields of the schema. What it has and the schema lacks must be annotated nullable
 * or be an Optional. Thread-safe.
 */
public final class AvroFormat implements SchemaFormat {
    @Override
    public String name() {
        return Schema.AVRO;
    }

    @Override
    public ParsedSchema parse(String definition) {
        return new AvroSchema(AvroDefinition.parse(definition));
    }
}
