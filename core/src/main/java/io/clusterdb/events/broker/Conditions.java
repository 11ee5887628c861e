package io.clusterdb.events.broker;

import io.clusterdb.events.Filter;
import io.clusterdb.events.Topic;
import io.clusterdb.events.broker.SchemaRegistry.Known;
import io.clusterdb.events.filter.Expression;
import io.clusterdb.events.spi.ParsedSchema.DataType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compiles conditions over the events of topics, checked against the latest schemas of these, or all of a store whose
 * events they are. What any of the schemas has may be asked for; a topic without schemas has anything. Thread-safe.
 */
final class Conditions {
    private final SchemaRegistry registry;
    private final Forwards stores;

    Conditions(SchemaRegistry registry, Forwards stores) {
        this.registry = registry;
        this.stores = stores;
    }

    /** What is known of the data of one topic. */
    private record Described(DataType data, String schemas) {}

    /** @throws io.clusterdb.events.RejectedException when it is no condition, or none over the data of these topics */
    @Nullable
    Expression of(@Nullable Filter filter, Collection<String> topics) {
        if (filter == null) {
            return null;
        }
        List<Described> all = new ArrayList<>();
        for (String topic : topics) {
            Described described = topic.startsWith(Topic.STORE_PREFIX)
                    ? ofStore(topic)
                    : of(registry.fresh(topic).values());
            if (described == null) {
                return Expression.condition(filter.expression());
            }
            all.add(described);
        }
        DataType data = all.stream().map(Described::data).reduce(DataType::or).orElseThrow();
        String names = all.stream().map(Described::schemas).collect(Collectors.joining(", "));
        return Expression.condition(filter.expression(), data, names);
    }

    private static @Nullable Described of(Collection<Known> schemas) {
        String names =
                schemas.stream().map(schema -> schema.registered().toString()).collect(Collectors.joining(", "));
        return schemas.stream()
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
        topic.schemas().entrySet().stream()
                .map(entry -> registry.parse(topic.name(), entry.getKey(), entry.getValue())
                        .type())
                .reduce(DataType::or)
                .ifPresent(data -> Expression.condition(expression, data, "the schemas of topic " + topic.name()));
    }
}
