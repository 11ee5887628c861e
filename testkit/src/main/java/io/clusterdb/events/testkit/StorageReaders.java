package io.clusterdb.events.testkit;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Storage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * One thread that commits while others read: from cursors that stay open and from new ones. Entry n of log 0 is committed
 * together with entry n of one of the other logs, which are trimmed now and then, and with a row that says n.
 */
final class StorageReaders {
    private static final Storage.Table TABLE = new Storage.Table(3, "table");
    private static final byte[] LAST = {1};
    private static final int TRIMMED_LOGS = 3;
    private static final long KEPT = 600;

    private final Storage storage;
    private final long commits;
    private volatile long done = -1;
    private volatile long trimmed;
    private volatile boolean over;

    StorageReaders(Storage storage, long commits) {
        this.storage = storage;
        this.commits = commits;
    }

    /** @return how many commits the last reader of all saw; it throws what any of them found wrong */
    long run() throws InterruptedException {
        List<Future<Long>> readers = new ArrayList<>();
        try (ExecutorService platform = Executors.newFixedThreadPool(3);
                ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
            readers.add(platform.submit(this::followAll));
            for (int i = 0; i < 2; i++) {
                Random random = new Random(i);
                readers.add(platform.submit(() -> beginAnywhere(random)));
                readers.add(virtual.submit((Callable<Long>) this::beginAtFront));
            }
            try {
                commitAll(readers);
            } finally {
                over = true;
            }
            long seen = commits;
            for (Future<Long> reader : readers) {
                seen = Math.min(seen, reader.get());
            }
            return seen;
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    private void commitAll(List<Future<Long>> readers) {
        for (long n = 0; n < commits && readers.stream().noneMatch(Future::isDone); n++) {
            Commit commit = new Commit()
                    .append(0, n, entry(n))
                    .append(other(n), n, entry(n))
                    .put(TABLE, LAST, longBytes(n));
            if (n % 200 == 199) {
                trimmed = n - KEPT;
                for (int log = 1; log <= TRIMMED_LOGS; log++) {
                    commit.trim(log, n - KEPT);
                }
            }
            storage.commit(commit);
            done = n;
        }
    }

    private static int other(long n) {
        return (int) (1 + n % TRIMMED_LOGS);
    }

    /** Every entry of the log that is never trimmed, once, through one cursor. */
    private long followAll() {
        long expected = 0;
        try (Storage.Entries entries = storage.entries(0, 0)) {
            while (!over || expected <= done) {
                expected = follow(entries, expected);
            }
        }
        return expected;
    }

    private long follow(Storage.Entries entries, long from) {
        long known = done;
        if (!entries.next()) {
            check(from > known, "no entry " + from + " though commit " + known + " had returned");
            return from;
        }
        check(entries.offset() == from, "entry " + entries.offset() + " comes where " + from + " was expected");
        check(entries.bytes().equals(entry(from)), "entry " + from + " has other bytes");
        return from + 1;
    }

    private long beginAnywhere(Random random) {
        while (!over) {
            long known = done;
            check(known < 0 || row() >= known, "the row is behind commit " + known);
            check(storage.extent(0).last() >= known, "the extent is behind commit " + known);
            long at = known < 0 ? 0 : random.nextLong(known + 1);
            try (Storage.Entries entries = storage.entries(0, at)) {
                for (int i = 0; i < 50; i++) {
                    at = follow(entries, at);
                }
            }
        }
        return done + 1;
    }

    private long row() {
        byte[] row = storage.get(TABLE, LAST);
        return row == null ? -1 : ByteBuffer.wrap(row).getLong();
    }

    /** Of the logs that are trimmed: nothing may be left out but what is trimmed. */
    private long beginAtFront() {
        for (int log = 1; !over; log = log % TRIMMED_LOGS + 1) {
            long known = done;
            long last = -1;
            try (Storage.Entries entries = storage.entries(log, 0)) {
                while (entries.next()) {
                    long offset = entries.offset();
                    boolean gap = last >= 0 && offset != last + TRIMMED_LOGS;
                    check(
                            !gap || offset <= trimmed + TRIMMED_LOGS,
                            "entry " + offset + " of log " + log + " comes after " + last);
                    check(entries.bytes().equals(entry(offset)), "entry " + offset + " has other bytes");
                    last = offset;
                }
            }
            check(
                    last > known - TRIMMED_LOGS,
                    "log " + log + " ends at " + last + " though commit " + known + " had returned");
        }
        return done + 1;
    }

    private static void check(boolean right, String otherwise) {
        if (!right) {
            throw new AssertionError(otherwise);
        }
    }

    private static Bytes entry(long n) {
        byte[] bytes = new byte[40 + (int) (n % 7) * 30];
        ByteBuffer.wrap(bytes).putLong(n);
        return Bytes.of(bytes);
    }

    private static byte[] longBytes(long n) {
        return ByteBuffer.allocate(8).putLong(n).array();
    }
}
