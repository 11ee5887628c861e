package io.clusterdb.events.store;

import io.clusterdb.events.EventStore;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Store;
import io.clusterdb.events.Stores;
import io.clusterdb.events.Upcasters;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreFollower;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** The stores that are open. Thread-safe. */
public final class OpenStores implements Stores, AutoCloseable {
    private final Environment environment;
    private final Upcasters upcasters;
    private final Map<String, OpenStore> stores = new ConcurrentSkipListMap<>();
    private final StoreBackend withoutBroker;
    private @Nullable Backend broker;
    private @Nullable LogEngine engine;
    private @Nullable StoreFollower follower;

    /** @param withoutBroker where a store is kept that names no place, when there is no broker */
    public OpenStores(Environment environment, Upcasters upcasters, StoreBackend withoutBroker) {
        this.environment = environment;
        this.upcasters = upcasters;
        this.withoutBroker = withoutBroker;
    }

    /** Notes where the broker is, and what keeps its topics there: it can keep stores too, if it is embedded. */
    public synchronized void beside(Backend brokersPlace, LogEngine brokersEngine, StoreFollower forwards) {
        broker = brokersPlace;
        engine = brokersEngine;
        follower = forwards;
    }

    private StoreBackend place(EventStore config) {
        StoreBackend own = config.place();
        LogEngine around = engine;
        if (own != null && (around == null || !own.equals(broker))) {
            return own;
        }
        if (around == null) {
            return withoutBroker;
        }
        if (around instanceof StoreBackend keeper) {
            return keeper;
        }
        throw RejectedException.engine(
                "Event store " + config.name() + " can't be in the broker's place",
                "the broker's engine is " + around.facts().type() + ", which keeps topics only",
                "Give the store a place of its own, such as PostgreSQL or a folder: EventStore.store");
    }

    /**
     * Opens a store where it is kept: in its own place, or with the broker.
     *
     * @return the folder that is opened for it alone
     * @throws RejectedException when one of that name is open, the broker's engine can't keep it, or it can't be forwarded
     */
    public synchronized Optional<Path> open(EventStore config) {
        if (stores.containsKey(config.name())) {
            throw RejectedException.configuredTwice("Event store " + config.name(), false);
        }
        StoreFollower forwards = follower;
        if (config.forward() != null && forwards == null) {
            throw RejectedException.noBroker();
        }
        StoreBackend place = place(config);
        OpenStore store = OpenStore.open(config, place, upcasters, environment);
        if (forwards != null) {
            follow(store, forwards, place.equals(engine));
        }
        stores.put(config.name(), store);
        return place instanceof Backend folder ? folder.folder() : Optional.empty();
    }

    private static void follow(OpenStore store, StoreFollower forwards, boolean isTopic) {
        try {
            forwards.follow(store.configuration(), store.engine(), store::data, isTopic);
            store.followedBy(forwards);
        } catch (RuntimeException | Error e) {
            store.close();
            throw e;
        }
    }

    @Override
    public Store store() {
        List<OpenStore> all = List.copyOf(stores.values());
        if (all.size() != 1) {
            throw RejectedException.notConfigured(
                    all.isEmpty() ? "There is no event store" : "There are several event stores",
                    all.isEmpty()
                            ? "this Events was opened without one"
                            : "they are " + String.join(", ", stores.keySet()),
                    all.isEmpty()
                            ? "Open it with an EventStore, or call configureStore before first use (events store create)"
                            : "Name one: store(name) has the same verbs (events store: --store NAME)");
        }
        return all.get(0);
    }

    @Override
    public Store store(String name) {
        OpenStore found = stores.get(name);
        if (found == null) {
            throw NotFoundException.store(name, stores.keySet());
        }
        return found;
    }

    @Override
    public List<Store> stores() {
        return List.copyOf(stores.values());
    }

    @Override
    public void close() {
        List<Runnable> all = new ArrayList<>();
        StoreFollower forwards = follower;
        if (forwards != null) {
            all.add(forwards::close);
        }
        stores.values().forEach(store -> all.add(store::close));
        runAll(all.iterator());
    }

    /** Runs one after the other, also behind one that fails. */
    static void runAll(Iterator<Runnable> each) {
        if (each.hasNext()) {
            try {
                each.next().run();
            } finally {
                runAll(each);
            }
        }
    }
}
