package io.clusterdb.events.rocksdb;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * A RocksDB of ordered rows, without a log of its own: what it has not flushed is replayed from the journal. Its memory
 * table is switched only by {@link #flush}, not even when it is closed, so that what is on disk is always the state of a
 * checkpoint and never ahead of what the journal has durably.
 *
 * <p>Calls into RocksDB pin the carrier of a virtual thread, so those are served by a few platform threads.
 */
final class Rows implements AutoCloseable {
    private static final long MEMORY_TABLE = 1L << 30;
    private static final long BLOCK_CACHE = 32 << 20;
    private static final int READERS = 4;

    static {
        RocksDB.loadLibrary();
    }

    private final Path path;
    private final BloomFilter bloom = new BloomFilter(10);
    private final LRUCache cache = new LRUCache(BLOCK_CACHE);
    private final Options options;
    private final WriteOptions unlogged = new WriteOptions().setDisableWAL(true);
    private final ReadOptions verified = new ReadOptions().setVerifyChecksums(true);
    private final RocksDB db;
    /** Shared by who reads, taken by who closes: what RocksDB has freed must not be touched. */
    private final ReadWriteLock open = new ReentrantReadWriteLock();

    private boolean closed;
    private final ExecutorService readers = Executors.newFixedThreadPool(READERS, task -> {
        Thread thread = new Thread(task, "events-rocksdb-reader");
        thread.setDaemon(true);
        return thread;
    });

    private Rows(Path path, RocksDb settings, boolean create) throws RocksDBException {
        this.path = path;
        this.options = new Options()
                .setCreateIfMissing(create)
                .setParanoidChecks(true)
                .setWriteBufferSize(MEMORY_TABLE)
                .setMaxWriteBufferNumber(6)
                .setAllowConcurrentMemtableWrite(false)
                .setAvoidFlushDuringShutdown(true)
                .setMaxBackgroundJobs(settings.maxBackgroundJobs())
                .setMaxOpenFiles(settings.maxOpenFiles())
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(2)
                .setStatsDumpPeriodSec(0)
                .setTableFormatConfig(
                        new BlockBasedTableConfig().setBlockCache(cache).setFilterPolicy(bloom));
        this.db = RocksDB.open(options, path.toString());
    }

    /**
     * Opens the rows.
     *
     * @param create false = they must be there
     */
    static Rows open(Path path, RocksDb settings, boolean create) {
        try {
            if (!create && !Files.exists(path.resolve("CURRENT"))) {
                throw CorruptionException.found("the file " + path.resolve("CURRENT"), "it is missing", null);
            }
            return new Rows(path, settings, create);
        } catch (RocksDBException e) {
            throw notOpened(path, e);
        }
    }

    private static EventsException notOpened(Path path, RocksDBException e) {
        String why = String.valueOf(e.getMessage());
        if (!isRefused(e.getStatus(), why)) {
            return CorruptionException.found("the index in " + path, why, e);
        }
        return Space.isFull(path, new IOException(why))
                ? UnavailableException.diskFull(path.toString(), why, e)
                : UnavailableException.notOpened(path.toString(), e);
    }

    /**
     * Whether the operating system has refused something, other than a file that is missing: that is damage. RocksDB has a
     * code for it that its Java does not know.
     */
    private static boolean isRefused(@Nullable Status status, String why) {
        if (status == null) {
            return false;
        }
        boolean missing = why.contains("No such file");
        return switch (status.getCode()) {
            case IOError -> !missing && status.getSubCode() != Status.SubCode.Undefined;
            case Corruption -> false;
            default -> !missing && why.contains("IO error: ");
        };
    }

    int maxBackgroundJobs() {
        return options.maxBackgroundJobs();
    }

    int maxOpenFiles() {
        return options.maxOpenFiles();
    }

    // --- writing

    /** Something that RocksDB may refuse. */
    interface RowChange {
        void run() throws RocksDBException, IOException;
    }

    /** Makes a change that only damage can keep from being made. */
    void unchecked(RowChange change) {
        try {
            change.run();
        } catch (RocksDBException | IOException e) {
            throw CorruptionException.found("the index in " + path, String.valueOf(e.getMessage()), e);
        }
    }

    /** @throws IOException when RocksDB could not take it in */
    void write(WriteBatch batch) throws IOException {
        try {
            db.write(unlogged, batch);
        } catch (RocksDBException e) {
            throw new IOException("RocksDB in " + path + ": " + e.getMessage(), e);
        }
    }

    /** Has everything written so far go to disk in the background, as one moment's state. */
    void flush() throws IOException {
        try (FlushOptions now = new FlushOptions().setWaitForFlush(false).setAllowWriteStall(true)) {
            db.flush(now);
        } catch (RocksDBException e) {
            throw new IOException("RocksDB in " + path + ": " + e.getMessage(), e);
        }
    }

    /** As {@link #flush}, and waits for it. */
    void flushNow() throws IOException {
        try (FlushOptions now = new FlushOptions().setWaitForFlush(true).setAllowWriteStall(true)) {
            db.flush(now);
        } catch (RocksDBException e) {
            throw new IOException("RocksDB in " + path + ": " + e.getMessage(), e);
        }
    }

    /** Whether everything that {@link #flush} was called for is on disk. What could not be flushed stays counted. */
    boolean isFlushed() {
        try {
            return db.getLongProperty("rocksdb.num-immutable-mem-table") == 0;
        } catch (RocksDBException e) {
            return false;
        }
    }

    // --- reading

    byte @Nullable [] get(byte[] key) {
        return onPlatformThread(() -> db.get(verified, key));
    }

    /** The last row whose key is at or below {@code key} and not below {@code from}; null when there is none. */
    @Nullable
    Row floor(byte[] key, byte[] from) {
        return onPlatformThread(() -> {
            try (Slice lower = new Slice(from);
                    ReadOptions bounded =
                            new ReadOptions().setVerifyChecksums(true).setIterateLowerBound(lower);
                    RocksIterator rows = db.newIterator(bounded)) {
                rows.seekForPrev(key);
                return rowAt(rows);
            }
        });
    }

    /** The first row whose key is at or above {@code key} and below {@code to}; null when there is none. */
    @Nullable
    Row ceiling(byte[] key, byte[] to) {
        return onPlatformThread(() -> {
            try (Slice upper = new Slice(to);
                    ReadOptions bounded =
                            new ReadOptions().setVerifyChecksums(true).setIterateUpperBound(upper);
                    RocksIterator rows = db.newIterator(bounded)) {
                rows.seek(key);
                return rowAt(rows);
            }
        });
    }

    private static @Nullable Row rowAt(RocksIterator rows) throws RocksDBException {
        if (rows.isValid()) {
            return new Row(rows.key(), rows.value());
        }
        rows.status();
        return null;
    }

    /** One row. */
    record Row(byte[] key, byte[] value) {}

    /**
     * Rows from a key to below another.
     *
     * @param prefix bytes that the keys begin with and the cursor does not show
     */
    Storage.Cursor scan(byte[] from, byte[] to, int prefix) {
        return new Scan(from, to, prefix);
    }

    /** A call that RocksDB may refuse. */
    private interface Call<T extends @Nullable Object> {
        T call() throws RocksDBException;
    }

    private <T extends @Nullable Object> T onPlatformThread(Call<T> call) {
        if (!Thread.currentThread().isVirtual()) {
            return checked(call);
        }
        try {
            return readers.submit(() -> checked(call)).get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (RejectedExecutionException e) {
            throw RejectedException.closed("The index in " + path);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw UnavailableException.storageFailed(path.toString(), new IOException("interrupted while reading", e));
        }
    }

    private <T extends @Nullable Object> T checked(Call<T> call) {
        open.readLock().lock();
        try {
            if (closed) {
                throw RejectedException.closed("The index in " + path);
            }
            return call.call();
        } catch (RocksDBException e) {
            throw CorruptionException.found("the index in " + path, String.valueOf(e.getMessage()), e);
        } finally {
            open.readLock().unlock();
        }
    }

    @Override
    public void close() {
        readers.shutdown();
        open.writeLock().lock();
        try {
            closed = true;
            free();
        } finally {
            open.writeLock().unlock();
        }
    }

    private void free() {
        db.close();
        options.close();
        unlogged.close();
        verified.close();
        bloom.close();
        cache.close();
    }

    /** Reads ahead in pages, so that one call serves many rows and nothing of RocksDB stays open between them. */
    private final class Scan implements Storage.Cursor {
        private static final int PAGE = 256;
        private static final int PAGE_BYTES = 256 << 10;

        private final byte[] to;
        private final int prefix;
        private byte @Nullable [] from;
        private Row @Nullable [] page;
        private int count;
        private int at = -1;
        private boolean wasCut;

        Scan(byte[] from, byte[] to, int prefix) {
            this.from = from;
            this.to = to;
            this.prefix = prefix;
        }

        @Override
        public boolean next() {
            at++;
            if (at < count) {
                return true;
            }
            if (from == null) {
                at = count;
                return false;
            }
            fill(from);
            at = 0;
            return count > 0;
        }

        private void fill(byte[] start) {
            Row[] rows = new Row[PAGE];
            count = onPlatformThread(() -> read(start, rows));
            page = rows;
            from = count == PAGE || wasCut ? after(rows[count - 1].key()) : null;
        }

        private int read(byte[] start, Row[] rows) throws RocksDBException {
            int found = 0;
            int bytes = 0;
            wasCut = false;
            try (Slice upper = new Slice(to);
                    ReadOptions bounded =
                            new ReadOptions().setVerifyChecksums(true).setIterateUpperBound(upper);
                    RocksIterator it = db.newIterator(bounded)) {
                for (it.seek(start); it.isValid() && found < PAGE; it.next()) {
                    rows[found] = new Row(it.key(), it.value());
                    bytes += rows[found].key().length + rows[found].value().length;
                    found++;
                    if (bytes > PAGE_BYTES) {
                        wasCut = true;
                        return found;
                    }
                }
                it.status();
            }
            return found;
        }

        private static byte[] after(byte[] key) {
            return Arrays.copyOf(key, key.length + 1);
        }

        private Row row() {
            if (page == null || at < 0 || at >= count) {
                throw new IllegalStateException("the cursor stands on no row");
            }
            return page[at];
        }

        @Override
        public byte[] key() {
            byte[] key = row().key();
            return Arrays.copyOfRange(key, prefix, key.length);
        }

        @Override
        public byte[] value() {
            return row().value();
        }

        @Override
        public void close() {
            page = null;
            count = 0;
            from = null;
        }
    }
}
