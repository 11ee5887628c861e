package io.clusterdb.events.store;

import io.clusterdb.events.Append;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import io.clusterdb.events.spi.StoreEngine.Stored;
import io.clusterdb.events.spi.StoreTransaction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What events are handled and written with: the engine, or one transaction of it, which begins when a function asks for
 * what it writes with. For one thread.
 */
final class StepWork implements AutoCloseable {
    private final StoreEngine engine;
    private final boolean appends;
    private @Nullable StoreTransaction transaction;

    /** Whether the transaction can be taken back to the end of the event before. */
    private boolean marked;

    /** Whether the event that is being handled may have done something in the transaction. */
    private boolean used;

    /** @param appends whether it ends with an append */
    StepWork(StoreEngine engine, boolean appends) {
        this.engine = engine;
        this.appends = appends;
    }

    /** In a transaction that is open. */
    StepWork(StoreEngine engine, StoreTransaction transaction) {
        this(engine, false);
        this.transaction = transaction;
    }

    @Nullable
    Bytes document(String collection, String key) {
        StoreTransaction open = transaction;
        if (open == null) {
            return engine.document(collection, key);
        }
        try {
            return open.reader().document(collection, key);
        } catch (RuntimeException e) {
            used = marked; // a statement that has failed is to be taken back, whoever's it was
            throw e;
        }
    }

    <T> T unwrap(Class<T> type) {
        StoreTransaction open = transaction;
        if (open == null) {
            open = engine.begin(type, appends);
            transaction = open;
        }
        T resource = open.unwrap(type);
        if (!marked) {
            open.mark();
            marked = true;
        }
        used = true;
        return resource;
    }

    /** The next event is handled from here on. */
    void begin() {
        used = false;
    }

    /** It is handled; throws when its statements have failed, even where its function says nothing. */
    void done() {
        if (used && transaction != null) {
            transaction.mark();
        }
    }

    /** It has failed: nothing of it stays. */
    void undo(Throwable why) {
        if (used && transaction != null) {
            transaction.undo(why);
        }
    }

    void write(List<DocumentChange> changes) {
        if (transaction == null) {
            engine.write(changes);
        } else {
            transaction.write(changes);
        }
    }

    /** @return null when nothing was done, as others were faster */
    @Nullable
    Stored append(Append append, String inline, List<DocumentChange> changes) {
        return transaction == null
                ? engine.append(append, inline, changes)
                : transaction.append(append, inline, changes);
    }

    /** Takes back what was done, and lets go of the transaction's connection. */
    void abandon() {
        StoreTransaction open = transaction;
        transaction = null;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void close() {
        abandon();
    }
}
