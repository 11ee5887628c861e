package io.clusterdb.events.spi;

/** Work that is done in rounds: the only threading model of the house. Never run by two threads at once. */
@FunctionalInterface
public interface Duty {
    /** Returned by a round that left nothing to do until somebody wakes it. */
    long WHEN_WOKEN = Long.MAX_VALUE;

    /** Returned by a round that has more to do at once. */
    long AGAIN = 0;

    /**
     * Does what there is to do, without waiting for anything but storage.
     *
     * @return nanoseconds after which to call again unless woken before
     */
    long run();
}
