package io.clusterdb.events.benchmarks;

import java.util.function.IntToLongFunction;

/** Does something with one event after the other, on one thread, without a log: microseconds for each. */
final class PerEvent implements Side {
    private final int count;
    private final IntToLongFunction work;
    private long seen;

    /** @param work takes the number of the event; what it gives keeps the JVM from leaving it out */
    PerEvent(Settings settings, IntToLongFunction work) {
        this.count = settings.number("count");
        this.work = work;
    }

    @Override
    public double round() {
        long start = System.nanoTime();
        for (int n = 0; n < count; n++) {
            seen += work.applyAsLong(n);
        }
        double micros = (System.nanoTime() - start) / 1e3 / count;
        if (seen == 0) {
            throw new IllegalStateException("nothing was done");
        }
        return micros;
    }
}
