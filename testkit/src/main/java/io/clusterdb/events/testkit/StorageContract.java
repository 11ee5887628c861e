package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.EventsException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.Storage.Extent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every {@link Storage} does. A storage joins by a subclass that opens it. */
public abstract class StorageContract extends TableContract {
    private static final int SEEDS = Sweep.size(20, 200);

    // --- commit

    @Test
    void commit_applies_its_changes_in_their_order() {
        storage()
                .commit(new Commit()
                        .put(TABLE, key("a"), key("1"))
                        .put(TABLE, key("a"), key("2"))
                        .put(TABLE, key("b"), key("3"))
                        .deleteRange(TABLE, key("a"), key("c"))
                        .put(TABLE, key("b"), key("4"))
                        .append(1, 10, entry(10))
                        .trim(1, 11)
                        .append(1, 11, entry(11)));

        assertThat(storage().get(TABLE, key("a"))).isNull();
        assertThat(storage().get(TABLE, key("b"))).isEqualTo(key("4"));
        assertThat(offsets(1, 0)).containsExactly(11L);
    }

    @Test
    void commit_survives_closing() {
        storage().commit(new Commit().put(TABLE, key("k"), key("v")).append(7, 3, entry(3)));

        reopen();
        assertThat(storage().get(TABLE, key("k"))).isEqualTo(key("v"));
        assertThat(entry(7, 3)).isEqualTo(entry(3));

        storage().commit(new Commit().put(TABLE, key("k"), key("w")).append(7, 4, entry(4)));
        reopen();
        reopen();
        assertThat(storage().get(TABLE, key("k"))).isEqualTo(key("w"));
        assertThat(offsets(7, 0)).containsExactly(3L, 4L);
    }

    @Test
    void commit_leaves_the_arrays_it_was_given_to_the_caller() {
        byte[] key = key("k");
        byte[] value = key("value");
        byte[] entry = key("..entry..");
        storage().commit(new Commit().put(TABLE, key, value).append(1, 1, new Bytes(entry, 2, 5)));
        Arrays.fill(key, (byte) 0);
        Arrays.fill(value, (byte) 0);
        Arrays.fill(entry, (byte) 0);

        assertThat(storage().get(TABLE, key("k"))).isEqualTo(key("value"));
        assertThat(entry(1, 1)).isEqualTo(Bytes.utf8("entry"));
        reopen();
        assertThat(storage().get(TABLE, key("k"))).isEqualTo(key("value"));
        assertThat(entry(1, 1)).isEqualTo(Bytes.utf8("entry"));
    }

    @Test
    void commit_of_many_megabytes_is_one_commit() {
        Commit commit = new Commit();
        for (int i = 0; i < 40; i++) {
            commit.append(i % 3, i, large(i)).put(TABLE, key("k" + i), large(i).toArray());
        }
        storage().commit(new Commit().append(9, 1, entry(1)));
        storage().commit(commit);
        storage().commit(new Commit().append(9, 2, entry(2)));

        for (int round = 0; round < 2; round++) {
            assertThat(offsets(9, 0)).containsExactly(1L, 2L);
            for (int i = 0; i < 40; i++) {
                assertThat(entry(i % 3, i)).isEqualTo(large(i));
                assertThat(storage().get(TABLE, key("k" + i))).isEqualTo(large(i).toArray());
            }
            reopen();
        }
    }

    @Test
    void commit_refuses_an_entry_that_is_not_behind_the_last_and_applies_nothing() {
        storage().commit(new Commit().append(1, 5, entry(5)));

        for (long offset : new long[] {5, 4, -1}) {
            assertThatThrownBy(() -> storage()
                            .commit(new Commit().put(TABLE, key("k"), key("v")).append(1, offset, entry(0))))
                    .isInstanceOf(IllegalStateException.class);
        }
        assertThatThrownBy(() ->
                        storage().commit(new Commit().append(2, 8, entry(8)).append(2, 8, entry(8))))
                .isInstanceOf(IllegalStateException.class);

        storage().commit(new Commit().append(1, 6, entry(6)));
        for (int round = 0; round < 2; round++) {
            assertThat(storage().get(TABLE, key("k"))).isNull();
            assertThat(offsets(1, 0)).containsExactly(5L, 6L);
            assertThat(storage().extent(2)).isEqualTo(Extent.EMPTY);
            reopen();
        }
    }

    @Test
    void commit_of_nothing_changes_nothing() {
        storage().commit(new Commit().append(1, 1, entry(1)));
        storage().commit(new Commit());
        storage().sync();
        reopen();

        assertThat(offsets(1, 0)).containsExactly(1L);
    }

    // --- sync

    @Test
    void sync_may_come_at_any_time() {
        storage().sync();
        storage().commit(new Commit().append(1, 1, entry(1)).put(TABLE, key("k"), key("v")));
        storage().sync();
        storage().sync();
        reopen();
        storage().sync();

        assertThat(offsets(1, 0)).containsExactly(1L);
        assertThat(storage().get(TABLE, key("k"))).isEqualTo(key("v"));
    }

    // --- logs

