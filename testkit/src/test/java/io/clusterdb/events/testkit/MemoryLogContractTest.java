package io.clusterdb.events.testkit;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.Threads;
import java.nio.file.Path;

/** The embedded log in memory that is forgotten. */
class MemoryLogContractTest extends LogContract {
    @Override
    protected LogEngine open(Path home) {
        return Memory.create().open(EventBroker.named("contract"), new Threads());
    }
}
