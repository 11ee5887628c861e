package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.Storage.Table;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the tables of every {@link Storage} do; a part of {@link StorageContract}. */
abstract class TableContract extends StorageFixture {
    @Test
    void put_replaces_and_delete_removes() {
        storage().commit(new Commit().put(TABLE, key("a"), key("1")).put(TABLE, key("b"), new byte[0]));
        storage().commit(new Commit().put(TABLE, key("a"), key("2")).delete(TABLE, key("never there")));
        assertThat(storage().get(TABLE, key("a"))).isEqualTo(key("2"));
        assertThat(storage().get(TABLE, key("b"))).isEmpty();

        storage().commit(new Commit().delete(TABLE, key("a")));
        for (int round = 0; round < 2; round++) {
            assertThat(storage().get(TABLE, key("a"))).isNull();
            assertThat(storage().get(TABLE, key("b"))).isEmpty();
            reopen();
        }
    }

    @Test
    void put_knows_each_table_apart() {
        Table first = new Table(0, "first");
        Table last = new Table(127, "last");
        storage()
                .commit(new Commit()
                        .put(first, key("k"), key("first"))
                        .put(TABLE, key("k"), key("middle"))
                        .put(last, key("k"), key("last"))
                        .put(last, new byte[0], key("empty key")));

        assertThat(storage().get(first, key("k"))).isEqualTo(key("first"));
        assertThat(storage().get(last, key("k"))).isEqualTo(key("last"));
        assertThat(storage().get(last, new byte[0])).isEqualTo(key("empty key"));
        assertThat(scan(first, "", null)).containsExactly("k=first");
        assertThat(scan(TABLE, "", null)).containsExactly("k=middle");
        assertThat(scan(last, "", null)).containsExactly("=empty key", "k=last");

        storage().commit(new Commit().deleteRange(last, new byte[0], new byte[] {-1, -1}));
        assertThat(scan(TABLE, "", null)).containsExactly("k=middle");
        assertThat(scan(last, "", null)).isEmpty();
    }

    @Test
    void delete_range_removes_from_its_start_to_before_its_end() {
        for (String k : List.of("a", "b", "bb", "c", "d")) {
            storage().commit(new Commit().put(TABLE, key(k), key(k)));
        }
        storage().commit(new Commit().deleteRange(TABLE, key("b"), key("c")));
        storage()
                .commit(new Commit()
                        .deleteRange(TABLE, key("c"), key("c"))
                        .deleteRange(TABLE, key("d"), key("a"))
                        .deleteRange(TABLE, key("x"), key("z")));

        for (int round = 0; round < 2; round++) {
            assertThat(scan(TABLE, "", null)).containsExactly("a=a", "c=c", "d=d");
            reopen();
        }
    }

    @Test
    void scan_goes_from_its_start_to_before_its_end() {
        for (String k : List.of("a", "b", "ba", "c")) {
            storage().commit(new Commit().put(TABLE, key(k), key(k)));
        }

        assertThat(scan(TABLE, "", null)).containsExactly("a=a", "b=b", "ba=ba", "c=c");
        assertThat(scan(TABLE, "b", "c")).containsExactly("b=b", "ba=ba");
        assertThat(scan(TABLE, "aa", null)).containsExactly("b=b", "ba=ba", "c=c");
        assertThat(scan(TABLE, "c", "a")).isEmpty();
        assertThat(scan(TABLE, "b", "b")).isEmpty();
        assertThat(scan(TABLE, "", "")).isEmpty();
    }

    @Test
    void scan_is_ordered_by_unsigned_bytes() {
        for (int b : new int[] {0x80, 0x00, 0xff, 0x7f, 0x01}) {
            storage().commit(new Commit().put(TABLE, new byte[] {(byte) b}, new byte[] {1}));
        }

        List<Integer> keys = new ArrayList<>();
        try (Storage.Cursor rows = storage().scan(TABLE, new byte[0], null)) {
            while (rows.next()) {
                keys.add(rows.key()[0] & 0xff);
            }
            assertThat(rows.next()).isFalse();
        }
        assertThat(keys).containsExactly(0x00, 0x01, 0x7f, 0x80, 0xff);
    }

    @Test
    void scan_of_many_and_of_large_rows_gives_all() {
        StorageModel model = new StorageModel();
        for (int i = 0; i < 3_000; i++) {
            Commit commit = new Commit()
                    .put(TABLE, key("k%05d".formatted(i)), i % 100 == 0 ? large(i).toArray() : key("v" + i));
            model.apply(commit);
            storage().commit(commit);
        }

        model.check(storage());
        model.checkScan(storage(), TABLE, key("k01500"), key("k02000"));
        reopen();
        model.check(storage());
    }

    @Test
    void scan_gives_what_stays_while_other_rows_come_and_go() {
        for (int i = 0; i < 2_000; i++) {
            storage().commit(new Commit().put(TABLE, key("k%05d".formatted(i)), key("v")));
        }
        List<String> kept = new ArrayList<>();
        try (Storage.Cursor rows = storage().scan(TABLE, new byte[0], null)) {
            for (int i = 0; rows.next(); i++) {
                String key = text(rows.key());
                if (!key.endsWith("x") && Integer.parseInt(key.substring(1)) % 2 == 0) {
                    kept.add(key);
                }
                int other = (i * 37 % 1_000) * 2 + 1;
                storage()
                        .commit(new Commit()
                                .delete(TABLE, key("k%05d".formatted(other)))
                                .put(TABLE, key("k%05dx".formatted(other)), key("w")));
            }
        }
        assertThat(kept).hasSize(1_000).doesNotHaveDuplicates().isSorted();
    }
}
