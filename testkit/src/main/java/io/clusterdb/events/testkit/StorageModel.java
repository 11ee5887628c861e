package io.clusterdb.events.testkit;

import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Commit.Change;
import io.clusterdb.events.spi.Storage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a storage promises, as naively as it can be said: sorted maps. */
final class StorageModel {
    private final Map<Integer, NavigableMap<byte[], byte[]>> tables = new TreeMap<>();
    private final Map<Integer, NavigableMap<Long, byte[]>> logs = new TreeMap<>();

    NavigableMap<byte[], byte[]> table(int id) {
        return tables.computeIfAbsent(id, i -> new TreeMap<>(Arrays::compareUnsigned));
    }

    NavigableMap<Long, byte[]> log(int number) {
        return logs.computeIfAbsent(number, n -> new TreeMap<>());
    }

    void apply(Commit commit) {
        for (Change change : commit.changes()) {
            switch (change) {
                case Change.Append append ->
                    log(append.log()).put(append.offset(), append.entry().copy());
                case Change.Trim trim -> log(trim.log()).headMap(trim.before()).clear();
                case Change.Put put ->
                    table(put.table().id()).put(put.key().clone(), put.value().clone());
                case Change.Delete delete -> table(delete.table().id()).remove(delete.key());
                case Change.DeleteRange range -> {
                    if (Arrays.compareUnsigned(range.from(), range.to()) < 0) {
                        table(range.table().id())
                                .subMap(range.from(), range.to())
                                .clear();
                    }
                }
            }
        }
    }

    /** @throws AssertionError when the storage holds anything else */
    void check(Storage storage) {
        tables.keySet().forEach(id -> checkTable(storage, new Storage.Table(id, "table")));
        logs.keySet().forEach(number -> checkLog(storage, number));
    }

    private void checkTable(Storage storage, Storage.Table table) {
        NavigableMap<byte[], byte[]> rows = table(table.id());
        checkScan(storage, table, new byte[0], null);
        rows.forEach((key, value) -> {
            if (!Arrays.equals(value, storage.get(table, key))) {
                throw new AssertionError("row " + HexFormat.of().formatHex(key) + " of table " + table.id() + " is "
                        + size(storage.get(table, key)) + ", expected " + size(value));
            }
        });
    }

    void checkScan(Storage storage, Storage.Table table, byte[] from, byte @Nullable [] to) {
        NavigableMap<byte[], byte[]> tail = table(table.id()).tailMap(from, true);
        List<String> expected = new ArrayList<>();
        tail.forEach((key, value) -> {
            if (to == null || Arrays.compareUnsigned(key, to) < 0) {
                expected.add(row(key, value));
            }
        });
        List<String> found = new ArrayList<>();
        try (Storage.Cursor rows = storage.scan(table, from, to)) {
            while (rows.next()) {
                found.add(row(rows.key(), rows.value()));
            }
        }
        if (!found.equals(expected)) {
            throw new AssertionError("table " + table.id() + " holds " + difference(found, expected));
        }
    }

    private static String row(byte[] key, byte[] value) {
        return HexFormat.of().formatHex(key) + "=" + value.length + ":" + Arrays.hashCode(value);
    }

    private void checkLog(Storage storage, int number) {
        NavigableMap<Long, byte[]> entries = log(number);
        checkEntries(storage, number, Long.MIN_VALUE);
        long bytes = entries.values().stream().mapToLong(e -> e.length).sum();
        Storage.Extent expected = entries.isEmpty()
                ? Storage.Extent.EMPTY
                : new Storage.Extent(entries.firstKey(), entries.lastKey(), bytes);
        if (!storage.extent(number).equals(expected)) {
            throw new AssertionError("log " + number + " is " + storage.extent(number) + ", expected " + expected);
        }
    }

    void checkEntries(Storage storage, int number, long from) {
        NavigableMap<Long, byte[]> entries = log(number);
        Long start = entries.floorKey(from);
        List<String> expected = new ArrayList<>();
        (start == null ? entries : entries.tailMap(start, true))
                .forEach((offset, entry) -> expected.add(entry(offset, entry)));
        List<String> found = new ArrayList<>();
        try (Storage.Entries cursor = storage.entries(number, from)) {
            while (cursor.next()) {
                byte[] bytes = cursor.bytes().toArray();
                if (cursor.length() != bytes.length) {
                    throw new AssertionError("entry " + cursor.offset() + " of log " + number + " has " + bytes.length
                            + " bytes, but a length of " + cursor.length());
                }
                found.add(entry(cursor.offset(), bytes));
            }
        }
        if (!found.equals(expected)) {
            throw new AssertionError("log " + number + " from " + from + " holds " + difference(found, expected));
        }
    }

    private static String entry(long offset, byte[] bytes) {
        return offset + "=" + bytes.length + ":" + Arrays.hashCode(bytes);
    }

    private static String difference(List<String> found, List<String> expected) {
        return found.size() + " instead of " + expected.size() + "; missing " + some(expected, found) + ", too many "
                + some(found, expected);
    }

    private static List<String> some(List<String> all, List<String> without) {
        TreeSet<String> rest = new TreeSet<>(all);
        without.forEach(rest::remove);
        return rest.stream().limit(5).toList();
    }

    private static String size(byte @Nullable [] value) {
        return value == null ? "missing" : value.length + " bytes";
    }
}
