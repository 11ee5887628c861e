package io.clusterdb.events;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.NewRecord;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Something that happened to an aggregate, and so a part of its state: what an event store keeps. Immutable and
 * thread-safe, given that nobody changes the data object handed to it.
 *
 * <p>Data are kept as JSON. What is not given is filled in when the event is stored: a UUIDv7 as id, and the time.
 */
public final class DomainEvent {
    /** What an aggregate's id has at most, in characters. */
    public static final int MAX_AGGREGATE_ID = 512;

    private static final String AGGREGATE_TYPE = "ce_aggregatetype";
    private static final String AGGREGATE_VERSION = "ce_aggregateversion";

    /** Not there in the store's own log, where it follows from the offset. */
    private static final String POSITION = "ce_storeposition";

    private final Event event;
    private final String aggregateId;
    private final String aggregateType;
    private final long version;
    private final long position;

    private DomainEvent(Event event, String aggregateId, String aggregateType, long version, long position) {
        this.event = event;
        this.aggregateId = aggregateId;
        this.aggregateType = aggregateType;
        this.version = version;
        this.position = position;
    }

    /**
     * An event whose type is the simple name of its data's class.
     *
     * @param version of the aggregate with this event, 1 for its first; 0 = the next one, whatever it is
     * @param data an object that is stored as JSON
     * @throws RejectedException when the data's class names no event, as that of a map or a text
     */
    public static DomainEvent of(String aggregateType, String aggregateId, long version, Object data) {
        return of(aggregateType, aggregateId, version, typeOf(data.getClass()), data);
    }

    /** As {@link #of(String, String, long, Object)}, with a type, and of any data that can be written as JSON. */
    public static DomainEvent of(String aggregateType, String aggregateId, long version, String type, Object data) {
        if (aggregateId.isBlank() || aggregateId.length() > MAX_AGGREGATE_ID || aggregateId.indexOf('\0') >= 0) {
            throw RejectedException.invalid(
                    "event " + type,
                    "aggregate id",
                    "'" + aggregateId + "'",
                    "1 to " + MAX_AGGREGATE_ID + " characters, none of them NUL");
        }
        RejectedException.checkCharacters("event", "type", type);
        RejectedException.checkCharacters("event " + type, "aggregate id", aggregateId);
        if (version < 0) {
            throw RejectedException.invalid("event " + type, "version", version, "1 or more, or 0 for the next one");
        }
        Topic.checkName(aggregateType);
        return new DomainEvent(Event.of(type, data).withKey(aggregateId), aggregateId, aggregateType, version, 0);
    }

    /** The type of events whose data are of a class: its simple name. */
    static String typeOf(Class<?> data) {
        if (data.getName().startsWith("java.") || JsonNode.class.isAssignableFrom(data) || data.isArray()) {
            throw RejectedException.invalid(
                    "event", "type", data.getSimpleName(), "a class of the event's own; or name the type");
        }
        return data.getSimpleName();
    }

    /**
     * The event that a record of a store's log is. Made for engines.
     *
     * @param codec lifts old data
     */
    public static DomainEvent read(LogRecord record, DataCodec codec) {
        DomainEvent event = read(Event.read(record, codec), record);
        if (event == null) {
            throw CorruptionException.found("event " + record.place(), "it names no aggregate", null);
        }
        return event;
    }

    /**
     * What an event is in the store that it comes from: of a message or a record of a topic {@code store:<name>}, or of one
     * that the store is forwarded to. Empty for every other event, and for copies that a route has written by another
     * schema.
     */
    public static Optional<DomainEvent> of(Event event) {
        LogRecord record = event.record();
        return record == null ? Optional.empty() : Optional.ofNullable(read(event, record));
    }

    private static @Nullable DomainEvent read(Event event, LogRecord record) {
        Bytes key = record.key();
        Bytes type = record.headers().last(AGGREGATE_TYPE);
        Bytes version = record.headers().last(AGGREGATE_VERSION);
        if (key == null || type == null || version == null) {
            return null;
        }
        try {
            return new DomainEvent(event, key.utf8(), type.utf8(), Long.parseLong(version.utf8()), position(record));
        } catch (NumberFormatException e) {
            throw CorruptionException.found("event " + record.place(), "its version or position is no number", e);
        }
    }

    private static long position(LogRecord record) {
        Bytes position = record.headers().last(POSITION);
        if (position != null) {
            return Long.parseLong(position.utf8());
        }
        return record.partition().topic().startsWith(Topic.STORE_PREFIX) ? record.offset() + 1 : 0;
    }

    /**
     * An event from what an engine has kept of it. Made for engines.
     *
     * @param codec lifts old data
     */
    public static DomainEvent stored(Stored stored, DataCodec codec) {
        Attributes attributes = new Attributes(
                stored.type(),
                stored.id(),
                stored.store(),
                null,
                stored.time(),
                CloudEvents.JSON,
                stored.dataVersion(),
                stored.metadata(),
                null);
        return new DomainEvent(
                Event.stored(attributes, stored.aggregateId(), stored.data(), codec),
                stored.aggregateId(),
                stored.aggregateType(),
                stored.version(),
                stored.position());
    }

    /**
     * What an engine has kept of an event. See the accessors of {@link DomainEvent}.
     *
     * @param store its name
     * @param data JSON in UTF-8
     */
    public record Stored(
            String store,
            long position,
            String aggregateId,
            String aggregateType,
            long version,
            String id,
            String type,
            int dataVersion,
            Instant time,
            Map<String, String> metadata,
            Bytes data) {}

