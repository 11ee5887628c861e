package io.clusterdb.events.spi;

import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/**
 * Where time, randomness and threads come from. Production takes the machine's ({@link Threads}); a simulation runs
 * everything on one thread, by a virtual clock and a seed.
 */
public interface Environment extends InstantSource {
    /** A clock that never goes back and has no relation to the calendar, in nanoseconds. */
    long nanos();

    /** Thread-safe. */
    RandomGenerator random();

    /** Runs a duty until its {@link Task} is closed. In production on a platform thread of its own. */
    Task start(String name, Duty duty);

    /** Runs a user's code. In production on a virtual thread of its own. */
    Job execute(Runnable userCode);

    /** Waits for a future that other duties complete; its failure is thrown as it is. Not to be called in a duty. */
    <T> T await(CompletableFuture<T> future);

    /**
     * As {@link #await(CompletableFuture)}, for at most a time.
     *
     * @return whether the future is done
     */
    boolean await(CompletableFuture<?> future, Duration timeout);

    /** A duty that is being run. All methods are thread-safe. */
    interface Task extends AutoCloseable {
        /** Has the duty run soon, also when it is running now. */
        void wake();

        /** Lets the current round end, then stops for good. */
        @Override
        void close();
    }

    /** A run of a user's code. */
    interface Job {
        /** Interrupts the code if it is still running. */
        void interrupt();
    }
}
