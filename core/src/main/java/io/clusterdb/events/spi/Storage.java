package io.clusterdb.events.spi;

import org.jspecify.annotations.Nullable;

/**
 * What an embedded engine stands on: numbered logs of byte entries that grow at the end and shrink at the front, and
 * ordered tables of keys and values, with one atomic {@link #commit} over both. It knows nothing of events.
 *
 * <p>{@code commit} and {@code sync} are called by one thread each, reads by any thread at any time. From the moment a
 * commit returns they see it whole; while it runs, each entry and each row is seen as it was or as it will be. Reads may
 * wait for the disk. After {@code close} they give what is there or throw an {@link
 * io.clusterdb.events.EventsException}.
 *
 * <p>What a commit promises: after the death of the process every commit that returned is there; after the loss of
 * power every commit that returned before the start of a {@code sync} that returned is there, and the others form a
 * prefix: no commit is there without all before it. Damaged bytes are reported as {@link
 * io.clusterdb.events.CorruptionException}, never returned.
 */
public interface Storage extends AutoCloseable {
    /**
     * Applies all of a commit or nothing, and hands it to the operating system.
     *
     * @throws io.clusterdb.events.UnavailableException when there is no space (a later commit may succeed), or when
     *     an earlier write or sync failed (none will); nothing was applied
     * @throws io.clusterdb.events.OutcomeUnknownException when writing it failed half-way: none will succeed from then
     *     on, and only opening again tells whether this one is there
     * @throws IllegalStateException when an entry is not behind the last one of its log; nothing was applied
     */
    void commit(Commit commit);

    /**
     * Makes durable (fdatasync) what was committed before the call.
     *
     * @throws io.clusterdb.events.UnavailableException when it failed: no commit is accepted from then on
     */
    void sync();

    byte @Nullable [] get(Table table, byte[] key);

    /** Keys from {@code from} (inclusive) to {@code to} (exclusive, null = the table's end), ascending by unsigned bytes. */
    Cursor scan(Table table, byte[] from, byte @Nullable [] to);

    /**
     * Entries of a log in order, from the last one whose offset is at or below {@code offset}, or else from the first
     * there is. The cursor goes on to entries that are committed after it was opened.
     */
    Entries entries(int log, long offset);

    /** What a log holds now. */
    Extent extent(int log);

    /** Where this is, for messages. */
    String place();

    /** Makes everything durable and lets go. Calling it again does nothing. */
    @Override
    void close();

    /**
     * A table: a family of keys of its own.
     *
     * @param id 0 to 127, part of the stored form, so never changed and never reused
     */
    record Table(int id, String name) {
        public Table {
            if (id < 0 || id > 127) {
                throw new IllegalArgumentException("a table's id is 0 to 127, found " + id);
            }
        }
    }

    /**
     * What a log holds.
     *
     * @param first offset of its first entry, −1 when it is empty
     * @param last offset of its last entry, −1 when it is empty
     * @param bytes of all entries
     */
    record Extent(long first, long last, long bytes) {
        public static final Extent EMPTY = new Extent(-1, -1, 0);
    }

    /** A position in a table, before its first row when it is opened. Not thread-safe. */
    interface Cursor extends AutoCloseable {
        boolean next();

        byte[] key();

        byte[] value();

        @Override
        void close();
    }

    /** A position in a log, before its first entry when it is opened. Not thread-safe. */
    interface Entries extends AutoCloseable {
        /** False when there is none now; a later call may find one. */
        boolean next();

        long offset();

        /** Size of the entry, known without reading it. */
        int length();

        /** The entry. The slice is the caller's. */
        Bytes bytes();

        @Override
        void close();
    }
}
