package io.clusterdb.events.testkit;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.Storage.Table;
import java.util.NavigableMap;
import java.util.Random;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * One life of a storage, drawn from a seed: commits of all kinds of changes, now and then a sync or a reopening, and
 * everything it holds compared with a {@link StorageModel}.
 */
final class StorageRun {
    private static final int TABLES = 3;
    private static final int LOGS = 6;

    private final Random random;
    private final StorageModel model = new StorageModel();
    private final long[] ends = new long[LOGS];
    private final UnaryOperator<Storage> reopen;
    private Storage storage;

    private StorageRun(long seed, Supplier<Storage> open, UnaryOperator<Storage> reopen) {
        this.random = new Random(seed);
        this.reopen = reopen;
        this.storage = open.get();
    }

    static void run(long seed, int operations, Supplier<Storage> open, UnaryOperator<Storage> reopen) {
        StorageRun run = new StorageRun(seed, open, reopen);
        try {
            for (int i = 0; i < operations; i++) {
                run.operate();
            }
            run.model.check(run.storage);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        } finally {
            run.storage.close();
        }
    }

    private void operate() {
        int dice = random.nextInt(100);
        if (dice < 80) {
            commit();
        } else if (dice < 86) {
            storage.sync();
        } else if (dice < 92) {
            look();
        } else if (dice < 97) {
            model.check(storage);
        } else {
            storage = reopen.apply(storage);
        }
    }

    private void commit() {
        Commit commit = new Commit();
        for (int i = 1 + random.nextInt(random.nextInt(10) == 0 ? 200 : 6); i > 0; i--) {
            change(commit);
        }
        model.apply(commit);
        storage.commit(commit);
    }

    private void change(Commit commit) {
        int dice = random.nextInt(100);
        int log = random.nextInt(LOGS);
        if (dice < 45) {
            ends[log] += 1 + (random.nextInt(4) == 0 ? random.nextInt(1_000) : 0);
            commit.append(log, ends[log], Bytes.of(bytes(random.nextInt(20) == 0 ? 20_000 : 1_500)));
        } else if (dice < 52) {
            commit.trim(log, trimPoint(log));
        } else if (dice < 85) {
            commit.put(table(), key(), bytes(random.nextInt(50) == 0 ? 5_000 : 60));
        } else if (dice < 96) {
            commit.delete(table(), key());
        } else {
            commit.deleteRange(table(), key(), key());
        }
    }

    private long trimPoint(int log) {
        if (random.nextInt(8) == 0) {
            return random.nextBoolean() ? Long.MAX_VALUE : ends[log] + 1;
        }
        NavigableMap<Long, byte[]> entries = model.log(log);
        if (entries.isEmpty()) {
            return random.nextLong(ends[log] + 1);
        }
        long span = entries.lastKey() - entries.firstKey() + 1;
        return entries.firstKey() + (long) (span * random.nextDouble() * random.nextDouble());
    }

    /** A part of a log or a table. */
    private void look() {
        int log = random.nextInt(LOGS);
        model.checkEntries(storage, log, random.nextLong(ends[log] + 2));
        model.checkScan(storage, table(), key(), random.nextInt(4) == 0 ? null : key());
    }

    private Table table() {
        int id = random.nextInt(TABLES);
        return new Table(id == 0 ? 127 : id - 1, "table");
    }

    private byte[] key() {
        byte[] key = new byte[random.nextInt(3)];
        random.nextBytes(key);
        return key;
    }

    private byte[] bytes(int most) {
        byte[] bytes = new byte[random.nextInt(most)];
        random.nextBytes(bytes);
        return bytes;
    }
}
