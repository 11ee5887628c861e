package io.clusterdb.events.broker;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Filter;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.Upcasters;
import io.clusterdb.events.broker.SchemaRegistry.Known;
import io.clusterdb.events.filter.Expression;
import io.clusterdb.events.spi.ParsedSchema.DataType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compiles conditions over the events of topics, checked against the latest schemas of these, or all of a store whose
 * events they are. What any of the schemas has may be asked for; a topic without schemas has anything, and so has one
 * whose data upcasters lift to a form that no schema says. Thread-safe.
 */
final class Conditions {
    private final SchemaRegistry registry;
    private final Forwards stores;
    private final Upcasters upcasters;

    Conditions(SchemaRegistry registry, Forwards stores, Upcasters upcasters) {
        this.registry = registry;
        this.stores = stores;
        this.upcasters = upcasters;
    }

    /** What is known of the data of one topic. */
    private record Described(DataType data, String schemas) {}

    /** @throws RejectedException when it is no condition, or none over the data of these topics */
    @Nullable
    Expression of(@Nullable Filter filter, Collection<String> topics) {
        if (filter == null) {
            return null;
        }
        List<Described> all = new ArrayList<>();
        for (String topic : topics) {
            Described described = topic.startsWith(Topic.STORE_PREFIX) ? ofStore(topic) : of(registry.fresh(topic));
            if (described == null) {
                return Expression.condition(filter.expression());
            }
            all.add(described);
        }
        DataType data = all.stream().map(Described::data).reduce(DataType::or).orElseThrow();
        String names = all.stream().map(Described::schemas).collect(Collectors.joining(", "));
        return Expression.condition(filter.expression(), data, names);
    }

    /** Whether an event is one of those that are asked for. One whose data can't be read is none of them. */
    static boolean selects(Expression wanted, Expression.Values event) {
        try {
            return wanted.matches(event) == Expression.Match.YES;
        } catch (RejectedException e) {
            if (e.code() == ErrorCode.UNDECODABLE) {
                return false;
            }
            throw e;
        }
    }

    private @Nullable Described of(Map<String, Known> schemas) {
        if (schemas.keySet().stream().anyMatch(upcasters::lift)) {
            return null;
        }
        String names = schemas.values().stream()
                .map(schema -> schema.registered().toString())
                .collect(Collectors.joining(", "));
        return schemas.values().stream()
                .map(schema -> schema.parsed().type())
                .reduce(DataType::or)
                .map(data -> new Described(data, names))
                .orElse(null);
    }

    private @Nullable Described ofStore(String topic) {
        String names = "schemas of event store " + topic.substring(Topic.STORE_PREFIX.length());
        return stores.data(topic).map(data -> new Described(data, names)).orElse(null);
    }

    /** @throws io.clusterdb.events.RejectedException when a topic as it is described has no data for the condition */
    void check(String expression, Topic topic) {
        if (topic.schemas().keySet().stream().anyMatch(upcasters::lift)) {
            return;
        }
        topic.schemas().entrySet().stream()
                .map(entry -> registry.parse(topic.name(), entry.getKey(), entry.getValue())
                        .type())
                .reduce(DataType::or)
                .ifPresent(data -> Expression.condition(expression, data, "the schemas of topic " + topic.name()));
    }
}
