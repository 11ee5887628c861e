package io.clusterdb.events.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs of different lives in one journal: what is kept of them stays, and its files don't pile up. */
class ReclaimTest {
    private static final int SEGMENT = 64 << 10;
    private static final int COMMITS = 20_000;

    /** How many of its latest entries each log keeps, and how many commits there are to one of its entries. */
    private record Life(int log, long kept, int every) {}

    private static final List<Life> LIVES =
            List.of(new Life(1, 10, 1), new Life(2, 400, 2), new Life(3, 40, 90), new Life(4, Long.MAX_VALUE, 60));

    @TempDir
    Path home;

    @Test
    void what_is_kept_bounds_what_is_on_disk() throws IOException {
        Storage storage = open();
        long[] ends = new long[LIVES.size() + 1];
        long moves = 0;
        long wentWhileOpen = 0;
        long first = 1;
        for (int n = 0; n < COMMITS; n++) {
            storage.commit(commit(n, ends));
            if (n % 100 == 99) {
                storage.sync();
            }
            if (n % 2_000 == 1_999) {
                moves += JournalFiles.of(home).moves();
                wentWhileOpen += JournalFiles.of(home).first() - first;
                storage.close(); // how far the files are behind while it is open is up to the disk
                assertThat(durable())
                        .as("last frame that is durable")
                        .isEqualTo(JournalFiles.of(home).sequence());
                storage = open();
                JournalFiles journal = JournalFiles.of(home);
                assertThat(journal.bytes()).as("bytes on disk").isLessThan(3 * kept(storage) + 10 * SEGMENT);
                first = journal.first();
            }
        }
        for (Life life : LIVES) {
            check(storage, life, ends[life.log()]);
        }
        storage.close();

        assertThat(first).as("segments that went").isGreaterThan(30);
        assertThat(wentWhileOpen).as("segments that went before it was closed").isGreaterThan(10);
        assertThat(moves).as("entries that were moved").isGreaterThan(20);
    }

    @Test
    void entries_as_small_as_their_headers_are_left_where_they_are() throws IOException {
        try (Storage storage = open()) {
            for (int n = 0; n < 1_000; n++) {
                Commit commit = new Commit();
                for (int i = 0; i < 20; i++) {
                    commit.append(1, n * 20L + i, Bytes.of(new byte[] {1, 2, 3}));
                }
                storage.commit(commit);
            }
        }

        assertThat(JournalFiles.of(home).last()).as("segments begun").isGreaterThan(5);
        assertThat(JournalFiles.of(home).moves()).as("entries that were moved").isZero();
    }

    @Test
    void small_entries_between_large_ones_that_go_are_moved_and_stay_what_they_are() throws IOException {
        long end = 0;
        Storage storage = open();
        for (int n = 0; n < 2_000; n++) {
            Commit commit = new Commit();
            for (int i = 0; i < 20; i++) {
                commit.append(1, end, Bytes.of(new byte[] {1, (byte) (end >> 8), (byte) end}));
                end++;
            }
            storage.commit(commit.append(2, n, entry(2, n + 40_000L)).trim(2, n).append(3, n, entry(3, n)));
            if (n % 400 == 399) {
                storage.commit(new Commit().trim(3, n));
                storage.close();
                storage = open();
            }
        }

        assertThat(JournalFiles.of(home).moves()).as("entries that were moved").isGreaterThan(1_000);
        long expected = 0;
        try (Storage.Entries entries = storage.entries(1, 0)) {
            for (; entries.next(); expected++) {
                assertThat(entries.offset()).isEqualTo(expected);
                assertThat(entries.bytes())
                        .isEqualTo(Bytes.of(new byte[] {1, (byte) (expected >> 8), (byte) expected}));
            }
        }
        storage.close();
        assertThat(expected).isEqualTo(end);
    }

    @Test
    void an_entry_that_is_damaged_stays_where_it_is_and_does_not_stop_writing() throws IOException {
        Storage storage = open();
        storage.commit(new Commit().append(1, 7, entry(1, 7)));
        storage.commit(new Commit().append(1, 8, entry(1, 8)));
        storage.sync();
        Path first = Folder.files(home.resolve("journal")).getFirst();
        try (FileChannel file = FileChannel.open(first, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[] {~0}), Segment.HEADER + Frame.HEADER + Frame.ENTRY_HEADER + 20);
        }

        for (long offset = 0; offset < 2_000; offset++) {
            storage.commit(new Commit().append(2, offset, entry(2, offset)).trim(2, offset));
        }

        try (Storage.Entries entries = storage.entries(1, 8)) {
            assertThat(entries.next()).isTrue();
            assertThat(entries.bytes()).isEqualTo(entry(1, 8));
        }
        try (Storage.Entries entries = storage.entries(1, 7)) {
            assertThat(entries.next()).isTrue();
            assertThatThrownBy(entries::bytes)
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining("entry 7 of log 1 in " + first);
        }
        storage.close();
        assertThat(first).exists();
    }

    @Test
    void an_entry_in_a_file_that_is_gone_is_reported_as_missing() throws IOException {
        RocksDb settings = RocksDb.at(home).segmentSize(ByteSize.bytes(SEGMENT));
        try (Storage storage = settings.storage()) {
            for (long offset = 0; offset < 200; offset++) {
                storage.commit(new Commit().append(1, offset, entry(1, offset)));
            }
        }

        try (Folder folder = Folder.lock(home);
                Rows rows = Rows.open(folder.index(), settings, false);
                Journal journal = Journal.open(
                        folder, SEGMENT, new Journal.End(Position.of(1, Segment.HEADER), 0), (s, v, a, f) -> {})) {
            journal.delete(1);
            try (Storage.Entries entries = new LogEntries(LogIndex.load(1, rows), journal, 0)) {
                assertThatThrownBy(entries::next)
                        .isInstanceOf(CorruptionException.class)
                        .hasMessageContaining(Segment.fileName(1))
                        .hasMessageContaining("missing");
            }
        }
    }

    private long durable() throws IOException {
        try (DurableMark mark = DurableMark.open(home)) {
            return mark.sequence();
        }
    }

    private Storage open() {
        return RocksDb.at(home).segmentSize(ByteSize.bytes(SEGMENT)).storage();
    }

    private static Commit commit(int n, long[] ends) {
        Commit commit = new Commit();
        for (Life life : LIVES) {
            if (n % life.every() == 0) {
                long offset = ends[life.log()]++;
                commit.append(life.log(), offset, entry(life.log(), offset));
                if (offset % 7 == 0) {
                    commit.trim(life.log(), offset + 1 - life.kept());
                }
            }
        }
        return commit;
    }

    private static Bytes entry(int log, long offset) {
        byte[] bytes = new byte[200 + (int) (offset * 31 % 700)];
        new Random(log * 1_000_003L + offset).nextBytes(bytes);
        return Bytes.of(bytes);
    }

    private static long kept(Storage storage) {
        return LIVES.stream().mapToLong(l -> storage.extent(l.log()).bytes()).sum();
    }

    private static void check(Storage storage, Life life, long end) {
        long expected = storage.extent(life.log()).first();
        assertThat(expected).isLessThanOrEqualTo(Math.max(0, end - life.kept()));
        try (Storage.Entries entries = storage.entries(life.log(), 0)) {
            for (; entries.next(); expected++) {
                assertThat(entries.offset()).isEqualTo(expected);
                assertThat(entries.bytes()).isEqualTo(entry(life.log(), expected));
            }
        }
        assertThat(expected).isEqualTo(end);
    }
}
