package io.clusterdb.events.spi;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToLongFunction;

/**
 * Changes to a {@link Storage} that become true together. Not thread-safe; the bytes given are not copied, and are the
 * caller's again when the commit has returned.
 */
public final class Commit {
    private final List<Change> changes = new ArrayList<>();
    private long bytes;
    private boolean makesRoom;

    /** One change. */
    public sealed interface Change {
        /** Adds an entry; its offset is above that of every entry the log ever had. */
        record Append(int log, long offset, Bytes entry) implements Change {}

        /** Removes the entries below an offset. */
        record Trim(int log, long before) implements Change {}

        /** Sets a key of a table. */
        record Put(Storage.Table table, byte[] key, byte[] value) implements Change {}

        /** Removes a key of a table, if it is there. */
        record Delete(Storage.Table table, byte[] key) implements Change {}

        /** Removes the keys of a table from {@code from} (inclusive) to {@code to} (exclusive). */
        record DeleteRange(Storage.Table table, byte[] from, byte[] to) implements Change {}
    }

    public Commit append(int log, long offset, Bytes entry) {
        bytes += entry.length();
        changes.add(new Change.Append(log, offset, entry));
        return this;
    }

    public Commit trim(int log, long before) {
        changes.add(new Change.Trim(log, before));
        return this;
    }

    public Commit put(Storage.Table table, byte[] key, byte[] value) {
        bytes += key.length + value.length;
        changes.add(new Change.Put(table, key, value));
        return this;
    }

    public Commit delete(Storage.Table table, byte[] key) {
        bytes += key.length;
        changes.add(new Change.Delete(table, key));
        return this;
    }

    public Commit deleteRange(Storage.Table table, byte[] from, byte[] to) {
        bytes += from.length + to.length;
        changes.add(new Change.DeleteRange(table, from, to));
        return this;
    }

    /** Has it take from what a storage keeps in reserve for when there is no space. */
    public void makeRoom() {
        makesRoom = true;
    }

    public boolean makesRoom() {
        return makesRoom;
    }

    public Commit addAll(Commit other) {
        bytes += other.bytes;
        changes.addAll(other.changes);
        return this;
    }

    /**
     * Looks whether each entry comes behind the last one of its log, so that a storage can refuse before it begins.
     *
     * @param last the offset of the last entry that a log has
     * @throws IllegalStateException when one does not
     */
    public void requireOrder(IntToLongFunction last) {
        Map<Integer, Long> lasts = new HashMap<>();
        for (Change change : changes) {
            if (change instanceof Change.Append append) {
                long before = lasts.computeIfAbsent(append.log(), last::applyAsLong);
                if (append.offset() <= before) {
                    throw new IllegalStateException(
                            "entry " + append.offset() + " of log " + append.log() + " comes after " + before);
                }
                lasts.put(append.log(), append.offset());
            }
        }
    }

    /** In the order in which they were added, which is the order in which they take effect. */
    public List<Change> changes() {
        return changes;
    }

    public boolean isEmpty() {
        return changes.isEmpty();
    }

    /** Bytes of entries, keys and values. */
    public long bytes() {
        return bytes;
    }
}
