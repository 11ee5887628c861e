package io.clusterdb.events.control;

import io.clusterdb.events.Events;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The way of a command to a broker: within this process, or through the socket of the process that has its folder. The
 * requests and answers are the same. To be used by one thread at a time.
 */
public interface Control extends AutoCloseable {
    /** The way to a broker in this process. Closing it does not close the broker. */
    static Control of(Events events) {
        return new LocalControl(events);
    }

    /**
     * The way to the process that has a folder; empty when none answers there.
     *
     * @throws io.clusterdb.events.UnavailableException when one is there but can't be reached
     */
    static Optional<Control> owner(Path folder) {
        return OwnerClient.connect(folder).map(client -> client);
    }

    /** A request for this verb, to be filled in. */
    static ObjectNode request(String verb) {
        return Wire.JSON.createObjectNode().put(Wire.VERB, verb);
    }

    /**
     * Asks, and waits for the result.
     *
     * @param items gets what comes before the result
     * @throws io.clusterdb.events.EventsException what the broker threw; also when the owner went away meanwhile
     */
    JsonNode call(ObjectNode request, Items items);

    /** As {@link #call(ObjectNode, Items)}, of a request that is answered by a result alone. */
    default JsonNode call(ObjectNode request) {
        return call(request, (item, reply) -> true);
    }

    @Override
    void close();

    /** Who takes in the items of an answer, one at a time. */
    @FunctionalInterface
    interface Items {
        /**
         * Takes an item.
         *
         * @param reply takes what is to be said back while the request runs, such as the answer to a message
         * @return false = no more of them
         */
        boolean item(JsonNode item, Consumer<ObjectNode> reply);
    }
}
