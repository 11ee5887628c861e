package io.clusterdb.events.control;

import io.clusterdb.events.Append;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.Events;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.ExpectedVersion;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Store;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request to store some events: together where that works, as it is one write then, and else each for itself, so that
 * one which is refused does not hold up the others. With {@code "atomic": true}, all or none.
 */
final class Storing {
    private final Store store;
    private final Request request;
    private final ObjectNode result = Wire.JSON.createObjectNode();
    private final ArrayNode failed = result.putArray("failed");
    private int stored;

    Storing(Events events, Request request) {
        this.store = StoreRequests.store(events, request);
        this.request = request;
    }

    JsonNode run() {
        List<JsonNode> wanted = request.list("events");
        if (request.flag("atomic")) {
            stored = storeAll(wanted);
        } else {
            storeEach(wanted);
        }
        return result.put("stored", stored);
    }

    private int storeAll(List<JsonNode> wanted) {
        Append append = Append.of(wanted.stream().map(StoreJson::read).toList());
        if (request.has("expect")) {
            Request expected = request.part("expect");
            for (String id : expected.json().propertyNames()) {
                append = append.expecting(id, expected(expected.text(id)));
            }
        }
        store.storeEvents(append);
        return wanted.size();
    }

    private static ExpectedVersion expected(String text) {
        return switch (text) {
            case "any" -> ExpectedVersion.any();
            case "none" -> ExpectedVersion.noStream();
            case "exists" -> ExpectedVersion.streamExists();
            default -> {
                if (!text.matches("\\d{1,18}")) {
                    throw RejectedException.invalid(
                            "the append", "expect", text, "any, none, exists, or the version of the last event");
                }
                yield ExpectedVersion.exact(Long.parseLong(text));
            }
        };
    }

    private void storeEach(List<JsonNode> wanted) {
        List<DomainEvent> events = new ArrayList<>();
        List<Integer> indexes = new ArrayList<>();
        for (int i = 0; i < wanted.size(); i++) {
            try {
                events.add(StoreJson.read(wanted.get(i)));
                indexes.add(i);
            } catch (EventsException e) {
                fail(i, e);
            }
        }
        if (events.isEmpty() || storedTogether(events)) {
            stored = events.size();
            return;
        }
        for (int i = 0; i < events.size(); i++) {
            try {
                store.storeEvent(events.get(i));
                stored++;
            } catch (EventsException e) {
                fail(indexes.get(i), e);
            }
        }
    }

    /** Not when one of them is refused: then nothing is stored. */
    private boolean storedTogether(List<DomainEvent> events) {
        try {
            store.storeEvents(events);
            return true;
        } catch (RejectedException | ConflictException e) {
            return false;
        }
    }

    private void fail(int index, EventsException failure) {
        failed.addObject().put("index", index).set("error", ErrorJson.write(failure));
    }
}
