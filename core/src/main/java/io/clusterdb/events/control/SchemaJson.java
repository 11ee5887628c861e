package io.clusterdb.events.control;

import io.clusterdb.events.RegisteredSchema;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.Schemas;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/** Schemas as JSON. */
final class SchemaJson {
    private SchemaJson() {}

    static Schema read(Request request) {
        SchemaCompatibility compatibility = TopicJson.word(request, "compatibility", SchemaCompatibility.values())
                .orElse(SchemaCompatibility.BACKWARD);
        Schema schema = new Schema(request.text("format"), request.text("definition"), compatibility, null);
        return request.optionalText("owner").map(schema::owner).orElse(schema);
    }

    /** The type of the events that a request is about. */
    static String type(Request request) {
        return request.optionalText("type").orElse(Schemas.ANY_TYPE);
    }

    static ObjectNode write(RegisteredSchema registered) {
        Schema schema = registered.schema();
        return Wire.JSON
                .createObjectNode()
                .put("id", registered.id())
                .put("topic", registered.topic())
                .put("type", registered.type())
                .put("version", registered.version())
                .put("format", schema.format())
                .put("compatibility", schema.compatibility().name().toLowerCase(Locale.ROOT))
                .put("owner", schema.owner())
                .put("registered", registered.registered().toString())
                .put("definition", schema.definition());
    }

    /** The number of a version, which must be there. */
    static int version(Request request, String field) {
        return (int) request.number(field, 1, Integer.MAX_VALUE)
                .orElseThrow(() -> RejectedException.invalid(
                        "the request schema.diff", field, "nothing", "the number of a version"));
    }

    static ObjectNode write(Schemas.Difference difference) {
        ObjectNode json = Wire.JSON.createObjectNode();
        json.set("earlier", write(difference.earlier()));
        json.set("later", write(difference.later()));
        difference.backward().forEach(json.putArray("backward")::add);
        difference.forward().forEach(json.putArray("forward")::add);
        return json;
    }

    static ObjectNode write(Schemas.Registration registration) {
        return write(registration.schema())
                .put("outcome", registration.outcome().name().toLowerCase(Locale.ROOT));
    }
}
