package io.clusterdb.events.benchmarks;

import io.clusterdb.events.Events;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/** Opens a folder that was closed in order, with the events of many rounds in it: milliseconds to the first answer. */
final class EventsOpen implements Side {
    private final EventsFolder folder;

    EventsOpen(Settings settings) throws IOException, InterruptedException {
        folder = new EventsFolder(settings);
        folder.createTopics("orders");
        folder.publish("orders");
    }

    @Override
    public double round() {
        AtomicLong start = new AtomicLong();
        folder.reopen(() -> start.set(System.nanoTime()));
        Events events = folder.events();
        if (events.topics().list().isEmpty()) {
            throw new IllegalStateException("the topics are gone");
        }
        return (System.nanoTime() - start.get()) / 1e6;
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }
}
