package io.clusterdb.events.schema;

import com.networknt.schema.path.NodePath;
import io.clusterdb.events.schema.JsonSchemaKeywords.Place;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaException;
import java.util.List;
import java.util.function.Predicate;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/**
 * A JSON Schema. Data is checked when it is encoded, never when it is read: a reader is tolerant, and what is stored was
 * checked.
 */
final class JsonSchema implements ParsedSchema {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final ObjectReader EXACT = JsonSchemaDocument.EXACT.readerFor(JsonNode.class);

    private final JsonSchemaDocument document;
    private final JsonSchemaDocument writing;
    private final JsonSchemaDocument reading;
    private final com.networknt.schema.Schema strict;
    private final com.networknt.schema.Schema tolerant;
    private final Predicate<JsonNode> plain;
    private final DataType type;

    JsonSchema(JsonSchemaDocument document) {
        this.document = document;
        writing = JsonSchemaForms.writing(document);
        reading = JsonSchemaForms.reading(document);
        strict = JsonSchemaDocument.validator(writing.root().node());
        tolerant = JsonSchemaDocument.validator(reading.root().node());
        plain = JsonSchemaCheck.of(writing);
        type = new JsonSchemaTypes(writing).root();
    }

    JsonSchemaDocument document() {
        return document;
    }

    JsonSchemaDocument writing() {
        return writing;
    }

    JsonSchemaDocument reading() {
        return reading;
    }

    /** Whether data passes quickly; false says nothing. */
    boolean passes(JsonNode value) {
        return plain.test(value);
    }

    /** Whether a strict writer may write data. */
    boolean writes(JsonNode value) {
        return strict.validate(value).isEmpty();
    }

    /** Whether a tolerant reader takes a value at a place of the schema. */
    boolean reads(JsonNode value, Place place) {
        var path = new NodePath(JsonSchemaDocument.CONFIG.getPathType());
        for (var at = JsonSchemaKeywords.pointer(place.pointer()); !at.matches(); at = at.tail()) {
            path = at.getMatchingIndex() >= 0
                    ? path.append(at.getMatchingIndex())
                    : path.append(at.getMatchingProperty());
        }
        return (place.pointer().isEmpty() ? tolerant : tolerant.getSubSchema(path))
                .validate(value)
                .isEmpty();
    }

    /** Whether a tolerant reader takes data. */
    boolean reads(JsonNode value) {
        return tolerant.validate(value).isEmpty();
    }

    /**
     * {@inheritDoc}
     *
     * <p>Without {@code title}, {@code description}, {@code $comment} and {@code examples}: a better comment makes no new
     * version that every reader and writer would have to look at. {@code default}, {@code format} and {@code deprecated}
     * stay, since programs go by them. The names in {@code required}, {@code type} and {@code enum} are sorted.
     */
    @Override
    public String canonical() {
        return JsonSchemaForms.canonical(document.root().node()).toString();
    }

    @Override
    public String contentType() {
        return "application/json";
    }

    @Override
    public boolean needsId() {
        return false;
    }

    @Override
    public Bytes encode(Object data) {
        Bytes bytes = bytes(data);
        JsonNode tree = read(EXACT, bytes);
        try {
            if (!plain.test(tree)) {
                refuseViolations(tree);
            }
            return bytes;
        } catch (StackOverflowError e) {
            throw new SchemaException(
                    "",
                    "data that the patterns of the schema can be matched with",
                    "a text that is too long for one of them",
                    e);
        }
    }

    /** The validator compares what is declared as an integer in 64 bits, and throws where that does not fit. */
    private void refuseViolations(JsonNode tree) {
        try {
            JsonSchemaViolations.refuse(strict.validate(tree));
        } catch (JacksonException e) {
            throw new SchemaException("", "integers of 64 bits", e.getOriginalMessage(), e);
        }
    }

    private static Bytes bytes(Object data) {
        try {
            return switch (data) {
                case Bytes bytes -> bytes;
                case byte[] array -> Bytes.of(array);
                default -> Bytes.of(MAPPER.writeValueAsBytes(data));
            };
        } catch (JacksonException e) {
            throw new SchemaException("", "an object that can be written as JSON", e.getOriginalMessage(), e);
        }
    }

    private static JsonNode read(ObjectReader reader, Bytes data) {
        try {
            JsonNode tree = reader.readTree(data.array(), data.offset(), data.length());
            if (tree.isMissingNode()) {
                throw new SchemaException("", "JSON", "nothing");
            }
            return tree;
        } catch (JacksonException e) {
            throw JsonSchemaViolations.notJson(e);
        } catch (NumberFormatException e) {
            throw JsonSchemaViolations.notJson(e);
        }
    }

    @Override
    public JsonNode tree(Bytes data) {
        return read(MAPPER.readerFor(JsonNode.class), data);
    }

    @Override
    public <T> T decode(Bytes data, Class<T> type) {
        if (type == JsonNode.class) {
            return type.cast(tree(data));
        }
        try {
            return MAPPER.readValue(data.array(), data.offset(), data.length(), type);
        } catch (DatabindException e) {
            throw JsonSchemaViolations.notOf(type, e);
        } catch (JacksonException e) {
            throw JsonSchemaViolations.notJson(e);
        } catch (NumberFormatException e) {
            throw JsonSchemaViolations.notJson(e);
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException when the writer's schema is not of this format
     */
    @Override
    public List<String> unreadable(ParsedSchema writer) {
        if (!(writer instanceof JsonSchema other)) {
            throw new IllegalArgumentException("Not a JSON Schema: " + writer);
        }
        try {
            return new JsonSchemaReading(other, this).differences();
        } catch (StackOverflowError e) {
            return List.of(JsonSchemaReading.INTRICATE);
        }
    }

    @Override
    public DataType type() {
        return type;
    }
}
