package io.clusterdb.events.control;

import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/** The side of a running request that talks to who asked. */
interface Exchange {
    /**
     * Hands over an item. It waits as long as the other side does not take it.
     *
     * @return false = nobody wants more
     */
    boolean item(JsonNode item);

    /** Whether somebody still wants items. Thread-safe. */
    boolean isOpen();

    /** Has what the other side says meanwhile go there; perhaps on another thread. */
    void onReply(Consumer<JsonNode> listener);
}
