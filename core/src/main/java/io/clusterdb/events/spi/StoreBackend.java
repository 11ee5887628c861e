package io.clusterdb.events.spi;

import io.clusterdb.events.EventStore;

/** A place for an event store, as a user names it: RocksDB at a path, PostgreSQL at a URL. A value. */
public interface StoreBackend {
    /** The word for it in configuration. */
    String type();

    /**
     * Opens the engine of a store.
     *
     * @param codec lifts old data
     * @throws io.clusterdb.events.UnavailableException when it can't be reached, or another process has it
     * @throws io.clusterdb.events.CorruptionException when what is there is damaged
     */
    StoreEngine open(EventStore store, DataCodec codec, Environment environment);
}
