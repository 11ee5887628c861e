package io.clusterdb.events.benchmarks;

import java.io.IOException;
import java.sql.SQLException;

/** An event store, as the workloads of stores use it: Events, or one of its peers. */
interface StoreSide extends AutoCloseable {
    /** What a shop keeps of an order in an event: the same on every side, with the same metadata. */
    Orders ORDERS = new Orders();

    String AGGREGATE = "Order";
    String EVENT = "OrderPaid";
    String METADATA = "correlation_id";
    String CORRELATION = "order-123";

    /** One that appends and waits for the answer, used by one thread. */
    interface Writer extends AutoCloseable {
        /**
         * Stores events in one transaction that is on the disk when this returns.
         *
         * @param version of the aggregate with the first of them, from 1 on: nothing is stored when it isn't the next one
         * @param order the number of the first one's order; those of the others follow
         */
        void append(String aggregate, long version, int order, int count) throws SQLException;

        @Override
        default void close() throws SQLException {}
    }

    Writer writer() throws SQLException;

    /** What the aggregate's events add up to. */
    default double load(String aggregate) throws SQLException {
        throw new UnsupportedOperationException(getClass().getSimpleName() + " loads nothing here");
    }

    /** Takes a snapshot of the aggregate as it is. */
    default void snapshot(String aggregate) throws SQLException {
        throw new UnsupportedOperationException(getClass().getSimpleName() + " takes no snapshots here");
    }

    /** Reads all events in their order from the first on, each with its data as bytes. Returns how many there are. */
    default int readAll() throws SQLException {
        throw new UnsupportedOperationException(getClass().getSimpleName() + " reads nothing here");
    }

    @Override
    void close() throws IOException, SQLException;

    static StoreSide named(String name, Settings settings) throws IOException, SQLException {
        return switch (name) {
            case "rocksdb", "postgresql" -> new EventsStore(settings, name.equals("rocksdb"));
            case "bare" -> new BareStore(settings);
            case "axon" -> new AxonStore(settings);
            case "message-db" -> new MessageDbStore(settings);
            default -> throw new IllegalArgumentException("no store is called " + name);
        };
    }
}
