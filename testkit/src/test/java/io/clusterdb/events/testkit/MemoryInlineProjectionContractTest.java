package io.clusterdb.events.testkit;

import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.StoreBackend;
import java.nio.file.Path;

class MemoryInlineProjectionContractTest extends InlineProjectionContract {
    private final Memory memory = new Memory(new MemoryStorage());

    @Override
    protected StoreBackend place(Path home) {
        return memory;
    }
}
