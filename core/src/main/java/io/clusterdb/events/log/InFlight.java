package io.clusterdb.events.log;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The bytes of a writer that wait to be written: the back pressure of publishing. Thread-safe. */
final class InFlight {
    private final long limit;
    private final AtomicLong bytes = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    private final AtomicInteger waiting = new AtomicInteger();

    InFlight(long limit) {
        this.limit = limit;
    }

    /**
     * Waits for room. What is above the limit goes when it is alone.
     *
     * @return false when there was none in time
     */
    boolean reserve(long size, Duration timeout) {
        if (tryReserve(size)) {
            return true;
        }
        long rest = timeout.toNanos();
        lock.lock();
        waiting.incrementAndGet();
        try {
            while (!tryReserve(size)) {
                if (rest <= 0) {
                    return false;
                }
                rest = room.awaitNanos(rest);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            waiting.decrementAndGet();
            lock.unlock();
        }
    }

    private boolean tryReserve(long size) {
        long now = bytes.get();
        while (now == 0 || now + size <= limit) {
            if (bytes.compareAndSet(now, now + size)) {
                return true;
            }
            now = bytes.get();
        }
        return false;
    }

    void release(long size) {
        bytes.addAndGet(-size);
        if (waiting.get() > 0) {
            lock.lock();
            try {
                room.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    long bytes() {
        return bytes.get();
    }
}
