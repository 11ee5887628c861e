package io.clusterdb.events.control;

import io.clusterdb.events.AutoOffsetReset;
import io.clusterdb.events.Component;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DeadLetter;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Filter;
import io.clusterdb.events.GroupLag;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.RegisteredSchema;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Scheduled;
import io.clusterdb.events.Schemas;
import io.clusterdb.events.StoredEvent;
import io.clusterdb.events.Topic;
import io.clusterdb.events.TransactionStatus;
import io.clusterdb.events.config.Configuration;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What each request does, in words of {@link Events}: the one place for commands in this process and from others.
 * Thread-safe.
 */
final class RequestDispatcher {
    /** Requests that change something, and so may or may not have done so when their answer gets lost. */
    private static final Set<String> CHANGING = Set.of(
            "topic.create",
            "topic.alter",
            "topic.delete",
            "publish",
            "group.create",
            "group.alter",
            "group.delete",
            "group.reset",
            "dlq.replay",
            "dlq.purge",
            "schema.register",
            "tx.abort",
            "schedule.cancel",
            "store.create",
            "store.append",
            "projection.rebuild",
            "projection.skip");

    /** Requests whose answer can go on without an end. */
    private static final Set<String> STREAMS =
            Set.of("logs", "consume", "dlq.list", "schedule.list", "store.events", "store.all", "store.streams");

    /** How long a reading waits before it looks again whether somebody still wants its items. */
    private static final Duration POLL = Duration.ofMillis(200);

    private static final int PAGE = 200;

    private final Events events;

    RequestDispatcher(Events events) {
        this.events = events;
    }

    static boolean isChanging(String verb) {
        return CHANGING.contains(verb);
    }

    static boolean isStream(String verb) {
        return STREAMS.contains(verb);
    }

    /**
     * Does what is asked.
     *
     * @return the result, which comes after the items
     * @throws EventsException what the broker throws, and {@link RejectedException} for a request that is none
     */
    JsonNode handle(JsonNode json, Exchange exchange) {
        Request request = new Request(json);
        return switch (request.verb()) {
            case "topic.create" -> createTopic(request);
            case "topic.list" -> listTopics();
            case "topic.status" -> TopicJson.write(events.topics().status(request.text("name")));
            case "topic.alter" -> alterTopic(request);
            case "topic.delete" -> deleteTopic(request);
            case "publish" -> new Publishing(events, request).run();
            case "logs" -> logs(request, exchange);
            case "consume" -> new Consumption(events, request, exchange).run();
            case "group.create" ->
                GroupJson.write(events.groups().create(GroupJson.apply(request, GroupJson.named(request))));
            case "group.alter" ->
                GroupJson.write(events.groups().alter(request.text("name"), group -> GroupJson.apply(request, group)));
            case "group.delete" -> deleteGroup(request);
            case "group.get" -> GroupJson.write(events.groups().get(request.text("name")));
            case "group.list" -> listGroups();
            case "group.lag" -> GroupJson.write(events.groups().lag(request.text("name")));
            case "group.reset" -> resetGroup(request);
            case "dlq.list" -> listDeadLetters(request, exchange);
            case "dlq.show" -> EventJson.write(events.deadLetters().get(request.text("group"), number(request)));
            case "dlq.replay", "dlq.purge" -> settleDeadLetters(request);
            case "schema.register" ->
                SchemaJson.write(events.schemas()
                        .register(request.text("topic"), SchemaJson.type(request), SchemaJson.read(request)));
            case "schema.check" -> checkSchema(request);
            case "schema.diff" -> diffSchemas(request);
            case "schema.list" -> schemas(events.schemas().list());
            case "schema.versions" ->
                schemas(events.schemas().versions(request.text("topic"), SchemaJson.type(request)));
            case "tx.list" -> listTransactions();
            case "tx.abort" -> abortTransaction(request);
            case "schedule.list" -> listSchedules(request, exchange);
            case "schedule.show" -> EventJson.write(events.schedules().get(request.text("id")));
            case "schedule.cancel" ->
                object().put("cancelled", events.schedules().cancel(request.text("id")));
            case "config.show" -> configuration();
            case "store.append" -> new Storing(events, request).run();
            case "store.list",
                    "store.create",
                    "store.events",
                    "store.all",
                    "store.streams",
                    "store.load",
                    "store.schemas",
                    "store.snapshots" -> new StoreRequests(events).handle(request, exchange);
            case "projection.list", "projection.rebuild", "projection.skip", "projection.skipped" ->
                ProjectionRequests.handle(StoreRequests.store(events, request).projections(), request);
            default ->
                throw RejectedException.invalid(
                        "the request", Wire.VERB, request.verb(), "a verb of this version's owner socket");
        };
    }

