package io.clusterdb.events.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.HollowStore;
import io.clusterdb.events.testkit.StoreSchemaContract;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** A store that takes everything and keeps nothing passes no test of the contract of stores with schemas. */
class StoreSchemaContractBitesTest {
    /** Not named as a test, so that it only runs from here. */
    static class HollowStoreCase extends StoreSchemaContract {
        @Override
        protected StoreBackend place(Path home) {
            return new HollowStore();
        }

        @Override
        protected Duration budget() {
            return Duration.ofMillis(200); // what is waited for never comes
        }
    }

    @Test
    void a_hollow_store_passes_nothing() {
        Events tests = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(HollowStoreCase.class))
                .execute()
                .testEvents();

        assertThat(tests.started().count()).isGreaterThan(5);
        assertThat(tests.succeeded().list()).isEmpty();
        assertThat(tests.skipped().list()).isEmpty();
        assertThat(tests.aborted().list()).isEmpty();
        assertThat(tests.failed().count()).isEqualTo(tests.started().count());
    }
}
