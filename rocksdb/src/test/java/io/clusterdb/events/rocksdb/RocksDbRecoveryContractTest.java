package io.clusterdb.events.rocksdb;

import io.clusterdb.events.Events;
import io.clusterdb.events.testkit.RecoveryContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

class RocksDbRecoveryContractTest extends RecoveryContract {
    @Override
    protected Events open(Path folder) {
        return RocksDbLife.open(folder);
    }

    @Override
    protected List<String> jvmOptions() throws IOException {
        return RocksDbLife.jvmOptions(home);
    }

    @Override
    protected Class<?> main() {
        return RocksDbLife.class;
    }
}
