package io.clusterdb.events;

import java.util.List;

/**
 * The projections of a store. What is said of them here holds for those that another program runs as well, or that none
 * runs at the moment: what is to be done is kept with them, and whoever runs them does it. Thread-safe.
 */
public interface Projections {
    /**
     * Runs a projection, from where it has come, or else from the first event on. One that is declared inline is so when it
     * returns, if it is behind by few events only; otherwise later, which its status tells.
     *
     * @throws RejectedException when one of that name runs
     */
    <D> View<D> run(Projection<D> projection);

    /**
     * Ends a projection. Its documents stay as they are, and it goes on from there when it is run again. If it is inline,
     * whoever runs it, appends leave it alone from now on; a program that runs it inline takes it up again.
     *
     * @throws NotFoundException when none of that name runs here or is inline
     */
    void stop(String name);

    /** All that were ever run, by name. */
    List<ProjectionStatus> list();

    /**
     * Builds the version that answers anew, beside the one there is, which answers until then.
     *
     * @throws NotFoundException when there is none of that name
     * @throws ConflictException when it is being built
     */
    void rebuild(String name);

    /**
     * Has a projection leave out an event, of which it keeps a record, and go on.
     *
     * @param position of an event that it has not handled
     * @throws NotFoundException when there is no projection of that name
     * @throws RejectedException when it has handled that event, or there is none
     */
    void skip(String name, long position);

    /** Events that a projection has left out, by position, each with why. */
    List<Skipped> skipped(String name);

    /** An event that was left out. */
    record Skipped(long position, String event, String why) {}
}
