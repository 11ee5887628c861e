package io.clusterdb.events.testkit;

import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Threads;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * A clock that a test moves ahead, over the machine's threads. It begins with the machine's time and goes as fast, and
 * what waits by it (retries, leases, time-outs) takes what {@link #pass} adds for time gone by. Thread-safe.
 */
public final class TestClock implements Environment {
    /** In which time a wait notices that the clock was moved. */
    private static final long LOOK_NANOS = Duration.ofMillis(5).toNanos();

    private static final Patience PATIENCE = new Patience(Duration.ofSeconds(30));

    private final Threads threads = new Threads();
    private final AtomicLong ahead = new AtomicLong();
    private final Set<Task> tasks = ConcurrentHashMap.newKeySet();

    /**
     * Moves the clock. Returns at once; what becomes due happens soon after, on its own threads.
     *
     * @param time zero or more
     */
    public void pass(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("time does not go back: " + time);
        }
        ahead.addAndGet(time.toNanos());
        tasks.forEach(Task::wake);
    }

    /**
     * Moves the clock step by step until something is so. Between the steps things happen, which a single {@link #pass}
     * may come too early for: a retry becomes due some time after its failure.
     *
     * @param what for the error when it is not so after 30 seconds of the machine's time
     */
    public void passUntil(String what, Duration step, BooleanSupplier condition) {
        PATIENCE.until(what, () -> {
            boolean isSo = condition.getAsBoolean();
            if (!isSo) {
                pass(step);
            }
            return isSo;
        });
    }

    @Override
    public Instant instant() {
        return threads.instant().plusNanos(ahead.get());
    }

    @Override
    public long nanos() {
        return threads.nanos() + ahead.get();
    }

    @Override
    public RandomGenerator random() {
        return threads.random();
    }

    @Override
    public Task start(String name, Duty duty) {
        Task started = threads.start(name, duty);
        tasks.add(started);
        return new Task() {
            @Override
            public void wake() {
                started.wake();
            }

            @Override
            public void close() {
                tasks.remove(started);
                started.close();
            }
        };
    }

    @Override
    public Job execute(Runnable userCode) {
        return threads.execute(userCode);
    }

    @Override
    public <T> T await(CompletableFuture<T> future) {
        return threads.await(future);
    }

    @Override
    public boolean await(CompletableFuture<?> future, Duration timeout) {
        long deadline = nanos() + timeout.toNanos();
        long left = timeout.toNanos();
        while (left > 0 && !threads.await(future, Duration.ofNanos(Math.min(left, LOOK_NANOS)))) {
            left = Thread.currentThread().isInterrupted() ? 0 : deadline - nanos();
        }
        return future.isDone();
    }
}
