package io.clusterdb.events.broker;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.ForwardStatus;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.ParsedSchema.DataType;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreFollower;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The stores beside the broker, and what is forwarded of them: to the topics that they name, and to topics {@code
 * store:<name>} of stores that are elsewhere, as soon as a group wants one. Thread-safe.
 */
final class Forwards implements StoreFollower {
    private static final String OWNER = "events, which copies a store that is kept elsewhere";

    /** More than a store takes. */
    private static final ByteSize LARGEST = ByteSize.mib(64);

    private final Broker broker;
    private final Map<String, Forwarding.Source> stores = new TreeMap<>();
    private final List<Forwarding> running = new ArrayList<>();
    private boolean closed;

    Forwards(Broker broker) {
        this.broker = broker;
    }

    @Override
    public synchronized void follow(
            EventStore config, StoreEngine engine, Supplier<Optional<DataType>> data, boolean isTopic) {
        if (config.forward() != null) {
            InternalTopics.checkUserName(config.forward());
        }
        Forwarding.Source source = new Forwarding.Source(config.name(), engine, data, isTopic);
        String topic = topicOf(config.name());
        stores.put(topic, source);
        try {
            if (!isTopic && isConsumed(topic)) {
                provide(topic);
            }
            if (config.forward() != null) {
                running.add(new Forwarding(broker, source, config.forward()));
            }
        } catch (RuntimeException | Error e) {
            stores.remove(topic);
            running.stream().filter(forwarding -> forwarding.isOf(source)).forEach(Forwarding::close);
            running.removeIf(forwarding -> forwarding.isOf(source));
            throw e;
        }
    }

    /** What is known of the data of a topic that is a store; empty when that is nothing. */
    Optional<DataType> data(String topic) {
        Forwarding.Source source;
        synchronized (this) {
            source = stores.get(topic);
        }
        return source == null ? Optional.empty() : source.data().get();
    }

    private static String topicOf(String store) {
        return Topic.STORE_PREFIX + store;
    }

    /** Whether it was wanted before the store was opened. */
    private boolean isConsumed(String topic) {
        return !isShared()
                && (isCopy(topic)
                        || broker.registry().list().stream()
                                .anyMatch(group -> group.topics().contains(topic)));
    }

    private boolean isShared() {
        return broker.engine().facts().has(LogEngine.Trait.SHARED);
    }

    /**
     * Sees to it that those among these topics are there and filled which are stores.
     *
     * @throws RejectedException when the engine can't have such a topic
     */
    synchronized void provide(Collection<String> topics) {
        for (String topic : topics) {
            if (topic.startsWith(Topic.STORE_PREFIX)) {
                provide(topic);
            }
        }
    }

    private void provide(String topic) {
        if (isShared()) {
            throw RejectedException.engine(
                    "A group can't have the topic " + topic,
                    "the engine is " + broker.engine().facts().type() + ", which keeps no topics of stores",
                    "Forward the store to a topic, and give the group that one: EventStore.forwardTo, store.forward in YAML");
        }
        Forwarding.Source source = stores.get(topic);
        if (source == null
                || source.isTopic()
                || closed
                || running.stream().anyMatch(forwarding -> forwarding.topic().equals(topic))) {
            return;
        }
        if (broker.engine().topic(topic).isEmpty()) {
            broker.engine().createTopic(Topic.named(topic).owner(OWNER).maxMessageSize(LARGEST));
        } else if (!isCopy(topic)) {
            throw RejectedException.engine(
                    "Event store " + source.name() + " can't be the topic " + topic,
                    "the broker's folder has held a store of that name, whose events are in the topic",
                    "Give the store that is elsewhere another name, or the group other topics");
        }
        running.add(new Forwarding(broker, source, topic));
    }

    private boolean isCopy(String topic) {
        return broker.engine()
                .topic(topic)
                .filter(found -> OWNER.equals(found.owner()))
                .isPresent();
    }

    @Override
    public List<ForwardStatus> status() {
        List<Forwarding> all;
        synchronized (this) {
            all = List.copyOf(running);
        }
        return all.stream().map(Forwarding::status).toList();
    }

    @Override
    public synchronized void close() {
        closed = true;
        running.forEach(Forwarding::close);
        running.clear();
    }
}
