package io.clusterdb.events.memory;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreEngine;

/**
 * Events in memory: forgotten when the process ends.
 *
 * @param storage where; brokers opened one after the other on the same storage find what the one before left
 */
public record Memory(MemoryStorage storage) implements Backend, StoreBackend {
    /** The word for it in configuration. */
    public static final String TYPE = "memory";

    /** A memory of its own. */
    public static Memory create() {
        return new Memory(new MemoryStorage());
    }

    @Override
    public String type() {
        return TYPE;
    }

    @Override
    public LogEngine open(EventBroker broker, Environment environment) {
        return new EmbeddedLog(new LogEngine.Facts(TYPE, false), storage, broker.retention(), environment);
    }

    @Override
    public StoreEngine open(EventStore store, DataCodec codec, Environment environment) {
        return EmbeddedLog.store(storage, new LogEngine.Facts(TYPE, false), store, codec, environment);
    }
}