    public DomainEvent withId(String id) {
        return with(event.withId(id));
    }

    /** When it happened; the time of storing it when not given. */
    public DomainEvent withTime(Instant time) {
        return with(event.withTime(time));
    }

    /** As {@link Event#withMetadata(Map)}. */
    public DomainEvent withMetadata(Map<String, String> metadata) {
        return with(event.withMetadata(metadata));
    }

    public DomainEvent withMetadata(String name, String value) {
        return with(event.withMetadata(name, value));
    }

    /** As {@link Event#withDataVersion}. */
    public DomainEvent withDataVersion(int version) {
        return with(event.withDataVersion(version));
    }

    /** The version that an event without one gets. Made for engines. */
    public DomainEvent withVersion(long value) {
        return new DomainEvent(event, aggregateId, aggregateType, value, position);
    }

    private DomainEvent with(Event changed) {
        return new DomainEvent(changed, aggregateId, aggregateType, version, position);
    }

    /** Null as long as the event is not stored and was given none. */
    public @Nullable String id() {
        return event.id();
    }

    public String type() {
        return event.type();
    }

    public String aggregateId() {
        return aggregateId;
    }

    public String aggregateType() {
        return aggregateType;
    }

    /** Of the aggregate with this event, 1 for its first; 0 as long as an event that names none is not stored. */
    public long version() {
        return version;
    }

    /**
     * Where it stands in the order of all events of its store, from 1 on, without gaps. 0 as long as it is not known: an
     * event may be read with its aggregate some milliseconds before it has its place among all.
     */
    public long position() {
        return position;
    }

    /** As {@link #id} null as long as the event is not stored and was given none. */
    public @Nullable Instant time() {
        return event.time();
    }

    public Map<String, String> metadata() {
        return event.metadata();
    }

    /** The version that the data was stored in. */
    public int dataVersion() {
        return event.dataVersion();
    }

    /** Decodes the data, as {@link Event#data(Class)} does. */
    public <T> T data(Class<T> type) {
        return event.data(type);
    }

    /** The data as a JSON tree. */
    public JsonNode data() {
        return event.data();
    }

    /** The data as they are stored: JSON in UTF-8. A copy. */
    public byte[] bytes() {
        return event.bytes();
    }

    /** The event as subscribers of the store's topic see it: its key is the aggregate's id. */
    public Event event() {
        return event;
    }

    /**
     * This event with what is missing filled in and its data as JSON. Made for the store.
     *
     * @param checks encodes the data, and checks it, where the store has schemas
     * @throws RejectedException when the data does not fit its schema, or is no JSON; when a text has half a character
     */
    public DomainEvent sealed(String store, String id, Instant time, DataCodec checks) {
        String of = "event " + type() + " of aggregate " + aggregateId;
        RejectedException.checkCharacters(of, "id", id);
        metadata().forEach((name, value) -> {
            RejectedException.checkCharacters(of, "name in the metadata", name);
            RejectedException.checkCharacters(of, "metadata " + name, value);
        });
        return with(event.sealed(store, id, time, checks));
    }

    /**
     * The record that it is in the topic of its store, its data as they are stored. Made for engines; the event has id,
     * time and version.
     */
    public NewRecord record(String topic, String store) {
        return event.record(topic, store, headers());
    }

    /**
     * The record that it is in another topic. Made for the broker; the event is stored.
     *
     * @param checks encodes the data, and checks it, where the topic has schemas
     * @throws RejectedException when the data does not fit the topic's schema
     */
    public NewRecord record(String topic, DataCodec checks) {
        return event.record(topic, headers(), checks);
    }

    private Map<String, String> headers() {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(AGGREGATE_TYPE, aggregateType);
        headers.put(AGGREGATE_VERSION, Long.toString(version));
        if (position > 0) {
            headers.put(POSITION, Long.toString(position));
        }
        headers.putAll(event.metadata());
        return headers;
    }

    /** @throws RejectedException when the next event of the same aggregate does not follow this one */
    void requireFollower(DomainEvent next) {
        long follows = version == 0 ? 0 : version + 1;
        if (next.version != follows) {
            throw RejectedException.invalid(
                    "event " + next.type() + " of aggregate " + aggregateId,
                    "version",
                    next.version,
                    version == 0 ? "none, as the event before it" : follows + ", behind the event before it");
        }
        if (!next.aggregateType.equals(aggregateType)) {
            throw RejectedException.invalid(
                    "event " + next.type() + " of aggregate " + aggregateId,
                    "aggregate type",
                    next.aggregateType,
                    aggregateType + ", as the event before it");
        }
    }

    /**
     * Whether this is the event that another one repeats: id, types, metadata and data are the same. The time is not
     * compared, as it is filled in anew when an event is stored again.
     */
    public boolean isSameAs(DomainEvent other) {
        return Objects.equals(id(), other.id())
                && type().equals(other.type())
                && aggregateId.equals(other.aggregateId)
                && aggregateType.equals(other.aggregateType)
                && dataVersion() == other.dataVersion()
                && metadata().equals(other.metadata())
                && event.hasSameJson(other.event);
    }

    @Override
    public String toString() {
        return aggregateType + " " + aggregateId + " version " + version + ": " + event;
    }
}
