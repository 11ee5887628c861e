package io.clusterdb.events.rocksdb;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.testkit.CrashWorkload;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;

/** A process that works on a folder until it is killed. */
final class RocksDbLife {
    private RocksDbLife() {}

    /** Small segments, so that a short life begins many of them and makes as many checkpoints. */
    static EventBroker broker(Path folder) {
        return EventBroker.named("crash").store(RocksDb.at(folder).segmentSize(ByteSize.kib(64)));
    }

    /** The broker with the store that lives have in its folder. */
    static Events open(Path folder) {
        return Events.open(broker(folder), CrashWorkload.STORE);
    }

    /** Has processes find RocksDB's library in a folder, where each would otherwise unpack a copy and leave it behind. */
    static List<String> jvmOptions(Path folder) throws IOException {
        Path library = folder.resolve(Environment.getSharedLibraryFileName("rocksdb"));
        try (InputStream packed =
                RocksDB.class.getResourceAsStream("/" + Environment.getJniLibraryFileName("rocksdb"))) {
            Files.copy(Objects.requireNonNull(packed), library);
        }
        return List.of("-Djava.library.path=" + folder);
    }

    public static void main(String[] arguments) {
        Path folder = Path.of(arguments[0]);
        CrashWorkload.run(environment -> Events.open(environment, broker(folder), CrashWorkload.STORE), arguments[1]);
    }
}