    private static ObjectNode object() {
        return Wire.JSON.createObjectNode();
    }

    // --- topics

    private JsonNode createTopic(Request request) {
        Topic topic = TopicJson.apply(request.part("settings"), Topic.named(request.text("name")));
        return TopicJson.write(events.topics().create(topic));
    }

    private JsonNode listTopics() {
        ObjectNode result = object();
        ArrayNode topics = result.putArray("topics");
        for (Topic topic : events.topics().list()) {
            ObjectNode status = TopicJson.write(events.topics().status(topic.name()));
            status.remove("partition_status");
            topics.add(status);
        }
        return result;
    }

    private JsonNode alterTopic(Request request) {
        String name = request.text("name");
        Request settings = request.part("settings");
        if (request.flag("moving_keys") && settings.has("partitions")) {
            Topic grown = TopicJson.apply(settings, events.topics().get(name));
            events.topics().growMovingKeys(name, grown.partitions());
        }
        return TopicJson.write(events.topics().alter(name, topic -> TopicJson.apply(settings, topic)));
    }

    private JsonNode deleteTopic(Request request) {
        events.topics().delete(request.text("name"));
        return object();
    }

    // --- reading

    private JsonNode logs(Request request, Exchange exchange) {
        boolean follow = request.flag("follow");
        long limit = request.number("limit", 0, Long.MAX_VALUE).orElse(Long.MAX_VALUE);
        long sent = 0;
        try (EventReader reader = events.read(query(request))) {
            boolean wanted = exchange.isOpen();
            while (wanted && sent < limit && (follow || !reader.isCaughtUp())) {
                Optional<StoredEvent> next = reader.next(POLL);
                wanted =
                        next.map(event -> exchange.item(EventJson.write(event))).orElseGet(exchange::isOpen);
                sent += next.isPresent() ? 1 : 0;
            }
        }
        return object().put("events", sent);
    }

    private static LogQuery query(Request request) {
        LogQuery query = LogQuery.of(request.text("topic"))
                .from(StartText.start(request.optionalText("from").orElse("earliest")));
        if (request.has("partition")) {
            query = query.partition(
                    (int) request.number("partition", 0, Integer.MAX_VALUE).orElseThrow());
        }
        return request.optionalText("where").map(query::where).orElse(query);
    }

    // --- groups

    private JsonNode listGroups() {
        ObjectNode result = object();
        ArrayNode groups = result.putArray("groups");
        for (ConsumerGroup group : events.groups().list()) {
            GroupLag lag = events.groups().lag(group.name());
            groups.add(GroupJson.write(group).setAll(GroupJson.summary(lag).without("group")));
        }
        return result;
    }

    private JsonNode deleteGroup(Request request) {
        events.groups().delete(request.text("name"));
        return object();
    }

    private JsonNode resetGroup(Request request) {
        AutoOffsetReset to = StartText.reset(request.text("to"));
        ObjectNode result = object();
        ArrayNode changes = result.putArray("changes");
        events.groups()
                .reset(request.text("name"), to, request.flag("dry_run"))
                .forEach(change -> changes.add(GroupJson.write(change)));
        return result;
    }

    // --- dead letters

    private static long number(Request request) {
        return request.number("number", 0, Long.MAX_VALUE)
                .orElseThrow(() -> RejectedException.invalid(
                        "the request dlq.show", "number", "nothing", "the number of a dead letter"));
    }

    private static @Nullable Filter where(Request request) {
        return request.optionalText("where").map(Filter::expression).orElse(null);
    }

