package io.clusterdb.events;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of an event, without key and data. Null where not given.
 *
 * @param version of the data, 1 or more
 * @param deliverAt until when it is held; never stored with the event
 */
record Attributes(
        String type,
        @Nullable String id,
        @Nullable String source,
        @Nullable String subject,
        @Nullable Instant time,
        @Nullable String contentType,
        @Nullable Integer version,
        Map<String, String> metadata,
        @Nullable Instant deliverAt) {

    static Attributes ofType(String type) {
        if (type.isBlank()) {
            throw RejectedException.invalid("event", "type", "a blank text", "a name such as order.created");
        }
        return new Attributes(type, null, null, null, null, null, null, Map.of(), null);
    }

    Attributes withId(String value) {
        return new Attributes(type, value, source, subject, time, contentType, version, metadata, deliverAt);
    }

    Attributes withSource(String value) {
        return new Attributes(type, id, value, subject, time, contentType, version, metadata, deliverAt);
    }

    Attributes withSubject(String value) {
        return new Attributes(type, id, source, value, time, contentType, version, metadata, deliverAt);
    }

    Attributes withTime(Instant value) {
        return new Attributes(type, id, source, subject, value, contentType, version, metadata, deliverAt);
    }

    Attributes withContentType(@Nullable String value) {
        return new Attributes(type, id, source, subject, time, value, version, metadata, deliverAt);
    }

    Attributes withVersion(@Nullable Integer value) {
        return new Attributes(type, id, source, subject, time, contentType, value, metadata, deliverAt);
    }

    Attributes withMetadata(Map<String, String> value) {
        return new Attributes(
                type, id, source, subject, time, contentType, version, Collections.unmodifiableMap(value), deliverAt);
    }

    Attributes withDeliverAt(Instant value) {
        return new Attributes(type, id, source, subject, time, contentType, version, metadata, value);
    }

    /** These attributes, with what is missing filled in. */
    Attributes stamped(String newId, String applicationName, Instant now, int newest) {
        return new Attributes(
                type,
                id == null ? newId : id,
                source == null ? applicationName : source,
                subject,
                time == null ? now : time,
                contentType,
                version == null ? newest : version,
                metadata,
                deliverAt);
    }
}