    @Test
    void entries_begin_with_the_last_at_or_below_the_offset_or_else_the_first() {
        storage().commit(new Commit().append(1, 10, entry(10)).append(1, 20, entry(20)));
        storage().commit(new Commit().append(1, 35, entry(35)).append(2, 1, entry(1)));

        for (int round = 0; round < 2; round++) {
            assertThat(offsets(1, Long.MIN_VALUE)).containsExactly(10L, 20L, 35L);
            assertThat(offsets(1, 9)).containsExactly(10L, 20L, 35L);
            assertThat(offsets(1, 10)).containsExactly(10L, 20L, 35L);
            assertThat(offsets(1, 19)).containsExactly(10L, 20L, 35L);
            assertThat(offsets(1, 20)).containsExactly(20L, 35L);
            assertThat(offsets(1, 34)).containsExactly(20L, 35L);
            assertThat(offsets(1, Long.MAX_VALUE)).containsExactly(35L);
            assertThat(offsets(2, 0)).containsExactly(1L);
            assertThat(offsets(3, 0)).isEmpty();
            reopen();
        }
    }

    @Test
    void entries_go_on_to_what_is_committed_later() {
        try (Storage.Entries empty = storage().entries(1, 0);
                Storage.Entries behind = storage().entries(1, Long.MAX_VALUE)) {
            assertThat(empty.next()).isFalse();
            storage().commit(new Commit().append(1, 5, entry(5)));
            assertThat(empty.next()).isTrue();
            assertThat(empty.offset()).isEqualTo(5);
            assertThat(behind.next()).isTrue();
            assertThat(empty.next()).isFalse();

            for (long offset = 6; offset < 3_000; offset++) {
                storage().commit(new Commit().append(1, offset, entry(offset)));
                assertThat(empty.next()).isTrue();
                assertThat(empty.offset()).isEqualTo(offset);
                assertThat(empty.bytes()).isEqualTo(entry(offset));
                assertThat(empty.next()).isFalse();
            }
            assertThat(behind.offset()).isEqualTo(5);
            for (long offset = 6; offset < 3_000; offset++) {
                assertThat(behind.next()).isTrue();
                assertThat(behind.offset()).isEqualTo(offset);
            }
        }
    }

    @Test
    void entries_are_the_callers_and_tell_their_length() {
        storage().commit(new Commit().append(1, 1, Bytes.utf8("hello")).append(1, 2, Bytes.EMPTY));

        try (Storage.Entries entries = storage().entries(1, 1)) {
            assertThat(entries.next()).isTrue();
            assertThat(entries.length()).isEqualTo(5);
            Bytes mine = entries.bytes();
            Arrays.fill(mine.array(), mine.offset(), mine.offset() + mine.length(), (byte) 'x');
            assertThat(entries.bytes()).isEqualTo(Bytes.utf8("hello"));
            assertThat(entries.next()).isTrue();
            assertThat(entries.length()).isZero();
            assertThat(entries.bytes().length()).isZero();
        }
        assertThat(entry(1, 1)).isEqualTo(Bytes.utf8("hello"));
    }

    @Test
    void trim_removes_what_is_below() {
        for (long offset = 0; offset < 100; offset++) {
            storage().commit(new Commit().append(1, offset * 10, entry(offset)).append(2, offset, entry(offset)));
        }
        storage().commit(new Commit().trim(1, 505));
        storage().commit(new Commit().trim(1, 200).trim(3, 1_000));

        for (int round = 0; round < 2; round++) {
            assertThat(storage().extent(1).first()).isEqualTo(510);
            assertThat(storage().extent(1).last()).isEqualTo(990);
            assertThat(offsets(1, 0)).hasSize(49).startsWith(510L).endsWith(990L);
            assertThat(offsets(2, 0)).hasSize(100);
            reopen();
        }
        storage().commit(new Commit().trim(1, 510));
        assertThat(storage().extent(1).first()).isEqualTo(510);
        storage().commit(new Commit().trim(1, 511));
        assertThat(storage().extent(1).first()).isEqualTo(520);
    }

    @Test
    void trim_of_all_leaves_an_empty_log_that_goes_on() {
        storage().commit(new Commit().append(1, 5, entry(5)).append(1, 6, entry(6)));
        storage().commit(new Commit().trim(1, Long.MAX_VALUE));
        assertThat(storage().extent(1)).isEqualTo(Extent.EMPTY);
        assertThat(offsets(1, 0)).isEmpty();

        reopen();
        assertThat(storage().extent(1)).isEqualTo(Extent.EMPTY);
        storage().commit(new Commit().append(1, 7, entry(7)));
        for (int round = 0; round < 2; round++) {
            assertThat(storage().extent(1)).isEqualTo(new Extent(7, 7, entry(7).length()));
            assertThat(offsets(1, 0)).containsExactly(7L);
            reopen();
        }
    }