    private JsonNode listDeadLetters(Request request, Exchange exchange) {
        String group = request.text("group");
        Filter where = where(request);
        long limit = request.number("limit", 0, Long.MAX_VALUE).orElse(Long.MAX_VALUE);
        long from = request.number("from", 0, Long.MAX_VALUE).orElse(0);
        events.groups().get(group);
        long sent = 0;
        boolean wanted = true;
        while (wanted && sent < limit) {
            int page = (int) Math.min(PAGE, limit - sent);
            List<DeadLetter> letters = events.deadLetters().list(group, where, from, page);
            for (DeadLetter letter : letters) {
                wanted = wanted && exchange.item(EventJson.write(letter));
                from = letter.number() + 1;
            }
            sent += letters.size();
            wanted = wanted && letters.size() == page;
        }
        return object().put("dead_letters", sent);
    }

    private JsonNode settleDeadLetters(Request request) {
        String group = request.text("group");
        Filter where = where(request);
        long limit = request.number("limit", 0, Long.MAX_VALUE).orElse(Long.MAX_VALUE);
        boolean dryRun = request.flag("dry_run");
        long count = request.verb().equals("dlq.replay")
                ? events.deadLetters().replay(group, where, limit, dryRun)
                : events.deadLetters().purge(group, where, limit, dryRun);
        return object().put("dead_letters", count).put("dry_run", dryRun);
    }

    // --- schemas

    private JsonNode checkSchema(Request request) {
        ObjectNode result = object();
        ArrayNode differences = result.putArray("differences");
        events.schemas()
                .check(request.text("topic"), SchemaJson.type(request), SchemaJson.read(request))
                .forEach(differences::add);
        return result;
    }

    private JsonNode diffSchemas(Request request) {
        Schemas.Difference difference = events.schemas()
                .diff(
                        request.text("topic"),
                        SchemaJson.type(request),
                        SchemaJson.version(request, "earlier"),
                        SchemaJson.version(request, "later"));
        return SchemaJson.write(difference);
    }

    private static JsonNode schemas(List<RegisteredSchema> schemas) {
        ObjectNode result = object();
        ArrayNode all = result.putArray("schemas");
        schemas.forEach(schema -> all.add(SchemaJson.write(schema)));
        return result;
    }

    // --- transactions

    private JsonNode listTransactions() {
        ObjectNode result = object();
        ArrayNode all = result.putArray("transactions");
        for (TransactionStatus open : events.transactions().list()) {
            ObjectNode json = all.addObject().put("id", open.id()).put("owner", open.owner());
            json.put("begun", open.begun().toString());
            ArrayNode held = json.putArray("held");
            open.held()
                    .forEach(h -> held.addObject()
                            .put("topic", h.topic())
                            .put("partition", h.partition())
                            .put("offset", h.offset()));
        }
        return result;
    }

    private JsonNode abortTransaction(Request request) {
        events.transactions().abort(request.text("id"));
        return object();
    }

    // --- schedules

    private JsonNode listSchedules(Request request, Exchange exchange) {
        String topic = request.optionalText("topic").orElse(null);
        long limit = request.number("limit", 0, Long.MAX_VALUE).orElse(Long.MAX_VALUE);
        long sent = 0;
        Scheduled last = null;
        boolean wanted = true;
        while (wanted && sent < limit) {
            int page = (int) Math.min(PAGE, limit - sent);
            List<Scheduled> schedules = events.schedules().list(topic, last, page);
            for (Scheduled scheduled : schedules) {
                wanted = wanted && exchange.item(EventJson.write(scheduled));
                last = scheduled;
            }
            sent += schedules.size();
            wanted = wanted && schedules.size() == page;
        }
        return object().put("schedules", sent);
    }

    // --- configuration

    private JsonNode configuration() {
        ObjectNode result = object().put("yaml", Configuration.yaml(events.components()));
        ArrayNode remarks = result.putArray("remarks");
        for (Component component : events.components()) {
            if (component instanceof EventBroker broker) {
                Configuration.remarks(broker).forEach(remarks::add);
            }
        }
        return result.put("pid", ProcessHandle.current().pid());
    }
}
