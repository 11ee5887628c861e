package io.clusterdb.events.testkit;

import io.clusterdb.events.EventsException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** The one way in which tests wait: for anything, at most as long as one budget. */
public final class Patience {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final Duration budget;

    /** @param budget how long anything may take */
    public Patience(Duration budget) {
        this.budget = budget;
    }

    /** When what is waited for from now on is late, by {@link System#nanoTime}. */
    long deadline() {
        return System.nanoTime() + budget.toNanos();
    }

    AssertionError late(String what) {
        return new AssertionError("after " + budget.toMillis() + " ms still not: " + what);
    }

    /** The answer of a future; its failure is thrown as it is. */
    public <T> T get(CompletableFuture<T> future) throws Exception {
        try {
            return future.get(budget.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw late("an answer");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception failure) {
                throw failure;
            }
            throw e;
        }
    }

    /** Asks again and again until it is so. */
    public void until(String what, BooleanSupplier condition) {
        long deadline = deadline();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw late(what);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** Waits until the calendar shows another millisecond, so that what follows has another time. */
    void tick() {
        long before = System.currentTimeMillis();
        until("the clock goes on", () -> System.currentTimeMillis() > before + 1);
    }

    /** What a call was refused with, whether it threw or its future failed. */
    public EventsException refusal(Callable<?> call) throws Exception {
        try {
            Object answer = call.call();
            if (answer instanceof CompletableFuture<?> future) {
                answer = get(future);
            }
            throw new AssertionError("it was not refused; the answer was " + answer);
        } catch (EventsException e) {
            return e;
        }
    }
}
