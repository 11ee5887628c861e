package io.clusterdb.events.broker;

import io.clusterdb.events.Filter;
import io.clusterdb.events.Topic;
import io.clusterdb.events.broker.SchemaRegistry.Known;
import io.clusterdb.events.filter.Expression;
import io.clusterdb.events.spi.ParsedSchema.DataType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
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
                .reduce(Conditions::either)
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
                .reduce(Conditions::either)
                .ifPresent(data -> Expression.condition(expression, data, "the schemas of topic " + topic.name()));
    }

    /** What is of one type or the other. */
    private static DataType either(DataType a, DataType b) {
        if (a.equals(b)) {
            return a;
        }
        if (a instanceof DataType.Repeated(DataType ofA) && b instanceof DataType.Repeated(DataType ofB)) {
            return new DataType.Repeated(either(ofA, ofB));
        }
        if (a instanceof DataType.Fields(var fieldsA, boolean openA)
                && b instanceof DataType.Fields(var fieldsB, boolean openB)) {
            Map<String, DataType> fields = new LinkedHashMap<>(fieldsA);
            fieldsB.forEach((name, type) -> fields.merge(name, type, Conditions::either));
            return new DataType.Fields(fields, openA || openB);
        }
        boolean numbers = isNumber(a) && isNumber(b);
        return numbers ? new DataType.Decimal() : new DataType.Any();
    }

    private static boolean isNumber(DataType type) {
        return type instanceof DataType.Whole || type instanceof DataType.Decimal;
    }
}
