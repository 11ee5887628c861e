package io.clusterdb.events.schema;

import io.clusterdb.events.Component;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.testkit.UpcasterContract;
import java.nio.file.Path;

class MemoryUpcasterContractTest extends UpcasterContract {
    private final Memory memory = Memory.create();

    @Override
    protected Events open(Path home, Component... more) {
        return Events.open(with(EventBroker.named("contract").store(memory), more));
    }
}
