package io.clusterdb.events.control;

import io.clusterdb.events.DeadLetter;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Message;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Scheduled;
import io.clusterdb.events.StoredEvent;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Events as JSON: CloudEvents' names for the attributes, {@code data} for data that is JSON and {@code data_base64} for
 * any other, and where the event lies.
 */
final class EventJson {
    private EventJson() {}

    static ObjectNode write(StoredEvent stored) {
        ObjectNode json = place(stored.topic(), stored.partition(), stored.offset(), stored.appended());
        return write(stored.event(), json);
    }

    static ObjectNode write(Message message) {
        ObjectNode json = place(message.topic(), message.partition(), message.offset(), message.appended());
        return write(message.payload(), json.put("attempt", message.attempt()));
    }

    static ObjectNode write(DeadLetter letter) {
        ObjectNode json = Wire.JSON.createObjectNode().put("number", letter.number());
        json.setAll(place(letter.topic(), letter.partition(), letter.offset(), letter.appended()));
        json.put("attempts", letter.attempts())
                .put("disposition", letter.disposition().name())
                .put("error", letter.error())
                .put("message", letter.message())
                .put("first_failure", letter.firstFailure().toString())
                .put("last_failure", letter.lastFailure().toString());
        return write(letter.event(), json);
    }

    static ObjectNode write(Scheduled scheduled) {
        ObjectNode json = Wire.JSON
                .createObjectNode()
                .put("deliver_at", scheduled.deliverAt().toString())
                .put("topic", scheduled.topic());
        return write(scheduled.event(), json);
    }

    private static ObjectNode place(String topic, int partition, long offset, Instant appended) {
        return Wire.JSON
                .createObjectNode()
                .put("topic", topic)
                .put("partition", partition)
                .put("offset", offset)
                .put("appended", appended.toString());
    }

    private static ObjectNode write(Event event, ObjectNode json) {
        try {
            json.put("id", event.id()).put("type", event.type()).put("source", event.source());
        } catch (EventsException e) {
            return bytes(event, json.put("undecodable", e.problem().why()));
        }
        if (event.subject() != null) {
            json.put("subject", event.subject());
        }
        Instant time = event.time();
        json.put("time", time == null ? null : time.toString());
        String key = event.key();
        if (key != null) {
            json.put("key", key);
        }
        if (!event.metadata().isEmpty()) {
            ObjectNode metadata = json.putObject("metadata");
            event.metadata().forEach(metadata::put);
        }
        return data(event, json);
    }

    private static ObjectNode data(Event event, ObjectNode json) {
        String contentType = event.contentType();
        if (contentType != null && !contentType.equals("application/json")) {
            json.put("content_type", contentType);
        }
        if (event.dataVersion() > 1) {
            json.put("data_version", event.dataVersion());
        }
        if (!event.hasData()) {
            return json;
        }
        try {
            if (!event.isUpcast() && (contentType == null || contentType.contains("json"))) {
                return json.set("data", Wire.JSON.readTree(event.bytes()));
            }
            return event.isStructured() ? json.set("data", event.data()) : bytes(event, json);
        } catch (JacksonException | RejectedException e) {
            return bytes(event, json);
        }
    }

    private static ObjectNode bytes(Event event, ObjectNode json) {
        return event.hasData() ? json.put("data_base64", Base64.getEncoder().encodeToString(event.bytes())) : json;
    }

    /** @throws RejectedException when it is no event */
    static Event read(JsonNode json) {
        Request fields = new Request(json);
        String type = fields.text("type");
        JsonNode data = json.get("data");
        Event event = data == null ? Event.of(type) : Event.of(type, data);
        if (fields.has("data_base64")) {
            event = event.withContent(
                    base64(fields.text("data_base64")),
                    fields.optionalText("content_type").orElse("application/octet-stream"));
        }
        event = fields.optionalText("id").map(event::withId).orElse(event);
        event = fields.optionalText("source").map(event::withSource).orElse(event);
        event = fields.optionalText("subject").map(event::withSubject).orElse(event);
        event = fields.optionalText("key").map(event::withKey).orElse(event);
        event = instant(fields, "time").map(event::withTime).orElse(event);
        event = instant(fields, "deliver_at").map(event::deliverAt).orElse(event);
        return fields.has("metadata") ? event.withMetadata(metadata(fields.part("metadata"))) : event;
    }

    static Map<String, String> metadata(Request fields) {
        Map<String, String> metadata = new HashMap<>();
        fields.json().propertyNames().forEach(name -> metadata.put(name, fields.text(name)));
        return metadata;
    }

    private static byte[] base64(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw RejectedException.invalid("the event", "data_base64", String.valueOf(e.getMessage()), "base64");
        }
    }

    static Optional<Instant> instant(Request fields, String name) {
        return fields.optionalText(name).map(text -> {
            try {
                return Instant.parse(text);
            } catch (DateTimeException e) {
                throw RejectedException.invalid("the event", name, text, "an instant such as 2026-01-31T08:00:00Z");
            }
        });
    }
}
