package io.clusterdb.events.kafka;

import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Calls that wait for Kafka, made one after the other on a thread of their own, so that nobody else waits. Thread-safe. */
final class SerialCalls implements Duty, AutoCloseable {
    private final ConcurrentLinkedQueue<Runnable> calls = new ConcurrentLinkedQueue<>();
    private final Environment.Task task;
    private volatile boolean closed;

    SerialCalls(Environment environment, String name) {
        this.task = environment.start(name, this);
    }

    /** Makes a call after those before it; the future fails with what it throws. */
    CompletableFuture<Void> call(Runnable call) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        calls.add(() -> {
            try {
                call.run();
                done.complete(null);
            } catch (Throwable failure) {
                done.completeExceptionally(failure);
            }
        });
        task.wake();
        if (closed) {
            run();
        }
        return done;
    }

    @Override
    public synchronized long run() {
        for (Runnable next = calls.poll(); next != null; next = calls.poll()) {
            next.run();
        }
        return WHEN_WOKEN;
    }

    /** Makes the calls that wait, on the calling thread; later ones are made by who asks. */
    @Override
    public void close() {
        task.close();
        closed = true;
        run();
    }
}
