package io.clusterdb.events.schema;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaException;
import java.io.IOException;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A schema of Avro: how data is written is known from the start, how it is read once a class has been asked for. */
final class AvroSchema implements ParsedSchema {
    private final Schema schema;
    private final AvroWriter writer;
    private final Readers readers = new Readers();

    AvroSchema(Schema schema) {
        this.schema = schema;
        this.writer = AvroWriters.of(schema);
    }

    @Override
    public String canonical() {
        return new AvroCanonical().text(schema);
    }

    @Override
    public String contentType() {
        return "avro/binary";
    }

    @Override
    public boolean needsId() {
        return true;
    }

    @Override
    public Bytes encode(Object data) {
        if (data instanceof Bytes bytes) {
            return checked(bytes);
        } else if (data instanceof byte[] array) {
            return checked(Bytes.of(array));
        }
        return written(data);
    }

    private Bytes written(@Nullable Object data) {
        AvroOutput out = new AvroOutput();
        try {
            writer.write(data, out);
            return out.bytes();
        } catch (IOException e) {
            throw Misfit.at("", e);
        } catch (StackOverflowError e) {
            throw tooDeep();
        }
    }

    /**
     * {@inheritDoc}
     *
     * <p>Avro's own values name the branches of unions, which a tree does not. What is to be of another type here, such as
     * a text instead of a time, fits as a tree at best.
     */
    @Override
    public Bytes encode(Bytes data, ParsedSchema writer) {
        if (!(writer instanceof AvroSchema other)) {
            return ParsedSchema.super.encode(data, writer);
        } else if (schema.equals(other.schema)) {
            return checked(data);
        }
        try {
            return written(other.generic(data));
        } catch (SchemaException e) {
            return ParsedSchema.super.encode(data, writer);
        }
    }

    @Override
    public JsonNode tree(Bytes data) {
        return decode(data, JsonNode.class);
    }

    @Override
    public <T> T decode(Bytes data, Class<T> type) {
        Object value = read(data, readers.get(type));
        if (!type.isInstance(value)) {
            throw Misfit.of("data for " + type.getTypeName(), value);
        }
        return type.cast(value);
    }

    @Override
    public List<String> unreadable(ParsedSchema writer) {
        return AvroDifferences.of(schema, ((AvroSchema) writer).schema);
    }

    @Override
    public DataType type() {
        return AvroDataTypes.of(schema);
    }

    private Bytes checked(Bytes data) {
        read(data, readers.get(JsonNode.class));
        return data;
    }

    /** Avro's own values. Its readers take damaged bytes for data, so these are checked first. */
    private @Nullable Object generic(Bytes data) {
        var reader = new GenericDatumReader<@Nullable Object>(schema, schema, AvroLogical.GENERIC);
        return read(checked(data), in -> reader.read(null, in));
    }

    private static @Nullable Object read(Bytes data, AvroReader reader) {
        BinaryDecoder in = DecoderFactory.get().binaryDecoder(data.array(), data.offset(), data.length(), null);
        try {
            Object value = reader.read(in);
            if (!in.isEnd()) {
                throw new SchemaException("", "the end of the data", in.remainingBytes() + " more bytes");
            }
            return value;
        } catch (IOException | RuntimeException e) {
            throw Misfit.at("", e);
        } catch (StackOverflowError e) {
            throw tooDeep();
        }
    }

    private static SchemaException tooDeep() {
        return new SchemaException("", "data of a depth that fits the stack", "objects in objects without an end");
    }

    /** One reader for each class. */
    private final class Readers extends ClassValue<AvroReader> {
        @Override
        protected AvroReader computeValue(Class<?> type) {
            return AvroReaders.of(schema, type);
        }
    }
}
