package io.clusterdb.events.benchmarks;

import java.io.IOException;

/** Publishes events by {@code publishAsync}: events per second, from the first call to the last acknowledgement. */
final class EventsPublish implements Side {
    private final EventsFolder folder;
    private final int count;

    private int round;

    EventsPublish(Settings settings) throws IOException {
        folder = new EventsFolder(settings);
        count = settings.number("count");
    }

    @Override
    public double round() throws InterruptedException {
        String topic = "orders-" + round++ + "-";
        folder.createTopics(topic);
        long start = System.nanoTime();
        folder.publish(topic);
        double seconds = (System.nanoTime() - start) / 1e9;
        folder.deleteTopics(topic);
        return count / seconds;
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }
}
