package io.clusterdb.events.benchmarks;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Commit.Change;
import io.clusterdb.events.spi.Storage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * The layout that was not taken (docs/adr/0002): everything in RocksDB with its write-ahead log, entries in column
 * families by time that are never compacted and are dropped whole, as LogDevice's LogsDB does. Complete enough to be
 * measured under the embedded log; it forgets the size of its logs when it is closed.
 */
final class BucketStorage implements Storage {
    private static final long BUCKET_BYTES = 256L << 20;

    private final Path path;
    private final DBOptions options = new DBOptions()
            .setCreateIfMissing(true)
            .setCreateMissingColumnFamilies(true)
            .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords)
            .setAllowConcurrentMemtableWrite(false)
            .setMaxBackgroundJobs(2)
            .setInfoLogLevel(InfoLogLevel.ERROR_LEVEL);
    private final ColumnFamilyOptions bucketOptions = new ColumnFamilyOptions()
            .setDisableAutoCompactions(true)
            .setCompressionType(CompressionType.NO_COMPRESSION)
            .setLevel0SlowdownWritesTrigger(1_000)
            .setLevel0StopWritesTrigger(2_000)
            .setWriteBufferSize(64 << 20)
            .setMaxWriteBufferNumber(4);
    private final WriteOptions write = new WriteOptions();
    private final RocksDB db;
    private final ColumnFamilyHandle tables;
    private final TreeMap<Long, ColumnFamilyHandle> buckets = new TreeMap<>();
    private final Map<Long, Map<Integer, Long>> lastInBucket = new HashMap<>();
    private final Map<Integer, Extent> extents = new HashMap<>();
    private final double recoveryMillis;
    private long bytesInBucket;

    BucketStorage(Path path) {
        this.path = path;
        try {
            List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
            try (Options plain = new Options()) {
                for (byte[] name : RocksDB.listColumnFamilies(plain, path.toString())) {
                    boolean isDefault = new String(name, StandardCharsets.UTF_8).equals("default");
                    descriptors.add(
                            new ColumnFamilyDescriptor(name, isDefault ? new ColumnFamilyOptions() : bucketOptions));
                }
            }
            if (descriptors.isEmpty()) {
                descriptors.add(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, new ColumnFamilyOptions()));
            }
            List<ColumnFamilyHandle> handles = new ArrayList<>();
            long start = System.nanoTime();
            this.db = RocksDB.open(options, path.toString(), descriptors, handles);
            this.recoveryMillis = (System.nanoTime() - start) / 1e6;
            this.tables = handles.get(0);
            for (ColumnFamilyHandle handle : handles.subList(1, handles.size())) {
                buckets.put(Long.parseLong(new String(handle.getName(), StandardCharsets.UTF_8)), handle);
            }
            loadExtents();
            if (buckets.isEmpty()) {
                addBucket();
            }
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    /** How long RocksDB took to open, the counting of what is there left out. */
    double recoveryMillis() {
        return recoveryMillis;
    }

    private CorruptionException failed(RocksDBException e) {
        return CorruptionException.found(path.toString(), String.valueOf(e.getMessage()), e);
    }

    private void loadExtents() {
        buckets.forEach((number, handle) -> {
            try (RocksIterator rows = db.newIterator(handle)) {
                for (rows.seekToFirst(); rows.isValid(); rows.next()) {
                    ByteBuffer key = ByteBuffer.wrap(rows.key());
                    grow(number, key.getInt(), key.getLong(), rows.value().length);
                }
            }
        });
    }

    private void addBucket() throws RocksDBException {
        long number = buckets.isEmpty() ? 1 : buckets.lastKey() + 1;
        byte[] name = "%016d".formatted(number).getBytes(StandardCharsets.UTF_8);
        buckets.put(number, db.createColumnFamily(new ColumnFamilyDescriptor(name, bucketOptions)));
        bytesInBucket = 0;
    }

    private synchronized void grow(long bucket, int log, long offset, int length) {
        lastInBucket.computeIfAbsent(bucket, b -> new HashMap<>()).put(log, offset);
        Extent now = extents.getOrDefault(log, Extent.EMPTY);
        extents.put(log, new Extent(now.first() < 0 ? offset : now.first(), offset, now.bytes() + length));
    }

    private static byte[] entryKey(int log, long offset) {
        return ByteBuffer.allocate(12).putInt(log).putLong(offset).array();
    }

    private static byte[] rowKey(Table table, byte[] key) {
        return ByteBuffer.allocate(1 + key.length)
                .put((byte) table.id())
                .put(key)
                .array();
    }

    @Override
    public void commit(Commit commit) {
        try (WriteBatch batch = new WriteBatch()) {
            if (bytesInBucket > BUCKET_BYTES) {
                addBucket();
            }
            ColumnFamilyHandle bucket = buckets.lastEntry().getValue();
            for (Change change : commit.changes()) {
                switch (change) {
                    case Change.Append append ->
                        batch.put(
                                bucket,
                                entryKey(append.log(), append.offset()),
                                append.entry().toArray());
                    case Change.Trim trim -> trim(trim.log(), trim.before());
                    case Change.Put put -> batch.put(tables, rowKey(put.table(), put.key()), put.value());
                    case Change.Delete delete -> batch.delete(tables, rowKey(delete.table(), delete.key()));
                    case Change.DeleteRange range ->
                        batch.deleteRange(
                                tables, rowKey(range.table(), range.from()), rowKey(range.table(), range.to()));
                }
            }
            db.write(write, batch);
            for (Change change : commit.changes()) {
                if (change instanceof Change.Append append) {
                    grow(
                            buckets.lastKey(),
                            append.log(),
                            append.offset(),
                            append.entry().length());
                }
            }
            bytesInBucket += commit.bytes();
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    private synchronized void trim(int log, long before) throws RocksDBException {
        Extent now = extents.getOrDefault(log, Extent.EMPTY);
        extents.put(log, before > now.last() ? Extent.EMPTY : new Extent(before, now.last(), now.bytes()));
        while (buckets.size() > 1 && isDead(buckets.firstKey())) {
            ColumnFamilyHandle oldest = buckets.pollFirstEntry().getValue();
            db.dropColumnFamily(oldest);
            oldest.close();
        }
    }

    private boolean isDead(long bucket) {
        for (Map.Entry<Integer, Long> last :
                lastInBucket.getOrDefault(bucket, Map.of()).entrySet()) {
            Extent extent = extents.getOrDefault(last.getKey(), Extent.EMPTY);
            if (extent.first() >= 0 && extent.first() <= last.getValue()) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void sync() {
        try {
            db.syncWal();
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    @Override
    public byte @Nullable [] get(Table table, byte[] key) {
        try {
            return db.get(tables, rowKey(table, key));
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    @Override
    public Cursor scan(Table table, byte[] from, byte @Nullable [] to) {
        List<byte[][]> rows = new ArrayList<>();
        byte[] end = to == null ? new byte[] {(byte) (table.id() + 1)} : rowKey(table, to);
        try (RocksIterator it = db.newIterator(tables)) {
            for (it.seek(rowKey(table, from)); it.isValid(); it.next()) {
                if (Arrays.compareUnsigned(it.key(), end) >= 0) {
                    break;
                }
                rows.add(new byte[][] {Arrays.copyOfRange(it.key(), 1, it.key().length), it.value()});
            }
        }
        return new Cursor() {
            private int at = -1;

            @Override
            public boolean next() {
                return ++at < rows.size();
            }

            @Override
            public byte[] key() {
                return rows.get(at)[0];
            }

            @Override
            public byte[] value() {
                return rows.get(at)[1];
            }

            @Override
            public void close() {
                at = rows.size();
            }
        };
    }

    @Override
    public synchronized Extent extent(int log) {
        return extents.getOrDefault(log, Extent.EMPTY);
    }

    @Override
    public Entries entries(int log, long offset) {
        return new BucketEntries(log, offset);
    }

    @Override
    public String place() {
        return path.toString();
    }

    @Override
    public void close() {
        buckets.values().stream()
                .sorted(Comparator.comparingInt(ColumnFamilyHandle::getID))
                .forEach(ColumnFamilyHandle::close);
        tables.close();
        db.close();
    }

    private final class BucketEntries implements Entries {
        private final int log;
        private final long start;
        private @Nullable RocksIterator rows;
        private long last = -1;
        private byte[] value = new byte[0];

        BucketEntries(int log, long start) {
            this.log = log;
            this.start = start;
        }

        @Override
        public boolean next() {
            while (true) {
                if (rows != null) {
                    rows.next();
                    if (take(rows)) {
                        return true;
                    }
                    rows.close();
                    rows = null;
                }
                Long number = last < 0 ? bucketOf(start) : bucketAbove(last);
                if (number == null) {
                    return false;
                }
                RocksIterator opened = db.newIterator(buckets.get(number));
                long from = last < 0 ? start : last + 1;
                opened.seekForPrev(entryKey(log, from));
                if (last >= 0 || !opened.isValid() || !take(opened)) {
                    opened.seek(entryKey(log, from));
                    if (!take(opened)) {
                        opened.close();
                        return false;
                    }
                }
                rows = opened;
                return true;
            }
        }

        private @Nullable Long bucketOf(long offset) {
            for (long number : buckets.keySet()) {
                Long highest = lastInBucket.getOrDefault(number, Map.of()).get(log);
                if (highest != null && highest >= offset) {
                    return number;
                }
            }
            return null;
        }

        private @Nullable Long bucketAbove(long offset) {
            return bucketOf(offset + 1);
        }

        private boolean take(RocksIterator it) {
            if (!it.isValid()) {
                return false;
            }
            ByteBuffer key = ByteBuffer.wrap(it.key());
            if (key.getInt() != log) {
                return false;
            }
            last = key.getLong();
            value = it.value();
            return true;
        }

        @Override
        public long offset() {
            return last;
        }

        @Override
        public int length() {
            return value.length;
        }

        @Override
        public Bytes bytes() {
            return Bytes.of(value);
        }

        @Override
        public void close() {
            if (rows != null) {
                rows.close();
                rows = null;
            }
        }
    }
}
