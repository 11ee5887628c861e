package io.clusterdb.events.spi;

import io.clusterdb.events.EventStore;
import io.clusterdb.events.ForwardStatus;
import io.clusterdb.events.spi.ParsedSchema.DataType;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A broker, as the stores beside it know it: what has their events come to its topics. Thread-safe. */
public interface StoreFollower extends AutoCloseable {
    /**
     * Takes in a store that is open until this is closed.
     *
     * @param data what its schemas say of the data of its events now; empty when they say nothing
     * @param isTopic whether it is in the broker's log: its events are the topic {@code store:<name>} already
     * @throws io.clusterdb.events.RejectedException when it can't be forwarded as it is configured
     */
    void follow(EventStore store, StoreEngine engine, Supplier<Optional<DataType>> data, boolean isTopic);

    /** How far it is with all that it forwards. */
    List<ForwardStatus> status();

    /** Reads no store any more. Calling it again does nothing. */
    @Override
    void close();
}
