package io.clusterdb.events.testkit;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.memory.Memory;
import java.nio.file.Path;

class MemoryScheduleContractTest extends ScheduleContract {
    private final Memory memory = Memory.create();

    @Override
    protected Events open(Path home) {
        return Events.open(EventBroker.named("contract").store(memory));
    }
}
