package io.clusterdb.events.broker;

import java.util.List;

/**
 * Where a dispatcher's events go: handlers, or consumers that pull. Called by the dispatcher's thread only, unless said
 * otherwise.
 */
interface Outlet {
    /**
     * How many more runs can be given.
     *
     * @param taken runs that are taken and not given yet
     * @param leased events that are out, those of the taken runs included
     */
    int room(int taken, int leased);

    /**
     * How many events a run may have: what one taker gets, to be handled one after the other.
     *
     * @param share of what is ready, if all who have room are to get something
     */
    int runLength(int share);

    void give(List<Delivered> run);

    /** The lease of an event that was given has ended without an answer. */
    void expired(Entry entry);

    /** Whether somebody takes events: with handlers always, pulling as long as somebody pulls. */
    boolean isActive(long nowNanos);

    /** Somebody works on what was given. Called by any thread. */
    void touch();

    /** Nanoseconds after which to look for answers even if nobody signals. */
    long restNanos();

    /**
     * Reading or writing has failed.
     *
     * @param lasts it is not tried again: who comes later is to hear of it, too
     */
    void fail(RuntimeException why, boolean lasts);

    /** Takes nothing more, and has its dispatcher leave the group. Called by any thread. */
    void close();
}
