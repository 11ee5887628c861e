package io.clusterdb.events.spi;

import io.clusterdb.events.Append;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import io.clusterdb.events.spi.StoreEngine.Stored;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A transaction of an engine, in which user code may write too. It ends with the first {@link #write} or {@link #append},
 * whether it goes well or not, or else with {@link #close}, which takes back what was done in it. For one thread.
 */
public interface StoreTransaction extends AutoCloseable {
    /** The store as this transaction sees it. */
    StoreReader reader();

    /**
     * What user code writes with.
     *
     * @throws io.clusterdb.events.RejectedException when the engine has no such thing
     */
    <T> T unwrap(Class<T> type);

    /** Notes where it is. What was noted before is forgotten. */
    void mark();

    /**
     * Takes back what was done since {@link #mark}.
     *
     * @param why what made user code fail
     * @throws io.clusterdb.events.ConflictException with the code DOCUMENT_CHANGED when the transaction gave way to another
     *     one: it is to be done again
     * @throws io.clusterdb.events.UnavailableException when that was not the user's fault, as when the connection is lost
     */
    void undo(Throwable why);

    /** Changes documents, and makes all that was done durable. Errors as {@link StoreEngine#write}. */
    void write(List<DocumentChange> changes);

    /**
     * As {@link StoreEngine#append(Append, String, List)}; makes all that was done durable.
     *
     * @return null when nothing was done, as others were faster: it may go well the next time
     */
    @Nullable
    Stored append(Append append, String inline, List<DocumentChange> documents);

    @Override
    void close();
}
