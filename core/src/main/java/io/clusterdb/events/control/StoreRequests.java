package io.clusterdb.events.control;

import io.clusterdb.events.AllEvents;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.EventStream;
import io.clusterdb.events.Events;
import io.clusterdb.events.ForwardStatus;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Store;
import io.clusterdb.events.StreamStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What requests for event stores do. */
final class StoreRequests {
    /** How long to wait before looking for new events again. */
    private static final Duration POLL = Duration.ofMillis(100);

    private static final int PAGE = 500;

    private final Events events;

    StoreRequests(Events events) {
        this.events = events;
    }

    /** The one that a request names, or the only one. */
    static Store store(Events events, Request request) {
        return request.optionalText("store").map(events::store).orElseGet(events::store);
    }

    JsonNode handle(Request request, Exchange exchange) {
        return switch (request.verb()) {
            case "store.list" -> list();
            case "store.create" -> create(request);
            case "store.events" -> events(request, exchange);
            case "store.all" -> new Following(request, exchange).run();
            case "store.streams" -> streams(request, exchange);
            case "store.load" -> load(request);
            case "store.schemas" -> schemas(request);
            case "store.snapshots" -> {
                requireHead(request);
                yield object().set("snapshots", snapshots(request));
            }
            default -> throw new IllegalStateException(request.verb());
        };
    }

    private static ObjectNode object() {
        return Wire.JSON.createObjectNode();
    }

    private static long limit(Request request) {
        return request.number("limit", 0, Long.MAX_VALUE).orElse(Long.MAX_VALUE);
    }

    private JsonNode list() {
        ObjectNode result = object();
        ArrayNode all = result.putArray("stores");
        for (Store store : events.stores()) {
            EventStore configuration = store.configuration();
            ObjectNode one = all.addObject()
                    .put("name", store.name())
                    .put("events", store.all().lastPosition())
                    .put(
                            "place",
                            configuration.place() == null
                                    ? "the broker's"
                                    : configuration.place().type());
            String topic = configuration.forward();
            store.forwards().stream()
                    .filter(forward -> forward.topic().equals(topic))
                    .forEach(forward -> write(one, forward));
        }
        return result;
    }

    private static void write(ObjectNode store, ForwardStatus forward) {
        store.put("forward", forward.topic()).put("behind", forward.behind());
        if (forward.failure() != null) {
            store.put("failure", forward.failure());
        }
    }

    private JsonNode create(Request request) {
        String name = request.text("name");
        boolean created = !isOpen(name);
        try {
            if (created) {
                events.configureStore(EventStore.named(name));
            }
        } catch (RejectedException e) {
            if (!isOpen(name)) {
                throw e;
            }
            created = false; // by another command meanwhile
        }
        return object().put("name", name).put("created", created);
    }

    private boolean isOpen(String store) {
        return events.stores().stream().anyMatch(each -> each.name().equals(store));
    }

    private JsonNode events(Request request, Exchange exchange) {
        EventStream stream = store(events, request).getEventStream(request.text("aggregateId"));
        boolean backwards = request.flag("backwards");
        long from = request.number("from", 1, Long.MAX_VALUE).orElse(backwards ? Long.MAX_VALUE : 1);
        stream = backwards ? stream.backwards().from(from) : stream.from(from);
        if (!stream.iterator().hasNext()) {
            requireHead(request);
        }
        return object().put("events", send(stream.iterator(), limit(request), exchange));
    }

    private JsonNode schemas(Request request) {
        ObjectNode result = object();
        ArrayNode all = result.putArray("schemas");
        store(events, request).schemas().stream().map(StoreJson::write).forEach(all::add);
        return result;
    }

    /** @throws NotFoundException when the aggregate has no event */
    private void requireHead(Request request) {
        Store store = store(events, request);
        String id = request.text("aggregateId");
        if (!store.getEventStream(id).iterator().hasNext()) {
            throw NotFoundException.aggregate(store.name(), "any type", id);
        }
    }

    private static long send(Iterator<DomainEvent> found, long limit, Exchange exchange) {
        long sent = 0;
        while (sent < limit && exchange.isOpen() && found.hasNext()) {
            exchange.item(StoreJson.write(found.next()));
            sent++;
        }
        return sent;
    }

