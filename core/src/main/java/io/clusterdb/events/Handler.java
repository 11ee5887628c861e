package io.clusterdb.events;

/** What a subscription does with a message. Called by several virtual threads at a time, as the concurrency says. */
@FunctionalInterface
public interface Handler {
    /**
     * Returning commits the message, throwing is a {@link Message#nack()}, unless it was answered by one of its verbs.
     * A message whose data can't be read as asked for becomes a dead letter at once.
     */
    void handle(Message message) throws Exception;
}
