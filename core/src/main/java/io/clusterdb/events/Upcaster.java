package io.clusterdb.events;

import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;

/**
 * Lifts the data of an old event to the next version, when it is read. What is stored never changes.
 *
 * <p>Given to {@link Events#open}; those of one type make a chain, from version 1 to the newest.
 *
 * @param type of the events
 * @param from the version that it reads, 1 or more; it makes the next one
 * @param change gets the data as a tree of its own, which it may change, and returns the data of the next version; what it
 *     throws makes the event undecodable. It must be a function of the tree alone, and thread-safe
 */
public record Upcaster(String type, int from, UnaryOperator<JsonNode> change) implements Component {
    public Upcaster {
        if (type.isBlank()) {
            throw RejectedException.invalid("upcaster", "type", "a blank text", "the type of events");
        }
        if (from < 1) {
            throw RejectedException.invalid("upcaster of " + type, "from", from, "a version, 1 or more");
        }
    }

    /** For example {@code Upcaster.of("order.created", 1, order -> order.asObject().put("currency", "EUR"))}. */
    public static Upcaster of(String type, int from, UnaryOperator<JsonNode> change) {
        return new Upcaster(type, from, change);
    }

    @Override
    public String toString() {
        return "upcaster of " + type + " from version " + from + " to " + (from + 1);
    }
}
