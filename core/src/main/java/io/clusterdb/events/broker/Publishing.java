package io.clusterdb.events.broker;

import io.clusterdb.events.Event;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.broker.Deduplication.Attempt;
import io.clusterdb.events.broker.Deduplication.IdsOfTransaction;
import io.clusterdb.events.spi.LogWriter.Appended;
import io.clusterdb.events.spi.NewRecord;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What the settings of a topic make of an event that is published: copies by its routes, once by its deduplication. */
final class Publishing {
    private final Broker broker;
    private final Routing routing;
    private final Deduplication deduplication;

    Publishing(Broker broker, Routing routing, Deduplication deduplication) {
        this.broker = broker;
        this.routing = routing;
        this.deduplication = deduplication;
    }

    /**
     * Where events go.
     *
     * @param durable whether answers mean that an event survives a loss of power
     * @param transaction null for events published by themselves
     */
    record Destination(
            Append append, boolean durable, @Nullable IdsOfTransaction transaction) {
        /** As {@link io.clusterdb.events.spi.LogWriter#append(NewRecord, List)}. */
        interface Append {
            CompletableFuture<Appended> append(NewRecord record, List<NewRecord> copies);
        }
    }

    /** @throws RejectedException when a topic would not take a record */
    static void requireFit(String what, Topic topic, NewRecord record) {
        long limit = topic.config().maxMessageSize().bytes();
        if (record.size() > limit) {
            throw RejectedException.tooLarge(what, record.size(), limit, "the topic's maxMessageSize");
        }
        if (record.key() == null && topic.config().cleanupPolicy().compacts()) {
            throw RejectedException.keyMissing(topic.name());
        }
    }

    /** @throws RejectedException or another exception of publishing, before anything is written */
    CompletableFuture<Appended> append(Topic topic, Event event, String id, Destination to) {
        NewRecord record = broker.record(topic.name(), event, id);
        if (topic.config().deduplication() == null) {
            return to.append().append(record, routing.copies(topic, record));
        }
        return deduplication.once(
                new Attempt(topic, record, event.time() != null, to.durable(), to.transaction()),
                () -> to.append().append(record, routing.copies(topic, record)));
    }
}
