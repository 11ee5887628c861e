package io.clusterdb.events.broker;

import io.clusterdb.events.RegisteredSchema;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Upcasters;
import io.clusterdb.events.broker.SchemaRegistry.Known;
import io.clusterdb.events.spi.ByteWriter;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.EncodedData;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Data by the schemas of topics. Where data can't be read without its schema, it is stored after a zero byte and the four
 * bytes of the schema's id, the highest first: Confluent's wire format.
 */
final class SchemaCodec implements DataCodec {
    private static final int FRAME = 5;

    /** Numbers keep every digit: the schema says what they may be. */
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    /** Media types of data in that frame. */
    private static final Set<String> FRAMED = Set.of("application/vnd.apache.avro+binary", "avro/binary");

    private final SchemaRegistry registry;
    private final Upcasters upcasters;

    SchemaCodec(SchemaRegistry registry, Upcasters upcasters) {
        this.registry = registry;
        this.upcasters = upcasters;
    }

    /** Whether the topic's data is written by a schema. */
    boolean covers(String topic) {
        return registry.covers(topic);
    }

    @Override
    public @Nullable EncodedData encode(String topic, String type, Object data, @Nullable String contentType) {
        if (!registry.covers(topic)) {
            return null;
        }
        Known known = registry.current(topic, type);
        if (known == null) {
            throw RejectedException.noSchema(
                    topic, type, registry.current(topic).keySet());
        }
        RegisteredSchema schema = known.registered();
        try {
            Bytes bytes = bytes(data, contentType, known.parsed());
            return new EncodedData(
                    known.parsed().needsId() ? framed(bytes, schema.id()) : bytes,
                    known.parsed().contentType(),
                    schema.id());
        } catch (SchemaException e) {
            throw RejectedException.schemaViolation("an event of type " + type, schema.toString(), e);
        }
    }

    /** What another topic's schema has written is read by that one, and JSON as the tree it stands for. */
    private Bytes bytes(Object data, @Nullable String contentType, ParsedSchema schema) {
        if (data instanceof Bytes framed && reads(contentType)) {
            return schema.encode(payload(framed), writer(framed));
        }
        boolean isEncoded = data instanceof Bytes || data instanceof byte[];
        boolean isJson = contentType != null && DataCodec.isJson(contentType);
        if (isEncoded && isJson && schema.needsId()) {
            return schema.encode(tree(data instanceof Bytes bytes ? bytes : Bytes.of((byte[]) data)));
        }
        return schema.encode(data);
    }

    private static JsonNode tree(Bytes json) {
        try {
            return JSON.readTree(json.array(), json.offset(), json.length());
        } catch (JacksonException e) {
            throw new SchemaException("", "JSON, as its content type says", e.getOriginalMessage(), e);
        } catch (NumberFormatException e) {
            throw new SchemaException("", "JSON, as its content type says", String.valueOf(e.getMessage()), e);
        }
    }

    private static Bytes framed(Bytes bytes, int id) {
        ByteWriter writer = new ByteWriter(FRAME + bytes.length());
        return Bytes.of(writer.writeByte(0).writeInt(id).writeBytes(bytes).toArray());
    }

    @Override
    public Upcasters upcasters() {
        return upcasters;
    }

    @Override
    public boolean reads(@Nullable String contentType) {
        return contentType != null && FRAMED.contains(contentType);
    }

    @Override
    public <T> T read(Bytes data, Class<T> type) {
        return writer(data).decode(payload(data), type);
    }

    /** The schema that has written the data. */
    private ParsedSchema writer(Bytes data) {
        int id = id(data);
        return registry.known(id)
                .orElseThrow(() -> new SchemaException("", "a schema of this broker", "the unknown schema id " + id))
                .parsed();
    }

    private static Bytes payload(Bytes data) {
        return new Bytes(data.array(), data.offset() + FRAME, data.length() - FRAME);
    }

    private static int id(Bytes data) {
        if (data.length() < FRAME || data.at(0) != 0) {
            throw new SchemaException(
                    "", "a zero byte and four bytes of a schema's id", data.length() + " other bytes");
        }
        int id = 0;
        for (int i = 1; i < FRAME; i++) {
            id = (id << 8) | (data.at(i) & 0xff);
        }
        return id;
    }
}
