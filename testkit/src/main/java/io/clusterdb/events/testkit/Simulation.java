package io.clusterdb.events.testkit;

import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.random.RandomGenerator;

/**
 * Everything on one thread, by a virtual clock and a seed: which of the duties and handlers that could run does so next
 * is drawn from the seed, so the same seed replays the same run. The clock moves only when nothing else can, or by
 * {@link #pass}.
 *
 * <p>To be used by one thread.
 */
public final class Simulation implements Environment {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final int MAX_STEPS_OF_A_WAIT = 100_000;
    private static final int STEPS_OF_A_MILLISECOND = 200_000;

    private final Random random;
    private final List<SimulatedTask> tasks = new ArrayList<>();
    private final List<SimulatedJob> jobs = new ArrayList<>();
    private long nanos = 1;
    private long skewMillis;
    private int steps;
    private long stepsSinceNanos;

    public Simulation(long seed) {
        this.random = new Random(seed);
    }

    // --- the environment

    @Override
    public Instant instant() {
        return START.plusNanos(nanos).plusMillis(skewMillis);
    }

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public Task start(String name, Duty duty) {
        SimulatedTask task = new SimulatedTask(name, duty);
        tasks.add(task);
        return task;
    }

    @Override
    public Job execute(Runnable userCode) {
        SimulatedJob job = new SimulatedJob(userCode);
        jobs.add(job);
        return () -> {};
    }

    @Override
    public <T> T await(CompletableFuture<T> future) {
        for (int i = 0; !future.isDone(); i++) {
            if (i == MAX_STEPS_OF_A_WAIT) {
                throw new IllegalStateException("nothing completes what is waited for; tasks: " + tasks);
            }
            step();
        }
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    @Override
    public boolean await(CompletableFuture<?> future, Duration timeout) {
        long deadline = nanos + timeout.toNanos();
        while (!future.isDone() && nanos < deadline) {
            stepUntil(deadline);
        }
        return future.isDone();
    }

    // --- what a test does

    /** Runs one thing that can run; when there is none, lets time pass until there is. */
    public void step() {
        stepUntil(Long.MAX_VALUE);
    }

    private void stepUntil(long deadline) {
        List<Runnable> runnable = new ArrayList<>();
        long earliest = deadline;
        for (SimulatedTask task : tasks) {
            if (!task.running && (task.woken || task.atNanos <= nanos)) {
                runnable.add(task::round);
            } else if (!task.running) {
                earliest = Math.min(earliest, task.atNanos);
            }
        }
        for (SimulatedJob job : jobs) {
            runnable.add(() -> {
                jobs.remove(job);
                job.code.run();
            });
        }
        checkProgress();
        if (!runnable.isEmpty()) {
            runnable.get(random.nextInt(runnable.size())).run();
        } else if (earliest < Long.MAX_VALUE) {
            nanos = Math.max(nanos + 1, earliest);
        } else {
            throw new IllegalStateException("nothing can ever run again; tasks: " + tasks);
        }
    }

    /** Something that wants to be run again and again without letting time pass would do so for ever. */
    private void checkProgress() {
        if (++steps % STEPS_OF_A_MILLISECOND == 0) {
            if (nanos - stepsSinceNanos < 1_000_000) {
                throw new IllegalStateException(
                        "no time passes in " + STEPS_OF_A_MILLISECOND + " steps; tasks: " + tasks);
            }
            stepsSinceNanos = nanos;
        }
    }

    /** Runs so many steps. */
    public void steps(int count) {
        for (int i = 0; i < count; i++) {
            step();
        }
    }

    /** Lets time pass, and runs what there is to run meanwhile. */
    public void pass(Duration time) {
        long deadline = nanos + time.toNanos();
        while (nanos < deadline) {
            stepUntil(deadline);
        }
    }

    /** The calendar's clock jumps; the other one does not notice. */
    public void jump(Duration by) {
        skewMillis += by.toMillis();
    }

    /** All duties and handlers vanish, as when a process is killed. What they have stored stays. */
    public void kill() {
        tasks.clear();
        jobs.clear();
    }

    private static final class SimulatedJob {
        private final Runnable code;

        SimulatedJob(Runnable code) {
            this.code = code;
        }
    }

    private final class SimulatedTask implements Task {
        private final String name;
        private final Duty duty;
        private boolean woken = true;
        private boolean running;
        private long atNanos = Long.MAX_VALUE;

        SimulatedTask(String name, Duty duty) {
            this.name = name;
            this.duty = duty;
        }

        void round() {
            woken = false;
            running = true;
            try {
                long rest = duty.run();
                atNanos = rest == Duty.WHEN_WOKEN ? Long.MAX_VALUE : nanos + rest;
            } finally {
                running = false;
            }
        }

        @Override
        public void wake() {
            woken = true;
        }

        @Override
        public void close() {
            tasks.remove(this);
        }

        @Override
        public String toString() {
            return name + (woken ? " woken" : "") + (running ? " running" : "");
        }
    }
}
