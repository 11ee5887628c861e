package io.clusterdb.events.store;

import io.clusterdb.events.AllEvents;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.Page;
import io.clusterdb.events.spi.StoreEngine.Selection;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/** All events of an engine, read page by page. */
record AllReading(StoreEngine engine, long position, Selection selection) implements AllEvents {
    @Override
    public AllEvents after(long behind) {
        return new AllReading(engine, behind, selection);
    }

    @Override
    public AllEvents aggregateTypes(Set<String> types) {
        return new AllReading(engine, position, new Selection(types, selection.eventTypes()));
    }

    @Override
    public AllEvents eventTypes(Set<String> types) {
        return new AllReading(engine, position, new Selection(selection.aggregateTypes(), types));
    }

    @Override
    public long lastPosition() {
        return engine.lastPosition();
    }

    @Override
    public Iterator<DomainEvent> iterator() {
        long[] reached = {position};
        return new Paged<>(page -> behind(reached));
    }

    /** The next events that are selected; none only behind the last position. */
    private List<DomainEvent> behind(long[] reached) {
        while (true) {
            Page page = engine.all(reached[0], OpenStore.PAGE, selection);
            boolean end = page.position() == reached[0];
            reached[0] = page.position();
            if (end || !page.events().isEmpty()) {
                return page.events();
            }
        }
    }
}
