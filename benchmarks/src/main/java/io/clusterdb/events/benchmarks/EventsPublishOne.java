package io.clusterdb.events.benchmarks;

import io.clusterdb.events.Producer;
import java.io.IOException;
import java.util.Arrays;

/** Publishes one event after the other, each acknowledged before the next: the median latency in microseconds. */
final class EventsPublishOne implements Side {
    private final EventsFolder folder;
    private final long[] nanos;

    EventsPublishOne(Settings settings) throws IOException {
        folder = new EventsFolder(settings);
        nanos = new long[settings.number("count")];
        folder.createTopics("orders");
    }

    @Override
    public double round() {
        Producer producer = folder.producer();
        for (int n = 0; n < nanos.length; n++) {
            long start = System.nanoTime();
            folder.events().publish("orders0", folder.event(n), producer);
            nanos[n] = System.nanoTime() - start;
        }
        return median(nanos) / 1e3;
    }

    static double median(long[] values) {
        long[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }
}
