package io.clusterdb.events.schema;

import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.StoreSchemaContract;
import java.nio.file.Path;

class MemoryStoreSchemaContractTest extends StoreSchemaContract {
    private final Memory memory = new Memory(new MemoryStorage());

    @Override
    protected StoreBackend place(Path home) {
        return memory;
    }
}
