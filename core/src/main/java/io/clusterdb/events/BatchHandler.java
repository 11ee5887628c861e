package io.clusterdb.events;

import java.util.List;

/** What a subscription does with several messages at once. */
@FunctionalInterface
public interface BatchHandler {
    /**
     * Returning commits those messages that were not answered by one of their verbs, throwing is a
     * {@link Message#nack()} of each. Where it says that the data of one of them can't be read, that one is a dead
     * letter, and the others come again as if they had not been handed out.
     *
     * @param messages one to the subscription's batch size, those of a key in order
     */
    void handle(List<Message> messages) throws Exception;
}
