package io.clusterdb.events.schema;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.testkit.SchemaContract;
import java.nio.file.Path;

class MemorySchemaContractTest extends SchemaContract {
    private final Memory memory = Memory.create();

    @Override
    protected Events open(Path home) {
        return Events.open(EventBroker.named("contract").store(memory));
    }
}
