package io.clusterdb.events.schema;

import java.io.IOException;
import org.apache.avro.io.BinaryDecoder;
import org.jspecify.annotations.Nullable;

/** Reads what one type of a schema wrote as one type of Java's. Thread-safe. */
interface AvroReader {
    /** @throws io.clusterdb.events.spi.SchemaException when the data, or the Java type, does not fit */
    @Nullable
    Object read(BinaryDecoder in) throws IOException;
}
