package io.clusterdb.events.broker;

import io.clusterdb.events.Event;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Route;
import io.clusterdb.events.Topic;
import io.clusterdb.events.filter.Expression;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The routes of topics. They are for what is published: copies, dead letters and what is replayed go no further, so that
 * there are no cycles. Thread-safe.
 */
final class Routing {
    private final Broker broker;
    private final Map<String, Compiled> byTopic = new ConcurrentHashMap<>();

    /** The routes of a topic with their conditions, in the same order. */
    private record Compiled(List<Route> routes, List<Expression> conditions) {
        Compiled(List<Route> routes) {
            this(
                    routes,
                    routes.stream().map(r -> Expression.route(r.expression())).toList());
        }
    }

    Routing(Broker broker) {
        this.broker = broker;
    }

    /**
     * Refuses routes that can't be followed.
     *
     * @throws RejectedException naming the route
     */
    void check(Topic topic) {
        for (Route route : topic.routes()) {
            String problem = problem(topic, route);
            if (problem != null) {
                throw RejectedException.badRoute(topic.name(), route, problem);
            }
            broker.conditions().check(route.expression(), topic);
        }
        Compiled compiled = new Compiled(topic.routes());
        byTopic.computeIfPresent(topic.name(), (name, before) -> compiled);
    }

    private @Nullable String problem(Topic topic, Route route) {
        if (InternalTopics.isInternal(route.topic()) || route.topic().startsWith(Topic.STORE_PREFIX)) {
            return "names starting with " + InternalTopics.PREFIX + " are the broker's own";
        }
        if (route.topic().equals(topic.name())) {
            return "it leads to the topic itself";
        }
        Topic target = broker.engine().topic(route.topic()).orElse(null);
        if (target == null) {
            return "there is no topic " + route.topic();
        }
        return target.config().deduplication() == null
                ? null
                : "topic " + target.name() + " has a deduplication window, and copies are not known by their ids";
    }

    /** The names of topics that are routed to a topic. */
    List<String> routedTo(String target) {
        return broker.engine().topics().stream()
                .filter(t -> t.routes().stream().anyMatch(r -> r.topic().equals(target)))
                .map(Topic::name)
                .toList();
    }

    void forget(String topic) {
        byTopic.remove(topic);
    }

    /**
     * The copies that a topic's routes ask for: one for each other topic, also where several routes lead to it.
     *
     * @throws RejectedException naming the route, when a copy does not fit where it is to go
     */
    List<NewRecord> copies(Topic topic, NewRecord record) {
        if (topic.routes().isEmpty()) {
            return List.of();
        }
        List<Route> matching = matching(compiled(topic), published(record));
        List<NewRecord> copies = new ArrayList<>(matching.size());
        for (Route route : matching) {
            copies.add(copy(record, route));
        }
        return copies;
    }

    private Compiled compiled(Topic topic) {
        Compiled known = byTopic.get(topic.name());
        if (known == null || !known.routes().equals(topic.routes())) {
            known = new Compiled(topic.routes());
            byTopic.put(topic.name(), known);
        }
        return known;
    }

    /** The record as conditions see it, which it is before it has a place. */
    private LogRecord published(NewRecord record) {
        return new LogRecord(
                new TopicPartition(record.topic(), NewRecord.BY_KEY),
                -1,
                broker.environment().millis(),
                record.key(),
                record.value(),
                record.headers());
    }

    private List<Route> matching(Compiled rules, LogRecord record) {
        EventValues values = broker.values(record);
        List<Route> matching = new ArrayList<>(0);
        for (int i = 0; i < rules.routes().size(); i++) {
            Route route = rules.routes().get(i);
            if (matching.stream().noneMatch(r -> r.topic().equals(route.topic()))
                    && matches(rules.conditions().get(i), route, record, values)) {
                matching.add(route);
            }
        }
        return matching;
    }

    private static boolean matches(Expression condition, Route route, LogRecord record, EventValues values) {
        try {
            return condition.matches(values) == Expression.Match.YES;
        } catch (EventsException e) {
            throw refused(record.partition().topic(), route, e);
        }
    }

    private static RejectedException refused(String topic, Route route, EventsException cause) {
        return RejectedException.routeRefused(
                topic, route, cause.problem().what() + ": " + cause.problem().why(), cause);
    }

    private NewRecord copy(NewRecord record, Route route) {
        try {
            NewRecord copy = inFormOf(route.topic(), record);
            Publishing.requireFit("the copy", broker.engine().known(route.topic()), copy);
            return copy;
        } catch (EventsException e) {
            throw refused(record.topic(), route, e);
        }
    }

    /** By the other topic's schema, if it has one. */
    private NewRecord inFormOf(String topic, NewRecord record) {
        if (!broker.codec().covers(topic)) {
            return new NewRecord(topic, NewRecord.BY_KEY, record.key(), record.value(), record.headers());
        }
        Event event = broker.event(published(record));
        Instant time = Objects.requireNonNull(event.time());
        return event.record(
                topic,
                Objects.requireNonNull(event.id()),
                Objects.requireNonNull(event.source()),
                time,
                broker.codec());
    }
}
