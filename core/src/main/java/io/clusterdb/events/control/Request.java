package io.clusterdb.events.control;

import io.clusterdb.events.RejectedException;
import io.clusterdb.events.config.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/** A request as it came, read field by field. What does not fit is refused with {@link RejectedException}. */
record Request(JsonNode json) {
    String verb() {
        return text(Wire.VERB);
    }

    private RejectedException wrong(String field, String allowed) {
        JsonNode found = json.path(field);
        return RejectedException.invalid(
                "the request " + json.path(Wire.VERB).asString(""),
                field,
                found.isMissingNode() ? "nothing" : found,
                allowed);
    }

    boolean has(String field) {
        return json.has(field);
    }

    String text(String field) {
        return optionalText(field).orElseThrow(() -> wrong(field, "a text"));
    }

    Optional<String> optionalText(String field) {
        JsonNode found = json.path(field);
        if (found.isMissingNode()) {
            return Optional.empty();
        }
        if (!found.isString()) {
            throw wrong(field, "a text");
        }
        return Optional.of(found.stringValue());
    }

    boolean flag(String field) {
        JsonNode found = json.path(field);
        if (!found.isMissingNode() && !found.isBoolean()) {
            throw wrong(field, "true or false");
        }
        return found.asBoolean(false);
    }

    OptionalLong number(String field, long min, long max) {
        JsonNode found = json.path(field);
        if (found.isMissingNode()) {
            return OptionalLong.empty();
        }
        if (!found.canConvertToExactIntegral()
                || !found.canConvertToLong()
                || found.longValue() < min
                || found.longValue() > max) {
            throw wrong(field, "a whole number from " + min + (max == Long.MAX_VALUE ? "" : " to " + max));
        }
        return OptionalLong.of(found.longValue());
    }

    Optional<Duration> duration(String field) {
        return optionalText(field)
                .map(text -> Durations.parse(text).orElseThrow(() -> wrong(field, Durations.ALLOWED)));
    }

    List<String> texts(String field) {
        List<String> all = new ArrayList<>();
        for (JsonNode item : list(field)) {
            if (!item.isString()) {
                throw wrong(field, "a list of texts");
            }
            all.add(item.stringValue());
        }
        return all;
    }

    /** An empty one when the field is not there. */
    List<JsonNode> list(String field) {
        JsonNode found = json.path(field);
        if (!found.isMissingNode() && !found.isArray()) {
            throw wrong(field, "a list");
        }
        List<JsonNode> all = new ArrayList<>();
        found.forEach(all::add);
        return all;
    }

    /** A part of the request. */
    Request part(String field) {
        if (!json.path(field).isObject()) {
            throw wrong(field, "an object");
        }
        return new Request(json.path(field));
    }
}
