package io.clusterdb.events.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** The one way in which tests wait, with one budget. */
public final class Eventually {
    private static final Duration BUDGET = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofMillis(2);

    private Eventually() {}

    /** @throws AssertionError when it has not become true within the budget */
    public static void becomes(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + BUDGET.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + BUDGET.toSeconds() + " s: " + what);
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }
}
