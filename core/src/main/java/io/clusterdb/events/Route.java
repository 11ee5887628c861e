package io.clusterdb.events;

/**
 * A rule of a topic: events published to it for which a condition is true are copied to another topic, in the same write.
 *
 * @param expression a condition over the event, as in {@link Filter}, without partition and offset, which it has not yet
 * @param topic where the copies go
 */
public record Route(String expression, String topic) {
    public Route {
        if (expression.isBlank()) {
            throw RejectedException.invalid("route to " + topic, "expression", "nothing", "a condition, such as true");
        }
    }

    /**
     * The route that a text says.
     *
     * @param text as {@link #toString} has it
     * @throws RejectedException when it says none
     */
    public static Route parse(String text) {
        int arrow = text.lastIndexOf("->");
        String topic = arrow < 0 ? "" : text.substring(arrow + 2).strip();
        if (topic.isEmpty()) {
            throw RejectedException.invalid("a topic", "route", "'" + text + "'", "EXPRESSION -> TOPIC");
        }
        return new Route(text.substring(0, arrow).strip(), topic);
    }

    /** The form in which it is written and shown: {@code EXPRESSION -> TOPIC}. */
    @Override
    public String toString() {
        return expression + " -> " + topic;
    }
}
