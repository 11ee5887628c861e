package io.clusterdb.events.benchmarks;

import io.clusterdb.events.Event;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Published;
import io.clusterdb.events.Topic;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Schedules events while many others are pending, of which none is due for years. The figure of a round is, as asked
 * for: events scheduled per second, to the last acknowledgement; or events delivered per second, from the moment at which
 * the first of them is due to that at which the last is read; or the megabytes of heap that what is pending takes.
 */
final class EventsSchedule implements Side {
    private static final Duration UNTIL_DUE = Duration.ofSeconds(15);
    private static final Duration FAR = Duration.ofDays(4_000);

    /** Within which all of a round are due: short beside the time that their delivery takes. */
    private static final int SPREAD_MILLIS = 100;

    private final EventsFolder folder;
    private final String measure;
    private final int count;
    private final double emptyHeap;
    private int round;

    EventsSchedule(Settings settings) throws IOException {
        folder = new EventsFolder(settings);
        measure = settings.text("measure");
        count = settings.number("count");
        events().createTopic(Topic.named("far"));
        emptyHeap = heap();
        Instant far = Instant.now().plus(FAR);
        int pending = settings.number("pending");
        for (int n = 0; n < pending; n += count) {
            schedule("far", far.plusSeconds(n), Math.min(count, pending - n));
        }
        events().schedules().list(null, null, 1); // waits until it has read them all
    }

    private Events events() {
        return folder.events();
    }

    /** In another order than that of their times, as those of different users are. */
    private void schedule(String topic, Instant due, int events) {
        List<CompletableFuture<Published>> answers = new ArrayList<>(events);
        for (int n = 0; n < events; n++) {
            Event event = folder.event(n).deliverAt(due.plusMillis(n * 7919L % SPREAD_MILLIS));
            answers.add(events().publishAsync(topic, event, folder.producer()));
        }
        answers.forEach(CompletableFuture::join);
    }

    private static double heap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return (runtime.totalMemory() - runtime.freeMemory()) / 1e6;
    }

    @Override
    public double round() throws InterruptedException {
        if (measure.equals("heap")) {
            return heap() - emptyHeap;
        }
        String topic = "due-" + round++;
        events().createTopic(Topic.named(topic));
        Instant due = Instant.now().plus(UNTIL_DUE);
        long start = System.nanoTime();
        schedule(topic, due, count);
        double scheduling = (System.nanoTime() - start) / 1e9;
        if (!Instant.now().isBefore(due.minusSeconds(1))) {
            throw new IllegalStateException("scheduling took so long that some were due: " + scheduling + " s");
        }
        awaitDelivery(topic);
        double delivery = Duration.between(due, Instant.now()).toNanos() / 1e9;
        events().deleteTopic(topic);
        return count / (measure.equals("schedule") ? scheduling : delivery);
    }

    private void awaitDelivery(String topic) {
        int read = 0;
        try (EventReader reader = events().read(LogQuery.of(topic))) {
            while (read < count) {
                read += reader.next(Duration.ofSeconds(30)).isPresent() ? 1 : 0;
            }
        }
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }
}
