package io.clusterdb.events.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.UnavailableException;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileStoreAttributeView;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is refused before it is written, on a disk of 100 MiB of which 5 are kept in reserve. */
class SpaceTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private final Disk disk = new Disk();

    private Space space() {
        return new Space(folder, disk);
    }

    @Test
    void what_would_take_from_the_reserve_is_refused() {
        Space space = space();
        disk.usable = 6 * MIB;
        space.claim(MIB);
        assertThat(space.isShort()).isFalse();

        assertThatThrownBy(() -> space.claim(MIB + 1)).isInstanceOf(UnavailableException.class);
        assertThat(space.isShort()).isTrue();

        disk.usable = 8 * MIB;
        space.claim(MIB);
        assertThat(space.isShort()).isFalse();
    }

    @Test
    void what_is_moved_leaves_half_of_the_reserve_each_time() {
        Space space = space();
        disk.usable = 6 * MIB;
        space.claimToMove(3 * MIB);
        disk.usable = 3 * MIB;

        assertThatThrownBy(() -> space.claimToMove(MIB)).isInstanceOf(UnavailableException.class);
        assertThat(space.hasRoomToMove(MIB)).isFalse();
        assertThat(space.isShort()).isFalse();
    }

    @Test
    void what_others_have_taken_of_the_reserve_is_seen_before_a_claim_is_refused() {
        Space space = space();
        space.claim(MIB);
        disk.usable = 4 * MIB;
        space.claim(100);

        assertThat(space.isShort()).isFalse();
        assertThat(space.isShortNow()).isTrue();
    }

    @Test
    void after_a_write_that_found_no_space_the_next_is_looked_at() {
        Space space = space();
        space.claim(100);
        disk.usable = 0;
        space.claim(100);

        assertThat(space.isFull(new IOException("No space left on device"))).isTrue();

        assertThat(space.isShort()).isTrue();
        assertThatThrownBy(() -> space.claim(100)).isInstanceOf(UnavailableException.class);
        disk.usable = 10 * MIB;
        space.claim(100);
        assertThat(space.isShort()).isFalse();
    }

    @Test
    void rows_are_flushed_where_they_find_room() {
        Space space = space();
        disk.usable = 2 * MIB;
        assertThat(space.hasRoomToFlush(MIB)).isTrue();
        assertThat(space.hasRoomToFlush(2 * MIB)).isFalse();
    }

    /** A disk of which only the sizes are known. */
    private static final class Disk extends FileStore {
        private long usable = 50 * MIB;

        @Override
        public long getTotalSpace() {
            return 100 * MIB;
        }

        @Override
        public long getUsableSpace() {
            return usable;
        }

        @Override
        public long getUnallocatedSpace() {
            return usable;
        }

        @Override
        public String name() {
            return "disk";
        }

        @Override
        public String type() {
            return "disk";
        }

        @Override
        public boolean isReadOnly() {
            return false;
        }

        @Override
        public boolean supportsFileAttributeView(Class<? extends FileAttributeView> type) {
            return false;
        }

        @Override
        public boolean supportsFileAttributeView(String name) {
            return false;
        }

        @Override
        public <V extends FileStoreAttributeView> @Nullable V getFileStoreAttributeView(Class<V> type) {
            return null;
        }

        @Override
        public Object getAttribute(String attribute) {
            throw new UnsupportedOperationException(attribute);
        }
    }
}
