package io.clusterdb.events.benchmarks;

import io.clusterdb.events.EventReader;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.StoredEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Reads a topic from its beginning to its end, checking the checksum of every byte: events per second. */
final class EventsReplay implements Side {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final EventsFolder folder;
    private final int count;
    private final int size;

    EventsReplay(Settings settings) throws IOException, InterruptedException {
        folder = new EventsFolder(settings);
        count = settings.number("count");
        size = settings.number("size");
        folder.createTopics("orders");
        folder.publish("orders");
    }

    @Override
    public double round() {
        long start = System.nanoTime();
        int seen = 0;
        long bytes = 0;
        try (EventReader reader = folder.events().read(LogQuery.of("orders0"))) {
            while (!reader.isCaughtUp()) {
                Optional<StoredEvent> next = reader.next(PATIENCE);
                if (next.isPresent()) {
                    seen++;
                    bytes += next.get().event().bytes().length;
                }
            }
        }
        if (seen != count || bytes != (long) count * size) {
            throw new IllegalStateException("read " + seen + " events of " + count + ", " + bytes + " bytes of data");
        }
        return count / ((System.nanoTime() - start) / 1e9);
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }
}
