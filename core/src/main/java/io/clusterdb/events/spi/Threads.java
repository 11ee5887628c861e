package io.clusterdb.events.spi;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The machine's own time, randomness and threads. */
public final class Threads implements Environment {
    private static final Logger LOG = LoggerFactory.getLogger(Threads.class);

    @Override
    public Instant instant() {
        return Instant.now();
    }

    @Override
    public long millis() {
        return System.currentTimeMillis();
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public RandomGenerator random() {
        return java.util.concurrent.ThreadLocalRandom.current();
    }

    @Override
    public Task start(String name, Duty duty) {
        DutyThread thread = new DutyThread(name, duty);
        thread.start();
        return thread;
    }

    @Override
    public Job execute(Runnable userCode) {
        return Thread.startVirtualThread(userCode)::interrupt;
    }

    @Override
    public <T> T await(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw unwrapped(e);
        }
    }

    @Override
    public boolean await(CompletableFuture<?> future, Duration timeout) {
        try {
            future.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException e) {
            return true;
        }
    }

    /**
     * Does something that writes files: these are closed under a thread that is interrupted. It stays interrupted if it was
     * before.
     */
    public static void uninterrupted(Runnable work) {
        boolean interrupted = Thread.interrupted();
        try {
            work.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static RuntimeException unwrapped(CompletionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
            return cause;
        }
        return e;
    }

    /** A platform thread that runs one duty and parks between its rounds. */
    private static final class DutyThread extends Thread implements Task {
        private final Duty duty;
        private volatile boolean closed;
        private volatile boolean woken;

        DutyThread(String name, Duty duty) {
            super(name);
            this.duty = duty;
            setDaemon(true);
        }

        @Override
        public void run() {
            while (!closed) {
                woken = false;
                long rest = round();
                if (!woken && !closed && rest > 0) {
                    if (rest == Duty.WHEN_WOKEN) {
                        LockSupport.park(this);
                    } else {
                        LockSupport.parkNanos(this, rest);
                    }
                }
            }
        }

        private long round() {
            try {
                return duty.run();
            } catch (RuntimeException | Error e) { // a thread that ends in silence has everybody wait for ever
                LOG.error("{} failed; it goes on in a second", getName(), e);
                return TimeUnit.SECONDS.toNanos(1);
            }
        }

        @Override
        public void wake() {
            if (!woken) {
                woken = true;
                LockSupport.unpark(this);
            }
        }

        @Override
        public void close() {
            closed = true;
            LockSupport.unpark(this);
            if (Thread.currentThread() != this) {
                join(this);
            }
        }

        private static void join(Thread thread) {
            boolean interrupted = false;
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
