package io.clusterdb.events.spi;

import io.clusterdb.events.EventBroker;

/** A place for a broker's events, as a user names it: RocksDB at a path, Kafka at some nodes. A value. */
public interface Backend {
    /** The word for it in configuration. */
    String type();

    /**
     * Opens the engine.
     *
     * @throws io.clusterdb.events.UnavailableException when another process has it
     * @throws io.clusterdb.events.CorruptionException when what is there is damaged
     */
    LogEngine open(EventBroker broker, Environment environment);
}
