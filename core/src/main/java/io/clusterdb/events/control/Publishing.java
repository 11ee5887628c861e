package io.clusterdb.events.control;

import io.clusterdb.events.Events;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.Published;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request to publish some events: each of them is published or fails for itself, and the answer comes when all are
 * durable.
 */
final class Publishing {
    private final Events events;
    private final String topic;
    private final List<JsonNode> wanted;

    Publishing(Events events, Request request) {
        this.events = events;
        this.topic = request.text("topic");
        this.wanted = request.list("events");
    }

    JsonNode run() {
        events.topics().get(topic);
        List<CompletableFuture<Published>> answers = new ArrayList<>(wanted.size());
        wanted.forEach(json -> answers.add(publish(json)));
        ObjectNode result = Wire.JSON.createObjectNode();
        ArrayNode failed = result.putArray("failed");
        int published = 0;
        for (int i = 0; i < answers.size(); i++) {
            EventsException failure = failure(answers.get(i));
            if (failure == null) {
                published++;
            } else {
                failed.addObject().put("index", i).set("error", ErrorJson.write(failure));
            }
        }
        return result.put("published", published);
    }

    private CompletableFuture<Published> publish(JsonNode json) {
        try {
            return events.publishAsync(topic, EventJson.read(json));
        } catch (EventsException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static @Nullable EventsException failure(CompletableFuture<Published> answer) {
        try {
            answer.join();
            return null;
        } catch (CompletionException e) {
            return e.getCause() instanceof EventsException failure
                    ? failure
                    : OutcomeUnknownException.write("The event", e);
        }
    }
}
