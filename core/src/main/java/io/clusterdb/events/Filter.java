package io.clusterdb.events;

/**
 * Which events are wanted, as an expression in CEL that is true for them. Names: {@code id type source subject time key
 * data metadata topic partition offset}.
 *
 * @param expression for example {@code data.total >= 1000 && type == "order.created"}
 */
public record Filter(String expression) {
    public static Filter expression(String expression) {
        return new Filter(expression);
    }
}
