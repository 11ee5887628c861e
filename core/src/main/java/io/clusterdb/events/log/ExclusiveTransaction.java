package io.clusterdb.events.log;

import io.clusterdb.events.Append;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.StoreEngine.Document;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import io.clusterdb.events.spi.StoreEngine.Page;
import io.clusterdb.events.spi.StoreEngine.Selection;
import io.clusterdb.events.spi.StoreEngine.Stored;
import io.clusterdb.events.spi.StoreTransaction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** While it is open, appends to its store wait. All that it changes is its one write. */
final class ExclusiveTransaction implements StoreTransaction {
    private final EmbeddedStore store;
    private boolean ended;

    ExclusiveTransaction(EmbeddedStore store) {
        this.store = store;
    }

    @Override
    public Page all(long after, int limit, Selection selection) {
        return store.all(after, limit, selection);
    }

    @Override
    public long lastPosition() {
        return store.lastPosition();
    }

    @Override
    public @Nullable Bytes document(String collection, String key) {
        return store.document(collection, key);
    }

    @Override
    public List<Document> documents(String collection, String after, int limit) {
        return store.documents(collection, after, limit);
    }

    @Override
    public <T> T unwrap(Class<T> type) {
        throw store.noResource(type);
    }

    @Override
    public void mark() {
        // Nothing is changed before the end.
    }

    @Override
    public void undo(Throwable why) {
        // Nothing was changed.
    }

    @Override
    public void write(List<DocumentChange> changes) {
        try {
            store.write(changes);
        } finally {
            close();
        }
    }

    @Override
    public Stored append(Append append, String inline, List<DocumentChange> documents) {
        close(); // it would wait for itself
        return store.append(append, inline, documents);
    }

    @Override
    public void close() {
        if (!ended) {
            ended = true;
            store.release();
        }
    }
}
