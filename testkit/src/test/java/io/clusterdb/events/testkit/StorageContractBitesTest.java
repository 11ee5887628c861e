package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Storage;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** A storage that takes everything and keeps nothing passes no test of the contract. */
class StorageContractBitesTest {
    @Test
    void a_hollow_storage_passes_nothing() {
        Events tests = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(HollowStorageCase.class))
                .execute()
                .testEvents();

        assertThat(tests.started().count()).isGreaterThan(40);
        assertThat(tests.succeeded().list()).isEmpty();
        assertThat(tests.skipped().list()).isEmpty();
        assertThat(tests.aborted().list()).isEmpty();
        assertThat(tests.failed().count()).isEqualTo(tests.started().count());
    }

    /** Not named as a test, so that it only runs from here. */
    static class HollowStorageCase extends StorageContract {
        @Override
        protected Storage open(Path folder) {
            return new HollowStorage();
        }
    }

    private static final class HollowStorage implements Storage {
        @Override
        public void commit(Commit commit) {}

        @Override
        public void sync() {}

        @Override
        public byte @Nullable [] get(Table table, byte[] key) {
            return null;
        }

        @Override
        public Cursor scan(Table table, byte[] from, byte @Nullable [] to) {
            return new Cursor() {
                @Override
                public boolean next() {
                    return false;
                }

                @Override
                public byte[] key() {
                    return new byte[0];
                }

                @Override
                public byte[] value() {
                    return new byte[0];
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public Entries entries(int log, long offset) {
            return new Entries() {
                @Override
                public boolean next() {
                    return false;
                }

                @Override
                public long offset() {
                    return 0;
                }

                @Override
                public int length() {
                    return 0;
                }

                @Override
                public Bytes bytes() {
                    return Bytes.EMPTY;
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public Extent extent(int log) {
            return Extent.EMPTY;
        }

        @Override
        public String place() {
            return "nowhere";
        }

        @Override
        public void close() {}
    }
}
