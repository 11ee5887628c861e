package io.clusterdb.events.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.testkit.StorageContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;

/** With segments so small that rolls, checkpoints and the moves of sparse segments happen all the time; they did. */
class RocksDbStorageContractTest extends StorageContract {
    private static JournalFiles most = JournalFiles.NONE;

    @Override
    protected Storage open(Path folder) {
        try {
            JournalFiles now = JournalFiles.of(folder);
            most = new JournalFiles(
                    Math.max(most.first(), now.first()),
                    Math.max(most.last(), now.last()),
                    Math.max(most.bytes(), now.bytes()),
                    most.moves() + now.moves(),
                    now.sequence());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return RocksDb.at(folder).segmentSize(ByteSize.kib(64)).storage();
    }

    @AfterAll
    static void segments_were_begun_emptied_and_deleted() {
        assertThat(most.last()).as("segments begun").isGreaterThan(30);
        assertThat(most.first()).as("segments that went, of one folder").isGreaterThan(10);
        assertThat(most.moves()).as("entries that were moved").isGreaterThan(50);
    }
}
