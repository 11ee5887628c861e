package io.clusterdb.events.benchmarks;

import io.clusterdb.events.Acks;
import io.clusterdb.events.ByteSize;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Producer;
import io.clusterdb.events.Published;
import io.clusterdb.events.Topic;
import io.clusterdb.events.rocksdb.RocksDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Events on RocksDB in a new folder, which is deleted in the end; what is published there goes the public way. */
final class EventsFolder implements AutoCloseable {
    private final Path folder;
    private final Settings settings;
    private final Payloads payloads;
    private Events events;

    EventsFolder(Settings settings) throws IOException {
        this.settings = settings;
        folder = Files.createTempDirectory(settings.work(), "events");
        payloads = new Payloads(settings.number("size"));
        events = open();
    }

    private Events open() {
        return Events.open(EventBroker.named(Payloads.SOURCE).store(RocksDb.at(folder)));
    }

    Events events() {
        return events;
    }

    /** Closes it and opens it again. */
    void reopen(Runnable between) {
        events.close();
        between.run();
        events = open();
    }

    void createTopics(String name) {
        for (int n = 0; n < settings.number("topics"); n++) {
            events.createTopic(Topic.named(name + n).partitions(settings.number("partitions")));
        }
    }

    void deleteTopics(String name) {
        for (int n = 0; n < settings.number("topics"); n++) {
            events.deleteTopic(name + n);
        }
    }

    Producer producer() {
        return Producer.defaults()
                .withAcks(Acks.valueOf(settings.text("acks").toUpperCase(Locale.ROOT)))
                .withBatchSize(ByteSize.bytes(settings.number("batch")))
                .withLinger(Duration.ofMillis(settings.number("linger")));
    }

    Event event(int n) {
        return Event.of(Payloads.TYPE)
                .withContent(payloads.data(n), "application/json")
                .withKey(Payloads.key(n))
                .withMetadata(Payloads.METADATA);
    }

    /** Publishes as fast as it goes, and returns when everything is acknowledged. */
    void publish(String topic) throws InterruptedException {
        int count = settings.number("count");
        int topics = settings.number("topics");
        Producer producer = producer();
        CountDownLatch unanswered = new CountDownLatch(count);
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        for (int n = 0; n < count; n++) {
            CompletableFuture<Published> published = events.publishAsync(topic + n % topics, event(n), producer);
            published.whenComplete((ok, failed) -> {
                if (failed != null) {
                    failure.set(failed);
                }
                unanswered.countDown();
            });
        }
        unanswered.await();
        Throwable failed = failure.get();
        if (failed != null) {
            throw new IllegalStateException("not everything was published", failed);
        }
    }

    @Override
    public void close() throws IOException {
        events.close();
        delete(folder);
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
