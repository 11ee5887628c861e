package io.clusterdb.events.control;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Snapshot;
import io.clusterdb.events.StoreSchema;
import io.clusterdb.events.StreamStatus;
import io.clusterdb.events.spi.Spelling;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Events of aggregates as JSON, in the same form in and out. */
final class StoreJson {
    private static final String ID = "aggregateId";
    private static final String TYPE = "aggregateType";
    private static final Set<String> FIELDS =
            new TreeSet<>(Set.of(ID, TYPE, "type", "version", "id", "time", "metadata", "dataVersion", "data"));

    private StoreJson() {}

    static ObjectNode write(DomainEvent event) {
        ObjectNode json = Wire.JSON.createObjectNode();
        if (event.position() > 0) {
            json.put("position", event.position());
        }
        json.put(TYPE, event.aggregateType())
                .put(ID, event.aggregateId())
                .put("version", event.version())
                .put("type", event.type())
                .put("id", event.id());
        Instant time = event.time();
        json.put("time", time == null ? null : time.toString());
        if (event.dataVersion() > 1) {
            json.put("dataVersion", event.dataVersion());
        }
        if (!event.metadata().isEmpty()) {
            ObjectNode metadata = json.putObject("metadata");
            event.metadata().forEach(metadata::put);
        }
        return json.set("data", data(event));
    }

    /** With all its digits, where the bytes are those that were stored. */
    static JsonNode data(DomainEvent event) {
        return event.event().isUpcast() ? event.data() : Wire.JSON.readTree(event.bytes());
    }

    /** @throws RejectedException when it is no event */
    static DomainEvent read(JsonNode json) {
        if (!json.isObject()) {
            throw RejectedException.invalid("the event", "JSON", json.getNodeType(), "an object");
        }
        checkFields(json);
        Request fields = new Request(json);
        long version = fields.number("version", 0, Long.MAX_VALUE).orElse(0);
        DomainEvent event =
                DomainEvent.of(text(fields, TYPE), text(fields, ID), version, text(fields, "type"), json.path("data"));
        event = fields.optionalText("id").map(event::withId).orElse(event);
        event = EventJson.instant(fields, "time").map(event::withTime).orElse(event);
        if (fields.has("dataVersion")) {
            event = event.withDataVersion(
                    (int) fields.number("dataVersion", 1, Integer.MAX_VALUE).orElseThrow());
        }
        return fields.has("metadata") ? event.withMetadata(EventJson.metadata(fields.part("metadata"))) : event;
    }

    private static String text(Request fields, String field) {
        return fields.optionalText(field)
                .orElseThrow(() -> RejectedException.invalid("the event", field, "nothing", "a text"));
    }

    /** What is unknown would be lost without a word. A position may be there, as it is where events are listed. */
    private static void checkFields(JsonNode json) {
        for (String field : json.propertyNames()) {
            if (!FIELDS.contains(field) && !field.equals("position")) {
                String guess = Spelling.nearest(field, FIELDS)
                        .map(near -> "; did you mean " + near + "?")
                        .orElse("");
                throw RejectedException.invalid("the event", "field", field, String.join(", ", FIELDS) + guess);
            }
        }
        if (!json.has("data")) {
            throw RejectedException.invalid("the event", "data", "nothing", "JSON");
        }
    }

    static ObjectNode write(StreamStatus stream) {
        return Wire.JSON
                .createObjectNode()
                .put(ID, stream.aggregateId())
                .put(TYPE, stream.aggregateType())
                .put("version", stream.version());
    }

    static ObjectNode write(StoreSchema kept) {
        return Wire.JSON
                .createObjectNode()
                .put("type", kept.type())
                .put("version", kept.version())
                .put("format", kept.schema().format())
                .put("compatibility", kept.schema().compatibility().name())
                .put("kept", kept.kept().toString())
                .put("definition", kept.schema().definition());
    }

    static ObjectNode write(Snapshot snapshot) {
        String state = snapshot.state().toString();
        return Wire.JSON
                .createObjectNode()
                .put("fold", snapshot.fold())
                .put("version", snapshot.version())
                .put("bytes", state.getBytes(StandardCharsets.UTF_8).length)
                .set("state", snapshot.state());
    }
}
