package io.clusterdb.events.spi;

import io.clusterdb.events.spi.StoreEngine.Document;
import io.clusterdb.events.spi.StoreEngine.Page;
import io.clusterdb.events.spi.StoreEngine.Selection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can be read of a store as a whole, from outside of a transaction or in it. May wait for the engine. */
public interface StoreReader {
    /**
     * Events of all aggregates in the order of their positions. Never skips one: what is given a position later gets a
     * higher one.
     *
     * @param after the position behind which to begin; 0 = from the first
     * @param limit of events; it may give fewer
     */
    Page all(long after, int limit, Selection selection);

    /** The highest position that is given. */
    long lastPosition();

    @Nullable
    Bytes document(String collection, String key);

    /**
     * Documents of a collection by their keys, ascending.
     *
     * @param after the key behind which to begin; empty = from the first
     */
    List<Document> documents(String collection, String after, int limit);
}
