package io.clusterdb.events;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.EncodedData;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.SchemaException;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Something that happened: the attributes of CloudEvents 1.0 (id, type, source, subject, time), a key, data and
 * metadata. Immutable and thread-safe, given that nobody changes the data object handed to it.
 *
 * <p>An event read from a log decodes its bytes when they are first asked for. What is not given is filled in by
 * publish: a UUIDv7 as id, the application's name as source, the time of publishing.
 */
public final class Event {
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");

    private final @Nullable Attributes given;
    private final @Nullable String key;
    private final @Nullable Object data;
    private final @Nullable LogRecord stored;
    private final DataCodec codec;
    private @Nullable Attributes decoded;

    private Event(Attributes given, @Nullable String key, @Nullable Object data, DataCodec codec) {
        this.given = given;
        this.key = key;
        this.data = data;
        this.stored = null;
        this.codec = codec;
    }

    private Event(LogRecord stored, DataCodec codec) {
        this.given = null;
        this.key = null;
        this.data = null;
        this.stored = stored;
        this.codec = codec;
    }

    /** An event without data: in a compacted topic, the tombstone of its key. */
    public static Event of(String type) {
        return new Event(Attributes.ofType(type), null, null, DataCodec.NONE);
    }

    /**
     * An event with data.
     *
     * @param data an object that is published as JSON, or a {@code byte[]} that is published as it is, with content
     *     type {@code application/octet-stream}
     */
    public static Event of(String type, Object data) {
        return new Event(Attributes.ofType(type), null, data, DataCodec.NONE);
    }

    /**
     * The event that a record of a log is. Made for engines; it fails on first use if the record is none.
     *
     * @param codec for data that is written by a schema
     */
    public static Event read(LogRecord record, DataCodec codec) {
        return new Event(record, codec);
    }

    /** An event that an engine keeps in pieces. */
    static Event stored(Attributes attributes, String key, Bytes data, DataCodec codec) {
        return new Event(attributes, key, data, codec);
    }

    public Event withId(String id) {
        return with(attributes().withId(id));
    }

    /** Where the event comes from: a service, a device (a URI reference, by CloudEvents). */
    public Event withSource(String source) {
        return with(attributes().withSource(source));
    }

    /** What the event is about, within its source. */
    public Event withSubject(String subject) {
        return with(attributes().withSubject(subject));
    }

    /** When it happened, which may be long before it is published. */
    public Event withTime(Instant time) {
        return with(attributes().withTime(time));
    }

    /**
     * Has publish hold the event until then, durably, and deliver it once: visible on its topic within a second of that
     * time, by the calendar of the process that delivers. An event that names no time gets this one. A time that is not
     * in the future is no schedule: the event is published at once. See {@link Schedules}.
     *
     * @throws RejectedException when the time is beyond the year 9999
     */
    public Event deliverAt(Instant time) {
        if (time.isAfter(LAST)) {
            throw RejectedException.invalid("event", "deliverAt", time, "a time up to " + LAST);
        }
        return with(attributes().withDeliverAt(time));
    }

    /** Events of one key go to one partition and are handled in order. */
    public Event withKey(String key) {
        return new Event(attributes(), key, content(), codec);
    }

    /** As {@link #of(String, Object)}. */
    public Event withData(Object data) {
        return new Event(attributes().withContentType(null).withVersion(null), key(), data, DataCodec.NONE);
    }

    /** Data that is already encoded, published as it is. */
    public Event withContent(byte[] content, String contentType) {
        return new Event(attributes().withContentType(contentType).withVersion(null), key(), content, DataCodec.NONE);
    }

    /**
     * The version of the form that the data has. Publish fills in the newest one that the program's {@link Upcaster}s lead
     * to, so this is for those who publish an older or a newer one.
     *
     * @param version 1 or more
     */
    public Event withDataVersion(int version) {
        if (version < 1) {
            throw RejectedException.invalid("event", "data version", version, "1 or more");
        }
        return with(attributes().withVersion(version));
    }

    /**
     * Adds to the metadata; a name that is there is replaced.
     *
     * @throws RejectedException when a name starts with {@code ce_} or is {@code content-type}
     */
    public Event withMetadata(Map<String, String> metadata) {
        Map<String, String> all = new LinkedHashMap<>(attributes().metadata());
        metadata.forEach((name, value) -> {
            CloudEvents.checkMetadata(name);
            all.put(name, value);
        });
        return with(attributes().withMetadata(all));
    }

