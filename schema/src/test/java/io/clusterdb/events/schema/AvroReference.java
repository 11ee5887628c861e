package io.clusterdb.events.schema;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Avro's own generic reader and writer, to compare with. */
final class AvroReference {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private AvroReference() {}

    static ParsedSchema schema(String definition) {
        return new AvroFormat().parse(definition.replace('\'', '"'));
    }

    static Schema avro(String definition) {
        return new Schema.Parser().parse(definition.replace('\'', '"'));
    }

    /** A record "R" of one field "f". */
    static String record(String type) {
        return "{'type':'record','name':'R','fields':[{'name':'f','type':" + type + "}]}";
    }

    static JsonNode json(String text) {
        return JSON.readTree(text.replace('\'', '"'));
    }

    static Bytes written(Schema schema, Object datum) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        try {
            new GenericDatumWriter<>(schema).write(datum, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Bytes.of(out.toByteArray());
    }

    static Object read(Schema schema, Bytes data) {
        try {
            return new GenericDatumReader<>(schema)
                    .read(null, DecoderFactory.get().binaryDecoder(data.toArray(), null));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static SchemaException misfit(ThrowingCallable call) {
        SchemaException e = catchThrowableOfType(SchemaException.class, call);
        if (e == null) {
            throw new AssertionError("nothing was refused");
        }
        return e;
    }
}
