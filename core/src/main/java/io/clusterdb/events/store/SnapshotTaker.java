package io.clusterdb.events.store;

import io.clusterdb.events.Aggregate;
import io.clusterdb.events.AggregateType;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the snapshots that are due, one after the other, while appends go on. One is due when an append makes an aggregate
 * pass a multiple of the interval, or when loading one had to fold so many events.
 */
final class SnapshotTaker implements Duty, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotTaker.class);

    /** Aggregates that wait; more are left for their next append or load. */
    private static final int MAX_WAITING = 10_000;

    private final OpenStore store;
    private final Map<String, AggregateType<?>> due = new ConcurrentHashMap<>();

    /** Aggregates whose states could not be kept, with their versions then: not tried again before they have grown. */
    private final Map<Map.Entry<String, AggregateType<?>>, Long> refused = new ConcurrentHashMap<>();

    /** Types of which the log says that a state can't be kept; of the duty alone. */
    private final Set<String> reported = new HashSet<>();

    private final Environment.Task task;

    SnapshotTaker(OpenStore store, Environment environment) {
        this.store = store;
        this.task = environment.start("events-snapshots-" + store.name(), this);
    }

    /** Looks whether events that were stored make snapshots due. */
    void stored(List<DomainEvent> events, AppendToken token) {
        if (!store.snapshots().config().enabled()) {
            return;
        }
        int interval = store.snapshots().config().interval();
        for (Map.Entry<String, Long> written : token.versions().entrySet()) {
            List<DomainEvent> own = events.stream()
                    .filter(e -> e.aggregateId().equals(written.getKey()))
                    .toList();
            if (written.getValue() / interval != (written.getValue() - own.size()) / interval) {
                AggregateType<?> type = store.type(own.get(0).aggregateType());
                if (type != null) {
                    add(written.getKey(), type, written.getValue());
                }
            }
        }
    }

    /** @param from version of the snapshot that the load began with, 0 when there was none */
    void loaded(Aggregate<?> aggregate, long from) {
        if (store.snapshots().config().enabled()
                && aggregate.version() - from >= store.snapshots().config().interval()) {
            add(aggregate.id(), aggregate.type(), aggregate.version());
        }
    }

    private void add(String id, AggregateType<?> type, long version) {
        Long before = refused.get(Map.entry(id, type));
        boolean hasGrown =
                before == null || version - before >= store.snapshots().config().interval();
        if (hasGrown && due.size() < MAX_WAITING) {
            due.put(id, type);
            task.wake();
        }
    }

    @Override
    public long run() {
        for (String id : List.copyOf(due.keySet())) {
            AggregateType<?> type = due.remove(id);
            if (type != null) {
                take(type, id);
            }
        }
        return due.isEmpty() ? WHEN_WOKEN : AGAIN;
    }

    private void take(AggregateType<?> type, String id) {
        if (!store.snapshots().isTold(type)) {
            return;
        }
        try {
            save(store.fold(type, id));
        } catch (EventsException e) {
            LOG.warn("No snapshot of aggregate {} could be taken; it is tried again when it has grown", id, e);
        }
    }

    private void save(Aggregate<?> aggregate) {
        try {
            store.snapshots().save(aggregate);
        } catch (RejectedException e) { // of this one's state; those of others may be told
            if (refused.size() >= MAX_WAITING) {
                refused.clear();
            }
            refused.put(Map.entry(aggregate.id(), aggregate.type()), aggregate.version());
            String type = aggregate.type().name();
            if (reported.add(type)) {
                LOG.warn(
                        "No snapshot of aggregate {} is taken; of others of type {} it is not said",
                        aggregate.id(),
                        type,
                        e);
            }
        }
    }

    @Override
    public void close() {
        task.close();
    }
}