    public Event withMetadata(String name, String value) {
        return withMetadata(Map.of(name, value));
    }

    private Event with(Attributes attributes) {
        return new Event(attributes, key(), content(), codec);
    }

    /** Null as long as the event is not published and was given none. The same holds for source and time. */
    public @Nullable String id() {
        return attributes().id();
    }

    public String type() {
        return attributes().type();
    }

    public @Nullable String source() {
        return attributes().source();
    }

    public @Nullable String subject() {
        return attributes().subject();
    }

    public @Nullable Instant time() {
        return attributes().time();
    }

    /** Until when publish holds it; null = it does not, as for every event that was published. */
    public @Nullable Instant deliverAt() {
        return attributes().deliverAt();
    }

    public @Nullable String key() {
        Bytes bytes = stored == null ? null : stored.key();
        return bytes == null ? key : bytes.utf8();
    }

    /** In the order in which it was given. */
    public Map<String, String> metadata() {
        return attributes().metadata();
    }

    /** The version that the data was published in; 1 when it was published without one. */
    public int dataVersion() {
        Integer version = attributes().version();
        return version == null ? 1 : version;
    }

    /** The media type of the data; null when there is no data. */
    public @Nullable String contentType() {
        if (stored != null) {
            Attributes known = decoded;
            return known == null ? CloudEvents.contentType(stored) : known.contentType();
        }
        String type = attributes().contentType();
        return type == null ? CloudEvents.defaultContentType(data) : type;
    }

    public boolean hasData() {
        return content() != null;
    }

    /** The data as it is stored; empty when there is none. A copy. */
    public byte[] bytes() {
        Bytes bytes = CloudEvents.encode(content());
        return bytes == null ? new byte[0] : bytes.copy();
    }

    /**
     * Decodes the data: JSON to records, classes, maps, lists, strings and numbers; {@code byte[].class} gives the
     * bytes as they are stored, {@link JsonNode} the tree. Data of an old version is lifted by the upcasters of the
     * {@link Events} that read the event.
     *
     * @throws RejectedException when there is no data, it does not fit the type, or an upcaster fails
     */
    public <T> T data(Class<T> type) {
        Object content = content();
        if (type.isInstance(content)) {
            return type.cast(content);
        }
        if (type == byte[].class) {
            return type.cast(bytes());
        }
        return isUpcast() ? tree(lifted(), type) : decoded(type);
    }

    private <T> T decoded(Class<T> type) {
        Bytes bytes = CloudEvents.encode(content());
        if (bytes == null) {
            throw RejectedException.undecodable(what(), "it has no data", null);
        }
        if (codec.reads(contentType())) {
            return readBySchema(bytes, type);
        }
        checkJson(type);
        try {
            return Json.MAPPER.readValue(bytes.array(), bytes.offset(), bytes.length(), type);
        } catch (JacksonException | NumberFormatException e) {
            throw misfit(type, e);
        }
    }

    /** Jackson tells of a number whose exponent no decimal of Java has as Java does. */
    private RejectedException misfit(Class<?> type, RuntimeException e) {
        String why = e instanceof JacksonException json ? json.getOriginalMessage() : String.valueOf(e.getMessage());
        return RejectedException.undecodable(what(), "asked for " + type.getSimpleName() + ", but " + why, e);
    }

    /** Whether upcasters lift the data when it is read: {@link #data()} is another than was published. */
    public boolean isUpcast() {
        Upcasters upcasters = codec.upcasters();
        return !upcasters.isEmpty() && dataVersion() < upcasters.newest(type()) && hasData() && isStructured();
    }

    private JsonNode lifted() {
        JsonNode published = codec.reads(contentType()) ? decoded(JsonNode.class) : exact();
        return codec.upcasters().upcast(what(), type(), dataVersion(), published);
    }

    /** JSON whose decimals are as they are written. */
    private JsonNode exact() {
        try {
            return Json.EXACT.readTree(bytes());
        } catch (JacksonException | NumberFormatException e) {
            throw misfit(JsonNode.class, e);
        }
    }

    private <T> T tree(JsonNode tree, Class<T> type) {
        try {
            return Json.MAPPER.treeToValue(tree, type);
        } catch (JacksonException e) {
            throw misfit(type, e);
        }
    }

