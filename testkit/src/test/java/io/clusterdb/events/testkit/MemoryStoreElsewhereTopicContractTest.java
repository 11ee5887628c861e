package io.clusterdb.events.testkit;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.memory.Memory;
import java.nio.file.Path;

/** A store that is not in the broker's memory. */
class MemoryStoreElsewhereTopicContractTest extends StoreTopicContract {
    private final Memory memory = Memory.create();
    private final Memory elsewhere = Memory.create();

    @Override
    protected Events openBroker(Path home) {
        return Events.open(EventBroker.named("contract").store(memory));
    }

    @Override
    protected EventStore config(Path home) {
        return super.config(home).store(elsewhere);
    }
}
