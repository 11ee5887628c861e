package io.clusterdb.events;

import static java.util.Objects.requireNonNull;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.EncodedData;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.MalformedBytesException;
import io.clusterdb.events.spi.NewRecord;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Events as records and back, by CloudEvents 1.0's Kafka protocol binding, binary content mode: each attribute is a
 * header {@code ce_<name>}, the value is the data, {@code content-type} its media type. The record's key is the event's
 * key. Every other header is metadata under its own name.
 *
 * <p>A record that carries no {@code ce_id} was written by somebody else. It is an event too: of type
 * {@code record}, its place as id and its topic as source.
 */
final class CloudEvents {
    static final String JSON = "application/json";
    private static final String OCTETS = "application/octet-stream";
    private static final String CONTENT_TYPE = "content-type";
    /** What the URI of a schema begins with; its id follows. */
    private static final String SCHEMA_URI = "events:schema:";

    /** An extension attribute. Data without it are of version 1. */
    private static final String DATA_VERSION = "ce_dataversion";

    private static final Bytes VERSION = Bytes.utf8("1.0");
    private static final Bytes CE_VERSION = Bytes.utf8("ce_specversion");
    private static final Bytes CE_ID = Bytes.utf8("ce_id");
    private static final Bytes CE_SOURCE = Bytes.utf8("ce_source");
    private static final Bytes CE_TYPE = Bytes.utf8("ce_type");
    private static final Bytes CE_TIME = Bytes.utf8("ce_time");
    private static final Bytes CE_CONTENT_TYPE = Bytes.utf8(CONTENT_TYPE);

    private CloudEvents() {}

    static void checkMetadata(String name) {
        if (name.startsWith("ce_") || name.equals(CONTENT_TYPE)) {
            throw RejectedException.badMetadata(name);
        }
    }

    /** @param encoded null where the topic has no schemas */
    static NewRecord write(Event event, String topic, Attributes a, @Nullable EncodedData encoded) {
        Headers.Builder headers = new Headers.Builder();
        headers.add(CE_VERSION, VERSION);
        headers.add(CE_ID, Bytes.utf8(requireNonNull(a.id())));
        headers.add(CE_SOURCE, Bytes.utf8(requireNonNull(a.source())));
        headers.add(CE_TYPE, Bytes.utf8(a.type()));
        headers.add(CE_TIME, Bytes.utf8(Rfc3339.format(requireNonNull(a.time()))));
        if (a.subject() != null) {
            headers.add("ce_subject", a.subject());
        }
        String contentType = encoded == null ? event.contentType() : encoded.contentType();
        if (contentType != null) {
            headers.add(CE_CONTENT_TYPE, Bytes.utf8(contentType));
        }
        if (encoded != null) {
            headers.add("ce_dataschema", SCHEMA_URI + encoded.schema());
        }
        Integer version = a.version();
        if (version != null && version > 1) {
            headers.add(DATA_VERSION, version.toString());
        }
        a.metadata().forEach(headers::add);
        String key = event.key();
        return new NewRecord(
                topic,
                NewRecord.BY_KEY,
                key == null ? null : Bytes.utf8(key),
                encoded == null ? encode(event.content()) : encoded.bytes(),
                headers.build());
    }

    static Attributes read(LogRecord record) {
        try {
            return decode(record);
        } catch (MalformedBytesException | DateTimeException e) {
            throw undecodable(record, e);
        }
    }

    private static RejectedException undecodable(LogRecord record, RuntimeException e) {
        return RejectedException.undecodable("event " + record.place(), String.valueOf(e.getMessage()), e);
    }

    private static Attributes decode(LogRecord record) {
        String type = "record";
        String id = null;
        String source = record.partition().topic();
        String subject = null;
        String time = null;
        String contentType = null;
        String version = "1";
        Map<String, String> metadata = new LinkedHashMap<>();
        for (Headers.Header header : record.headers()) {
            String name = header.name();
            Bytes value = header.value() == null ? Bytes.EMPTY : header.value();
            switch (name) {
                case "ce_type" -> type = value.utf8();
                case "ce_id" -> id = value.utf8();
                case "ce_source" -> source = value.utf8();
                case "ce_subject" -> subject = value.utf8();
                case "ce_time" -> time = value.utf8();
                case CONTENT_TYPE -> contentType = header.value() == null ? null : value.utf8();
                case DATA_VERSION -> version = value.utf8();
                default -> {
                    if (!name.startsWith("ce_")) {
                        metadata.put(name, value.utf8());
                    }
                }
            }
        }
        return new Attributes(
                type,
                id == null ? record.place() : id,
                source,
                subject,
                time == null ? Instant.ofEpochMilli(record.timestamp()) : Rfc3339.parse(time),
                contentType,
                version(version),
                metadata.isEmpty() ? Map.of() : metadata,
                null);
    }

    private static int version(String text) {
        int version;
        try {
            version = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            version = 0;
        }
        if (version < 1) {
            throw new MalformedBytesException(DATA_VERSION + " is '" + text + "', expected a number, 1 or more");
        }
        return version;
    }

    /** Without reading the rest. */
    static @Nullable String contentType(LogRecord record) {
        try {
            Bytes value = record.headers().last(CONTENT_TYPE);
            return value == null ? null : value.utf8();
        } catch (MalformedBytesException e) {
            throw undecodable(record, e);
        }
    }

    static @Nullable String defaultContentType(@Nullable Object data) {
        if (data == null) {
            return null;
        }
        return data instanceof byte[] ? OCTETS : JSON;
    }

    static @Nullable Bytes encode(@Nullable Object content) {
        if (content == null || content instanceof Bytes) {
            return (Bytes) content;
        }
        if (content instanceof byte[] bytes) {
            return Bytes.of(bytes);
        }
        try {
            return Bytes.of(Json.MAPPER.writeValueAsBytes(content));
        } catch (JacksonException e) {
            throw RejectedException.undecodable(
                    "a new event",
                    content.getClass().getSimpleName() + " can't be written as JSON: " + e.getOriginalMessage(),
                    e);
        }
    }
}
