package io.clusterdb.events.testkit;

import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.Threads;
import java.nio.file.Path;

/** The embedded log over a storage that outlives it, as the one on disk does. */
class KeptMemoryLogContractTest extends LogContract {
    private final MemoryStorage storage = new MemoryStorage();

    @Override
    protected LogEngine open(Path home) {
        return new EmbeddedLog(new LogEngine.Facts("memory", true), storage, RetentionPolicy.FOREVER, new Threads());
    }
}
