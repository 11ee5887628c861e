package io.clusterdb.events.testkit;

import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Threads;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/**
 * The machine's threads by a clock that runs twenty times as fast, so that what takes some seconds is seen in a short test.
 * The time of day is the machine's. Thread-safe.
 */
public final class HastyTime implements Environment {
    private static final int TIMES = 20;

    private final Threads threads = new Threads();

    @Override
    public long nanos() {
        return threads.nanos() * TIMES;
    }

    @Override
    public Task start(String name, Duty duty) {
        return threads.start(name, () -> {
            long rest = duty.run();
            return rest == Duty.WHEN_WOKEN || rest <= 0 ? rest : Math.max(1, rest / TIMES);
        });
    }

    @Override
    public boolean await(CompletableFuture<?> future, Duration timeout) {
        return threads.await(future, timeout.dividedBy(TIMES));
    }

    @Override
    public <T> T await(CompletableFuture<T> future) {
        return threads.await(future);
    }

    @Override
    public Job execute(Runnable userCode) {
        return threads.execute(userCode);
    }

    @Override
    public Instant instant() {
        return threads.instant();
    }

    @Override
    public RandomGenerator random() {
        return threads.random();
    }
}
