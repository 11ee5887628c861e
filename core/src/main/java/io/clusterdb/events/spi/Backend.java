package io.clusterdb.events.spi;

import io.clusterdb.events.EventBroker;
import java.nio.file.Path;
import java.util.Optional;

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

    /** The folder that one process at a time has, and in which it answers others; empty when there is none. */
    default Optional<Path> folder() {
        return Optional.empty();
    }

    /** Whether it keeps the copies that {@link EventBroker#replication} asks for. An embedded log keeps one. */
    default boolean replicates() {
        return false;
    }
}
