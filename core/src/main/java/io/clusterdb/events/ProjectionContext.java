package io.clusterdb.events;

import java.util.Optional;

/**
 * The documents of a projection while it handles an event, and what else it may do. What is put and deleted becomes true
 * together with the projection's position, or not at all. For the handling thread alone, as long as it handles.
 *
 * @param <D> the documents
 */
public interface ProjectionContext<D> {
    /** What a document's key has at most, in bytes of UTF-8. */
    int MAX_KEY = 2_000;

    /** The document as the events so far have left it. A new object each time: to change it, put it. */
    Optional<D> get(String key);

    /**
     * @param document is kept as it is now; it has to be one that can be written as JSON
     * @throws RejectedException when the key is empty, longer than {@link #MAX_KEY}, or no text that can be kept
     */
    void put(String key, D document);

    void delete(String key);

    /**
     * What the engine writes the documents with, for tables of one's own that are to change exactly once with the events:
     * on PostgreSQL, the {@code java.sql.Connection} of the transaction. It can't be committed, rolled back or closed, and
     * is for this event only; what was done with it is taken back when the event fails.
     *
     * @throws RejectedException when the engine has no such thing, as in files
     */
    <T> T unwrap(Class<T> type);

    /**
     * Whether the event was there before the projection, or has been handled by a build before this one. Effects are off
     * then.
     */
    boolean isReplay();

    /**
     * Does something outside, such as sending a mail, when the documents are stored; never while replaying. When the
     * process dies in between it is not done: what must not get lost is to be published.
     */
    void effect(Runnable effect);
}
