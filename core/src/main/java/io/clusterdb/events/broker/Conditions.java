package io.clusterdb.events.broker;

import io.clusterdb.events.Filter;
import io.clusterdb.events.Topic;
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
 * Compiles conditions over the events of topics, checked against the latest schemas of these. What any of the schemas
 * has may be asked for; a topic without schemas has anything. Thread-safe.
 */
final class Conditions {
    private final SchemaRegistry registry;

    Conditions(SchemaRegistry registry) {
        this.registry = registry;
    }

    /** @throws io.clusterdb.events.RejectedException when it is no condition, or none over the data of these topics */
    @Nullable
    Expression of(@Nullable Filter filter, Collection<String> topics) {
        if (filter == null) {
            return null;
        }
        List<Known> schemas = new ArrayList<>();
        for (String topic : topics) {
            Map<String, Known> current = registry.fresh(topic);
            if (current.isEmpty()) {
                return Expression.condition(filter.expression());
            }
            schemas.addAll(current.values());
        }
        DataType data = schemas.stream()
                .map(schema -> schema.parsed().type())
                .reduce(DataType::or)
                .orElseThrow();
        String names =
                schemas.stream().map(schema -> schema.registered().toString()).collect(Collectors.joining(", "));
        return Expression.condition(filter.expression(), data, names);
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
