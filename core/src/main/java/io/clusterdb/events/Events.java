package io.clusterdb.events;

import io.clusterdb.events.broker.Broker;
import io.clusterdb.events.config.Configuration;
import io.clusterdb.events.control.OwnerSocket;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.store.OpenStores;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The front door: a broker and event stores in the user's own process.
 *
 * <pre>{@code
 * try (Events events = Events.open(EventBroker.named("shop").store(RocksDb.at(Path.of("data"))))) {
 *     events.createTopic(Topic.named("orders").partitions(10));
 *     events.publish("orders", Event.of("order.created", order).withKey(order.id()));
 * }
 * }</pre>
 *
 * <p>Thread-safe; one for a process is enough. Methods wait for what they do and throw {@link EventsException}, whose
 * subtypes say what to do next.
 */
public final class Events implements EventManager, Stores, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Events.class);

    private final Environment environment;
    private final Upcasters upcasters;
    private final OpenStores stores;
    private volatile @Nullable Broker broker;
    private volatile @Nullable EventBroker configuration;
    private final List<OwnerSocket> sockets = new ArrayList<>();
    private volatile boolean closed;

    private Events(Environment environment, Upcasters upcasters) {
        this.environment = environment;
        this.upcasters = upcasters;
        this.stores = new OpenStores(environment, upcasters, Memory.create());
    }

    /**
     * Opens what the components configure. Without any, they are given by {@link #configureBroker} before first use.
     *
     * @throws RejectedException when the upcasters among them make no chain
     * @throws UnavailableException when another process has the folder
     * @throws CorruptionException when what is there is damaged
     */
    public static Events open(Component... components) {
        return open(new Threads(), components);
    }

    /**
     * Opens what a YAML file describes, with more that no file can say, such as upcasters; see {@link Configuration}.
     *
     * @throws RejectedException when the file has faults, all of them at once, or asks for what this version can't do
     */
    public static Events open(Path yaml, Component... more) {
        Stream<Component> described = Configuration.read(yaml).components().stream();
        return open(Stream.concat(described, Stream.of(more)).toArray(Component[]::new));
    }

    /** As {@link #open(Component...)}, with time, randomness and threads from elsewhere. */
    public static Events open(Environment environment, Component... components) {
        Events events = new Events(environment, Upcasters.among(components));
        try {
            // A store may be in the broker's folder, so the broker comes first.
            of(EventBroker.class, components).forEach(events::configureBroker);
            of(EventStore.class, components).forEach(events::configureStore);
            return events;
        } catch (RuntimeException | Error e) {
            close(events);
            throw e;
        }
    }

    private static <T> Stream<T> of(Class<T> kind, Component... components) {
        return Stream.of(components).filter(kind::isInstance).map(kind::cast);
    }

    /**
     * Gives the broker's configuration, once, and opens it.
     *
     * @throws RejectedException when it has been given before
     */
    public synchronized void configureBroker(EventBroker configuration) {
        if (broker != null || closed) {
            throw RejectedException.configuredTwice("The broker", closed);
        }
        Configuration.remarks(configuration).forEach(remark -> LOG.warn("Broker {}: {}", configuration.name(), remark));
        Backend backend = configuration.persistence().place().orElseGet(Memory::create);
        LogEngine opened = backend.open(configuration, environment);
        try {
            Broker made = new Broker(configuration.name(), opened, environment, upcasters);
            broker = made;
            stores.beside(backend, opened, made.follower());
            this.configuration = configuration;
            backend.folder().map(f -> OwnerSocket.listen(f, this)).ifPresent(sockets::add);
        } catch (RuntimeException | Error e) {
            Broker open = broker;
            broker = null;
            close(open == null ? opened : open);
            throw e;
        }
    }

    /**
     * Gives the configuration of an event store, once, and opens it. Without a place of its own it is in the broker's
     * folder, in one commit with its topics; without a broker it is in memory.
     *
     * @throws RejectedException when there is one of that name, or the broker can't hold it, or be what it is forwarded to
     */
    public synchronized void configureStore(EventStore configuration) {
        if (closed) {
            throw RejectedException.configuredTwice("Event store " + configuration.name(), true);
        }
        stores.open(configuration).map(f -> OwnerSocket.listen(f, this)).ifPresent(sockets::add);
    }

    private static void close(AutoCloseable opened) {
        try {
            opened.close();
        } catch (Exception e) {
            LOG.warn("What was opened could not be closed", e);
        }
    }

    /** The broker's configuration; without one, {@link RejectedException}. */
    public EventBroker configuration() {
        broker();
        return Objects.requireNonNull(configuration);
    }

    private Broker broker() {
        Broker open = broker;
        if (closed) {
            throw RejectedException.closed("This Events");
        }
        if (open == null) {
            throw RejectedException.noBroker();
        }
        return open;
    }

    /** What is open: the configurations of the broker and of the stores. */
    public List<Component> components() {
        Stream<Component> own = Stream.ofNullable(configuration);
        return Stream.concat(own, stores().stream().map(Store::configuration)).toList();
    }

    // --- publishing

    @Override
    public Published publish(String topic, Event event, Producer producer) {
        return broker().publish(topic, event, producer);
    }

    @Override
    public CompletableFuture<Published> publishAsync(String topic, Event event, Producer producer) {
        return broker().publishAsync(topic, event, producer);
    }

    /**
     * Does several things or none: events published and messages answered within the body become true together, when it
     * returns. When it throws, none of it does, and what it threw is thrown; a checked exception as the cause of another.
     *
     * @throws ConflictException when the transaction timed out, or a message's lease was lost meanwhile
     */
    public void transaction(TransactionBody body) {
        broker().transaction(body);
    }

    // --- subscribing

    /** As {@link Groups#create}. */
    public ConsumerGroup createConsumerGroup(ConsumerGroup group) {
        return groups().create(group);
    }

    /**
     * Joins a group, to pull its messages and answer them by hand.
     *
     * @throws NotFoundException when the group or a topic of it does not exist
     * @throws RejectedException when the filter is no condition over events
     */
    @Override
    public Consumer subscribe(Subscription subscription) {
        return broker().subscribe(subscription);
    }

    /** Joins a group, to have its messages handled one by one; parameters and errors as {@link #subscribe(Subscription)}. */
    public ActiveSubscription subscribe(Subscription subscription, Handler handler) {
        return broker().subscribe(subscription, handler);
    }

    /** As {@link #subscribe(Subscription, Handler)}, for several messages at once. */
    public ActiveSubscription subscribeBatches(Subscription subscription, BatchHandler handler) {
        return broker().subscribeBatches(subscription, handler);
    }

    /**
     * Reads a topic outside of any group.
     *
     * @throws NotFoundException when the topic or the partition does not exist
     * @throws RejectedException when the condition is none over events, or the offset is out of range
     */
    public EventReader read(LogQuery query) {
        return broker().read(query);
    }

    @Override
    public Store store() {
        return stores.store();
    }

    @Override
    public Store store(String name) {
        return stores.store(name);
    }

    @Override
    public List<Store> stores() {
        return stores.stores();
    }

    // --- administration

    @Override
    public Topic createTopic(Topic topic) {
        return topics().create(topic);
    }

    @Override
    public void deleteTopic(String name) {
        topics().delete(name);
    }

    public Topics topics() {
        return broker().topics();
    }

    public Schemas schemas() {
        return broker().schemas();
    }

    public Transactions transactions() {
        return broker().transactions();
    }

    public Groups groups() {
        return broker().groups();
    }

    public DeadLetters deadLetters() {
        return broker().deadLetters();
    }

    public Schedules schedules() {
        return broker().schedules();
    }

    /**
     * Hands out nothing more, lets handlers finish within their time-outs, makes everything durable, and lets go. What is
     * called then throws {@link RejectedException}. An interrupted thread can do it. Calling it again does nothing.
     */
    @Override
    public synchronized void close() {
        if (!closed) {
            Threads.uninterrupted(() -> {
                sockets.forEach(Events::close);
                Broker open = broker;
                try (open;
                        stores) { // these first, as they may be in its folder
                    try {
                        Stream.ofNullable(open).forEach(Broker::drain);
                    } finally {
                        closed = true;
                    }
                }
            });
        }
    }
}