    @Test
    void trim_under_a_cursor_lets_it_go_on_with_what_is_left() {
        for (long offset = 0; offset < 300; offset++) {
            storage().commit(new Commit().append(1, offset, large(offset % 10)));
        }
        try (Storage.Entries entries = storage().entries(1, 0)) {
            assertThat(entries.next()).isTrue();
            storage().commit(new Commit().trim(1, 290));
            List<Long> rest = new ArrayList<>();
            while (entries.next()) {
                assertThat(entries.bytes()).isEqualTo(large(entries.offset() % 10));
                rest.add(entries.offset());
                storage().commit(new Commit().append(2, entries.offset(), large(3)));
            }
            assertThat(rest)
                    .isSorted()
                    .doesNotHaveDuplicates()
                    .endsWith(290L, 291L, 292L, 293L, 294L, 295L, 296L, 297L, 298L, 299L);
        }
    }

    @Test
    void extent_tells_first_last_and_bytes() {
        assertThat(storage().extent(1)).isEqualTo(Extent.EMPTY);
        storage()
                .commit(new Commit()
                        .append(1, 3, Bytes.of(new byte[10]))
                        .append(1, 8, Bytes.of(new byte[20]))
                        .append(1, 9, Bytes.of(new byte[40])));
        assertThat(storage().extent(1)).isEqualTo(new Extent(3, 9, 70));

        storage().commit(new Commit().trim(1, 4));
        for (int round = 0; round < 2; round++) {
            assertThat(storage().extent(1)).isEqualTo(new Extent(8, 9, 60));
            reopen();
        }
    }

    @Test
    void logs_may_be_many() {
        for (int round = 0; round < 4; round++) {
            for (int hundred = 0; hundred < 100; hundred++) {
                Commit commit = new Commit();
                for (int log = hundred * 100; log < hundred * 100 + 100; log++) {
                    commit.append(log, round, Bytes.utf8(log + "@" + round));
                }
                storage().commit(commit);
            }
        }
        reopen();

        for (int log = 0; log < 10_000; log++) {
            assertThat(storage().extent(log).last()).isEqualTo(3);
            assertThat(entry(log, 2)).isEqualTo(Bytes.utf8(log + "@2"));
        }
    }

    // --- everything

    static List<Long> seeds() {
        return new Random(1).longs(SEEDS).boxed().toList();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void random_operations_leave_what_a_naive_model_holds(long seed) {
        close();
        StorageRun.run(seed, 600, () -> open(home), storage -> {
            storage.close();
            return open(home);
        });
        open();
    }

    // --- threads

    @Test
    void reads_come_from_many_virtual_threads() throws Exception {
        for (long offset = 0; offset < 1_000; offset++) {
            storage()
                    .commit(new Commit()
                            .append(1, offset, entry(offset))
                            .put(TABLE, key("k" + offset), key("v" + offset)));
        }
        reopen();

        List<Callable<Integer>> reads = new ArrayList<>();
        for (int reader = 0; reader < 200; reader++) {
            int from = reader * 5;
            reads.add(() -> {
                assertThat(entry(1, from)).isEqualTo(entry(from));
                assertThat(storage().get(TABLE, key("k" + from))).isEqualTo(key("v" + from));
                return scan(TABLE, "", null).size() + offsets(1, from).size();
            });
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> answers = threads.invokeAll(reads);
            for (int reader = 0; reader < 200; reader++) {
                assertThat(answers.get(reader).get()).isEqualTo(1_000 + 1_000 - reader * 5);
            }
        }
    }

    @Test
    void readers_see_every_commit_from_the_moment_it_returned() throws Exception {
        StorageReaders readers = new StorageReaders(storage(), 6_000);
        assertThat(readers.run()).isEqualTo(6_000);
    }

    @Test
    void reads_while_it_is_closed_give_what_is_there_or_an_error() throws Exception {
        for (long offset = 0; offset < 500; offset++) {
            storage().commit(new Commit().append(1, offset, entry(offset)).put(TABLE, key("k" + offset), key("v")));
        }
        reopen();
        AtomicLong reads = new AtomicLong();
        AtomicBoolean over = new AtomicBoolean();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> readers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                readers.add(threads.submit(() -> readUntilClosed(reads, over)));
            }
            while (reads.get() < 1_000 && readers.stream().noneMatch(Future::isDone)) {
                Thread.onSpinWait();
            }
            close();
            over.set(true);
            for (Future<?> reader : readers) {
                reader.get();
            }
        }
        open();
        assertThat(offsets(1, 0)).hasSize(500);
    }

    private void readUntilClosed(AtomicLong reads, AtomicBoolean over) {
        try {
            for (int i = 0; !over.get(); i = (i + 1) % 500) {
                assertThat(storage().get(TABLE, key("k" + i))).isEqualTo(key("v"));
                assertThat(scan(TABLE, "k" + i, null)).isNotEmpty();
                assertThat(entry(1, i)).isEqualTo(entry(i));
                reads.incrementAndGet();
            }
        } catch (EventsException closed) {
            // As it should be, once it is closed.
        }
    }

    @Test
    void close_twice_is_closed_once() {
        storage().commit(new Commit().append(1, 1, entry(1)));
        close();
        close();

        open();
        assertThat(offsets(1, 0)).containsExactly(1L);
    }
}
