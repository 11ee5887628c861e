package io.clusterdb.events.store;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStream;
import io.clusterdb.events.Snapshot;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A stream that is read page by page.
 *
 * @param from the version it begins with
 * @param begin the snapshot that stands for the events before
 */
record StreamReading(
        OpenStore store,
        String aggregateId,
        long from,
        boolean descending,
        @Nullable Snapshot begin) implements EventStream {
    static StreamReading of(OpenStore store, String aggregateId) {
        return new StreamReading(store, aggregateId, 1, false, null);
    }

    @Override
    public EventStream withSnapshot() {
        return store.snapshot(aggregateId)
                .map(found -> new StreamReading(store, aggregateId, found.version() + 1, false, found))
                .orElse(of(store, aggregateId));
    }

    @Override
    public EventStream from(long version) {
        return new StreamReading(store, aggregateId, version, descending, null);
    }

    @Override
    public EventStream backwards() {
        return new StreamReading(store, aggregateId, Long.MAX_VALUE, true, null);
    }

    @Override
    public Optional<Snapshot> snapshot() {
        return Optional.ofNullable(begin);
    }

    @Override
    public Iterator<DomainEvent> iterator() {
        return new Paged<>(OpenStore.PAGE, page -> {
            DomainEvent last = page == null ? null : page.get(page.size() - 1);
            return descending ? before(last) : behind(last);
        });
    }

    private List<DomainEvent> behind(@Nullable DomainEvent last) {
        long next = last == null ? Math.max(1, from) : last.version() + 1;
        return store.engine().stream(aggregateId, next, OpenStore.PAGE);
    }

    private List<DomainEvent> before(@Nullable DomainEvent last) {
        long next = last == null ? from : last.version() - 1;
        return next < 1 ? List.of() : store.engine().backwards(aggregateId, next, OpenStore.PAGE);
    }
}
