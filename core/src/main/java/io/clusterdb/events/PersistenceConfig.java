package io.clusterdb.events;

import io.clusterdb.events.spi.Backend;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where and how long a broker keeps its events.
 *
 * @param enabled false = in memory, whatever the store
 * @param store null = memory
 */
public record PersistenceConfig(boolean enabled, @Nullable Backend store, RetentionPolicy retention) {
    public static final PersistenceConfig MEMORY = new PersistenceConfig(false, null, RetentionPolicy.FOREVER);

    /** Empty = in memory. */
    public Optional<Backend> place() {
        return enabled ? Optional.ofNullable(store) : Optional.empty();
    }
}
