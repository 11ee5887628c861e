package io.clusterdb.events.testkit;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.memory.Memory;
import java.nio.file.Path;

class MemoryStoreTopicContractTest extends StoreTopicContract {
    private final Memory memory = Memory.create();

    @Override
    protected Events openBroker(Path home) {
        return Events.open(EventBroker.named("contract").store(memory));
    }
}