    /** The data as a JSON tree; a null node when there is none. */
    public JsonNode data() {
        return hasData() ? data(JsonNode.class) : Json.MAPPER.nullNode();
    }

    private <T> T readBySchema(Bytes bytes, Class<T> type) {
        try {
            return codec.read(bytes, type);
        } catch (SchemaException e) {
            throw RejectedException.undecodable(
                    what(), "asked for " + type.getSimpleName() + ", but " + e.getMessage(), e);
        }
    }

    /** Whether the data can be had as a tree: it is JSON, or written by a schema. */
    public boolean isStructured() {
        String contentType = contentType();
        return contentType == null || DataCodec.isJson(contentType) || codec.reads(contentType);
    }

    private void checkJson(Class<?> type) {
        String contentType = contentType();
        if (contentType != null && !DataCodec.isJson(contentType)) {
            throw RejectedException.undecodable(
                    what(),
                    "asked for " + type.getSimpleName() + ", but its content type is " + contentType
                            + "; bytes() gives it as it is",
                    null);
        }
    }

    /**
     * The record that a log stores for this event; old data is stored as the newest version. Made for engines.
     *
     * @param source used when the event has none
     * @param time used when the event has none
     * @param checks encodes the data, and checks it, where the topic has schemas
     * @throws RejectedException when the data does not fit the topic's schema
     */
    public NewRecord record(String topic, String id, String source, Instant time, DataCodec checks) {
        if (isUpcast()) {
            int newest = codec.upcasters().newest(type());
            return withData(lifted()).withDataVersion(newest).record(topic, id, source, time, checks);
        }
        Object content = content();
        EncodedData encoded = content == null
                ? null
                : checks.encode(topic, type(), content, attributes().contentType());
        return CloudEvents.write(
                this,
                topic,
                attributes().stamped(id, source, time, checks.upcasters().newest(type())),
                encoded);
    }

    /** See {@link DomainEvent#sealed}. */
    Event sealed(String store, String id, Instant time, DataCodec checks) {
        if (isUpcast()) {
            int newest = codec.upcasters().newest(type());
            return withData(lifted()).withDataVersion(newest).sealed(store, id, time, checks);
        }
        if (!isStructured()) {
            throw RejectedException.undecodable(what(), "an event store keeps JSON, found " + contentType(), null);
        }
        Object data = Objects.requireNonNull(content());
        EncodedData encoded = checks.encode(store, type(), data, attributes().contentType());
        Attributes whole = attributes()
                .stamped(id, store, time, checks.upcasters().newest(type()))
                .withContentType(CloudEvents.JSON);
        return new Event(whole, key(), encoded == null ? CloudEvents.encode(data) : encoded.bytes(), codec);
    }

    /** The record of a sealed event, with these headers behind its own attributes instead of its metadata. */
    NewRecord record(String topic, String source, Map<String, String> headers) {
        return CloudEvents.write(this, topic, attributes().withSource(source).withMetadata(headers), null);
    }

    /** The record of a sealed event by a topic's schemas, with these headers behind its own instead of its metadata. */
    NewRecord record(String topic, Map<String, String> headers, DataCodec checks) {
        Attributes whole = attributes().withMetadata(headers);
        return with(whole)
                .record(
                        topic,
                        Objects.requireNonNull(whole.id()),
                        Objects.requireNonNull(whole.source()),
                        Objects.requireNonNull(whole.time()),
                        checks);
    }

    /** The record that it was read from; null when it was not. */
    @Nullable
    LogRecord record() {
        return stored;
    }

    /** Whether both have the same JSON as data, whatever the order of its fields. */
    boolean hasSameJson(Event other) {
        return Arrays.equals(bytes(), other.bytes()) || exact().equals(other.exact());
    }

    /** The data: an object, a byte array, or the stored slice. */
    @Nullable
    Object content() {
        return stored == null ? data : stored.value();
    }

    private Attributes attributes() {
        if (given != null) {
            return given;
        }
        Attributes known = decoded;
        if (known == null) {
            known = CloudEvents.read(Objects.requireNonNull(stored));
            decoded = known;
        }
        return known;
    }

    private String what() {
        return stored != null ? "event " + stored.place() : "event " + id() + " of type " + type();
    }

    @Override
    public String toString() {
        return attributes() + (key() == null ? "" : " key " + key());
    }
}
