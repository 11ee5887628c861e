package io.clusterdb.events.broker;

import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Completes what users wait for, and runs what they chained to it, away from the threads that write. */
final class Callbacks implements Duty {
    private static final Logger LOG = LoggerFactory.getLogger(Callbacks.class);

    private final ConcurrentLinkedQueue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    private final Environment.Task task;

    Callbacks(Environment environment) {
        this.task = environment.start("events-callbacks", this);
    }

    void add(Runnable completion) {
        waiting.add(completion);
        task.wake();
    }

    @Override
    public long run() {
        for (Runnable next = waiting.poll(); next != null; next = waiting.poll()) {
            try {
                next.run();
            } catch (RuntimeException e) {
                LOG.error("A callback of publishAsync failed", e);
            }
        }
        return WHEN_WOKEN;
    }

    void close() {
        task.close();
        run();
    }
}
