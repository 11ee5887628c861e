package io.clusterdb.events.testkit;

import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.Storage;
import java.nio.file.Path;

class MemoryStorageContractTest extends StorageContract {
    private final MemoryStorage storage = new MemoryStorage();

    @Override
    protected Storage open(Path folder) {
        return storage;
    }
}
