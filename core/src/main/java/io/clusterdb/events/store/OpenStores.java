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
import io.clusterdb.events.spi.StoreEngine;
import java.nio.file.Path;
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

    /** @param withoutBroker where a store is kept that names no place, when there is no broker */
    public OpenStores(Environment environment, Upcasters upcasters, StoreBackend withoutBroker) {
        this.environment = environment;
        this.upcasters = upcasters;
        this.withoutBroker = withoutBroker;
    }

    /** Notes where the broker is, and what keeps its topics there: it can keep stores too, if it is embedded. */
    public synchronized void beside(Backend brokersPlace, LogEngine brokersEngine) {
        broker = brokersPlace;
        engine = brokersEngine;
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
     * @throws RejectedException when one of that name is open, or the broker's engine can't keep it
     */
    public synchronized Optional<Path> open(EventStore config) {
        if (stores.containsKey(config.name())) {
            throw RejectedException.configuredTwice("Event store " + config.name(), false);
        }
        StoreBackend place = place(config);
        stores.put(config.name(), OpenStore.open(config, place, upcasters, environment));
        return place instanceof Backend folder ? folder.folder() : Optional.empty();
    }

    /** The engine of a store that is open. */
    public StoreEngine engine(String name) {
        return find(name).engine();
    }

    /** Whether a store that is open is in the broker's log. */
    public synchronized boolean isWithBroker(String name) {
        return place(find(name).configuration()).equals(engine);
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
                            ? "Open it with an EventStore, or call configureStore before first use"
                            : "Name one: store(name) has the same verbs");
        }
        return all.get(0);
    }

    @Override
    public Store store(String name) {
        return find(name);
    }

    private OpenStore find(String name) {
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

    /** Closes one, as if it had never been opened. */
    public synchronized void close(String name) {
        OpenStore store = stores.remove(name);
        if (store != null) {
            store.close();
        }
    }

    @Override
    public void close() {
        stores.values().forEach(OpenStore::close);
    }
}
