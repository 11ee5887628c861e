package io.clusterdb.events.rocksdb;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.testkit.StorageContract;
import java.nio.file.Path;

/** With segments so small that rolls, checkpoints and the moves of sparse segments happen all the time. */
class RocksDbStorageContractTest extends StorageContract {
    @Override
    protected Storage open(Path folder) {
        return RocksDbStorage.open(RocksDb.at(folder).segmentSize(ByteSize.kib(64)));
    }
}
