package io.clusterdb.events.log;

import io.clusterdb.events.Append;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import io.clusterdb.events.spi.StoreEngine.Stored;
import io.clusterdb.events.spi.StoreReader;
import io.clusterdb.events.spi.StoreTransaction;
import java.util.List;

/** While it is open, appends to its store wait. All that it changes is its one write. */
final class ExclusiveTransaction implements StoreTransaction {
    private final EmbeddedStore store;
    private boolean ended;

    ExclusiveTransaction(EmbeddedStore store) {
        this.store = store;
    }

    @Override
    public StoreReader reader() {
        return store;
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
