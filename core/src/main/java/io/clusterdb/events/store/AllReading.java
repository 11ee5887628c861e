package io.clusterdb.events.store;

import io.clusterdb.events.AllEvents;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.filter.Expression;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.Page;
import io.clusterdb.events.spi.StoreEngine.Selection;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All events of an engine, read page by page.
 *
 * @param conditions compiles a condition, or refuses it
 */
record AllReading(
        StoreEngine engine,
        Function<String, Expression> conditions,
        long position,
        Selection selection,
        @Nullable Expression condition)
        implements AllEvents {
    @Override
    public AllEvents after(long behind) {
        return new AllReading(engine, conditions, behind, selection, condition);
    }

    @Override
    public AllEvents aggregateTypes(Set<String> types) {
        return new AllReading(engine, conditions, position, new Selection(types, selection.eventTypes()), condition);
    }

    @Override
    public AllEvents eventTypes(Set<String> types) {
        return new AllReading(
                engine, conditions, position, new Selection(selection.aggregateTypes(), types), condition);
    }

    @Override
    public AllEvents where(String expression) {
        return new AllReading(engine, conditions, position, selection, conditions.apply(expression));
    }

    @Override
    public long lastPosition() {
        return engine.lastPosition();
    }

    @Override
    public Iterator<DomainEvent> iterator() {
        long[] reached = {position};
        return new Paged<>(1, page -> behind(reached));
    }

    /** The next events that are selected; none only behind the last position. */
    private List<DomainEvent> behind(long[] reached) {
        while (true) {
            Page page = engine.all(reached[0], OpenStore.PAGE, selection);
            boolean end = page.position() == reached[0];
            reached[0] = page.position();
            List<DomainEvent> wanted = wanted(page.events());
            if (end || !wanted.isEmpty()) {
                return wanted;
            }
        }
    }

    private List<DomainEvent> wanted(List<DomainEvent> events) {
        Expression where = condition;
        return where == null
                ? events
                : events.stream()
                        .filter(event -> where.matches(name -> value(event, name)) == Expression.Match.YES)
                        .toList();
    }

    private static @Nullable Object value(DomainEvent event, String name) {
        return switch (name) {
            case "id" -> event.id();
            case "type" -> event.type();
            case "source" -> event.event().source();
            case "subject" -> event.event().subject();
            case "time" -> event.time();
            case "key", "aggregateId" -> event.aggregateId();
            case "aggregateType" -> event.aggregateType();
            case "version" -> event.version();
            case "position" -> event.position();
            case "data" -> Expression.json(event.data());
            case "metadata" -> event.metadata();
            default -> null;
        };
    }
}