    private JsonNode streams(Request request, Exchange exchange) {
        Store store = store(events, request);
        String type = request.optionalText("aggregateType").orElse(null);
        long limit = limit(request);
        long sent = 0;
        String after = request.optionalText("after").orElse("");
        List<StreamStatus> page;
        do {
            page = store.streams(after, PAGE);
            for (StreamStatus stream : page) {
                if (sent < limit && (type == null || type.equals(stream.aggregateType()))) {
                    exchange.item(StoreJson.write(stream));
                    sent++;
                }
                after = stream.aggregateId();
            }
        } while (page.size() == PAGE && sent < limit && exchange.isOpen());
        return object().put("streams", sent);
    }

    // --- an aggregate

    /** What can be said of an aggregate without the functions of its type. */
    private JsonNode load(Request request) {
        Store store = store(events, request);
        String id = request.text("aggregateId");
        requireHead(request);
        ObjectNode merged = request.flag("merge") ? object() : null;
        Map<String, Integer> types = new TreeMap<>();
        DomainEvent first = null;
        DomainEvent last = null;
        for (DomainEvent event : store.getEventStream(id)) {
            first = first == null ? event : first;
            last = event;
            types.merge(event.type(), 1, Integer::sum);
            merge(merged, event);
        }
        ObjectNode result = describe(Objects.requireNonNull(first), Objects.requireNonNull(last));
        ObjectNode counts = result.putObject("events");
        types.forEach(counts::put);
        result.set("snapshots", snapshots(request));
        return merged == null ? result : result.set("merged", merged);
    }

    private ArrayNode snapshots(Request request) {
        ArrayNode all = Wire.JSON.createArrayNode();
        store(events, request)
                .snapshots(request.text("aggregateId"))
                .forEach(snapshot -> all.add(StoreJson.write(snapshot)));
        return all;
    }

    private static void merge(@Nullable ObjectNode merged, DomainEvent event) {
        JsonNode data = StoreJson.data(event);
        if (merged != null && data.isObject()) {
            data.forEachEntry(merged::set);
        }
    }

    private static ObjectNode describe(DomainEvent first, DomainEvent last) {
        ObjectNode json = object().put("aggregateId", last.aggregateId())
                .put("aggregateType", last.aggregateType())
                .put("version", last.version());
        json.set("first", time(first.time()));
        return json.set("last", time(last.time()));
    }

    private static JsonNode time(@Nullable Instant time) {
        return time == null
                ? JsonNodeFactory.instance.nullNode()
                : JsonNodeFactory.instance.stringNode(time.toString());
    }

    // --- all events

    /** A reading of all events, which may go on with what comes. */
    private final class Following {
        private final AllEvents wanted;
        private final Exchange exchange;
        private final boolean follow;
        private final long limit;
        private long position;

        Following(Request request, Exchange exchange) {
            AllEvents all = store(events, request)
                    .all()
                    .eventTypes(new HashSet<>(request.texts("types")))
                    .aggregateTypes(new HashSet<>(request.texts("aggregateTypes")));
            this.wanted = request.optionalText("where").map(all::where).orElse(all);
            this.exchange = exchange;
            this.follow = request.flag("follow");
            this.limit = limit(request);
            this.position = request.number("after", 0, Long.MAX_VALUE).orElse(0);
        }

        JsonNode run() {
            long sent = walk(limit);
            while (follow && sent < limit && exchange.isOpen()) {
                LockSupport.parkNanos(POLL.toNanos());
                sent += walk(limit - sent);
            }
            return object().put("events", sent);
        }

        /** One walk to the end, which is at least where the store stands when it begins. */
        private long walk(long most) {
            long end = wanted.lastPosition();
            long[] last = {Math.max(position, end)};
            Iterator<DomainEvent> found = wanted.after(position).iterator();
            long sent = 0;
            while (sent < most && exchange.isOpen() && found.hasNext()) {
                DomainEvent event = found.next();
                exchange.item(StoreJson.write(event));
                last[0] = Math.max(last[0], event.position());
                sent++;
            }
            position = last[0];
            return sent;
        }
    }
}
