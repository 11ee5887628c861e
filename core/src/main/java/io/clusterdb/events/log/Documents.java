package io.clusterdb.events.log;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.StoreEngine.Document;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The documents of an embedded store. Read by any thread; changed by the committer. */
final class Documents {
    private final Storage storage;
    private final int log;
    private PartitionLog.@Nullable Draft group;

    /** What the current group has changed. */
    private final Map<Bytes, @Nullable Bytes> changed = new HashMap<>();

    /** Collections that the current group has dropped, before what it has changed. */
    private final Set<String> dropped = new HashSet<>();

    Documents(Storage storage, int log) {
        this.storage = storage;
        this.log = log;
    }

    private byte[] key(String collection, String key) {
        return Tables.key(log, Bytes.utf8(collection + '\0' + key));
    }

    @Nullable
    Bytes get(String collection, String key) {
        byte[] value = storage.get(Tables.DOCUMENTS, key(collection, key));
        return value == null ? null : Bytes.of(value);
    }

    List<Document> list(String collection, String after, int limit) {
        byte[] from = key(collection, after.isEmpty() ? "" : after + '\0');
        List<Document> found = new ArrayList<>();
        int prefix = key(collection, "").length;
        try (Storage.Cursor rows = storage.scan(Tables.DOCUMENTS, from, end(collection))) {
            while (found.size() < limit && rows.next()) {
                byte[] key = rows.key();
                found.add(new Document(new Bytes(key, prefix, key.length - prefix).utf8(), Bytes.of(rows.value())));
            }
        }
        return found;
    }

    /** Behind all keys of a collection: no key in UTF-8 has such a byte. */
    private byte[] end(String collection) {
        byte[] end = key(collection, "?");
        end[end.length - 1] = (byte) 0xff;
        return end;
    }

    /**
     * Adds changes to a commit, all or none.
     *
     * @param draft of the current group
     * @throws ConflictException when a document is not what it was
     */
    void change(Commit commit, List<DocumentChange> changes, PartitionLog.Draft draft) {
        begin(draft);
        for (DocumentChange change : changes) {
            if (change.ifUnchanged() && !Objects.equals(current(change), change.before())) {
                throw ConflictException.documentChanged(change.collection(), change.key());
            }
        }
        for (DocumentChange change : changes) {
            byte[] key = key(change.collection(), change.key());
            Bytes value = change.value();
            changed.put(Bytes.of(key), value);
            if (value == null) {
                commit.delete(Tables.DOCUMENTS, key);
            } else {
                commit.put(Tables.DOCUMENTS, key, value.toArray());
            }
        }
    }

    private @Nullable Bytes current(DocumentChange change) {
        Bytes key = Bytes.of(key(change.collection(), change.key()));
        if (changed.containsKey(key)) {
            return changed.get(key);
        }
        return dropped.contains(change.collection()) ? null : get(change.collection(), change.key());
    }

    void drop(Commit commit, String collection, PartitionLog.Draft draft) {
        begin(draft);
        byte[] from = key(collection, "");
        dropped.add(collection);
        changed.keySet()
                .removeIf(key ->
                        key.length() > from.length && new Bytes(key.array(), 0, from.length).equals(Bytes.of(from)));
        commit.deleteRange(Tables.DOCUMENTS, from, end(collection));
    }

    private void begin(PartitionLog.Draft draft) {
        if (group != draft) {
            group = draft;
            changed.clear();
            dropped.clear();
        }
    }
}
