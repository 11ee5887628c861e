package io.clusterdb.events.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.UnavailableException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderTest {
    @TempDir
    Path home;

    /** As one that is opened from another class loader, or by another mount of the disk. */
    @Test
    void a_folder_that_this_process_has_in_another_way_is_refused_each_time_and_can_be_had_afterwards()
            throws IOException {
        Folder.lock(home).close();
        try (FileChannel other = FileChannel.open(home.resolve("LOCK"), StandardOpenOption.WRITE)) {
            assertThat(other.tryLock()).isNotNull();
            for (int n = 0; n < 2; n++) {
                assertThatThrownBy(() -> Folder.lock(home))
                        .isInstanceOf(UnavailableException.class)
                        .hasMessageContaining("this process has it");
            }
        }

        Folder.lock(home).close();
    }
}
