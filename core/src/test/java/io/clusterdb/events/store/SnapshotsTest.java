package io.clusterdb.events.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Aggregate;
import io.clusterdb.events.AggregateType;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.SnapshotConfig;
import io.clusterdb.events.Upcasters;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.Document;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import io.clusterdb.events.spi.Threads;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of snapshots whose documents are damaged: they are as if they were not there, and counted. */
class SnapshotsTest {
    private static final String COLLECTION = "snapshots";
    private static final AggregateType<Cart> CART =
            AggregateType.of("Cart", Cart.class).starts("Filled", String.class, item -> new Cart(item, 1));

    private StoreEngine engine;

    /** A state. */
    record Cart(String item, int count) {}

    @BeforeEach
    void open() {
        engine = new Memory(new MemoryStorage()).open(EventStore.named("carts"), DataCodec.NONE, new Threads());
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private Snapshots saved(boolean compressed) {
        Snapshots snapshots = new Snapshots(engine, new SnapshotConfig(true, 1, compressed), Upcasters.NONE);
        snapshots.save(new Aggregate<>(CART, "c-1", 7, new Cart("tea", 1)));
        assertThat(snapshots.find(CART, "c-1")).contains(new Snapshots.Found<>(7, new Cart("tea", 1)));
        return snapshots;
    }

    private Document stored() {
        return engine.documents(COLLECTION, "", 1).get(0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void one_with_a_byte_that_has_changed_is_ignored_and_counted(boolean compressed) {
        Snapshots snapshots = saved(compressed);
        byte[] whole = stored().value().toArray();
        for (int at = 0; at < whole.length; at++) {
            for (int mask : new int[] {0x01, 0x03, 0x80, 0xff}) {
                byte[] damaged = whole.clone();
                damaged[at] ^= (byte) mask;
                requireIgnored(snapshots, damaged, "byte %d by %x".formatted(at, mask));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void one_that_is_cut_off_is_ignored_and_counted(boolean compressed) {
        Snapshots snapshots = saved(compressed);
        byte[] whole = stored().value().toArray();
        for (int length = 0; length < whole.length; length++) {
            requireIgnored(snapshots, Arrays.copyOf(whole, length), length + " bytes");
        }
    }

    private void requireIgnored(Snapshots snapshots, byte[] damaged, String how) {
        engine.write(List.of(DocumentChange.put(COLLECTION, stored().key(), Bytes.of(damaged))));
        long before = snapshots.ignored();

        assertThat(snapshots.find(CART, "c-1")).as(how).isEmpty();
        assertThat(snapshots.ignored()).isEqualTo(before + 1);
        assertThat(snapshots.read(CART, "c-1", 7)).as(how).isEmpty();
        assertThat(snapshots.all("c-1", 7)).as(how).isEmpty();
    }
}
