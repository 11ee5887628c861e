package io.clusterdb.events.cli;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.Component;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.TopicStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The topics of a benchmark, in a broker that may have others. Closing it deletes them, unless they are to be kept. */
final class Bench implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration LOOK = Duration.ofMillis(10);

    private final Events events;
    private final BenchOptions options;
    private final String name = "bench-" + Long.toString(System.currentTimeMillis(), Character.MAX_RADIX);
    private final List<String> topics;
    private final List<String> deadLetters = new ArrayList<>();
    private final BenchEvents payload;
    private boolean closed;

    private Bench(Events events, BenchOptions options) {
        this.events = events;
        this.options = options;
        this.topics = IntStream.range(0, options.topics())
                .mapToObj(i -> name + "-" + i)
                .toList();
        this.payload = new BenchEvents(options.size());
    }

    static Bench open(Place place, BenchOptions options) {
        Bench bench = new Bench(Events.open(place.components().toArray(Component[]::new)), options);
        bench.topics.forEach(topic -> bench.events.createTopic(options.topic(topic)));
        return bench;
    }

    Events events() {
        return events;
    }

    List<String> topics() {
        return topics;
    }

    BenchEvents payload() {
        return payload;
    }

    /** What the topics hold, in bytes as they are stored. */
    long storedBytes() {
        return topics.stream()
                .flatMap(topic -> events.topics().status(topic).partitions().stream())
                .mapToLong(TopicStatus.Partition::bytes)
                .sum();
    }

    /** Waits until so many events are in the log, whose publishers may not have waited for that. */
    void awaitStored(long count) {
        while (ends() < count) {
            LockSupport.parkNanos(LOOK.toNanos() / 10);
        }
    }

    private long ends() {
        return topics.stream()
                .flatMap(topic -> events.topics().status(topic).partitions().stream())
                .mapToLong(TopicStatus.Partition::end)
                .sum();
    }

    // --- reading

    /** Reads and checks everything that is there, with so many threads; in nanoseconds. */
    long replay(int threads, Progress progress) {
        ConcurrentLinkedQueue<LogQuery> parts = new ConcurrentLinkedQueue<>(parts(threads));
        long begun = System.nanoTime();
        List<Thread> workers = IntStream.range(0, threads)
                .mapToObj(i -> Thread.ofPlatform().daemon().name("bench-" + i).start(() -> read(parts)))
                .toList();
        while (workers.stream().anyMatch(Thread::isAlive)) {
            LockSupport.parkNanos(LOOK.toNanos() / 10);
            long count = payload.count();
            progress.show(count, count);
        }
        long nanos = System.nanoTime() - begun;
        progress.clear();
        return nanos;
    }

    private List<LogQuery> parts(int threads) {
        return topics.stream()
                .flatMap(topic -> threads == 1
                        ? Stream.of(LogQuery.of(topic))
                        : IntStream.range(0, options.partitions())
                                .mapToObj(p -> LogQuery.of(topic).partition(p)))
                .toList();
    }

    private void read(ConcurrentLinkedQueue<LogQuery> parts) {
        for (LogQuery part = parts.poll(); part != null; part = parts.poll()) {
            try (EventReader reader = events.read(part)) {
                while (!reader.isCaughtUp()) {
                    reader.next(PATIENCE).ifPresent(stored -> payload.take(stored.event()));
                }
            }
        }
    }

    /** Has a handler take and check everything that is there, until all of it is answered; in nanoseconds. */
    long handle(int concurrency, Progress progress) {
        events.createConsumerGroup(ConsumerGroup.of(name, topics.toArray(String[]::new)));
        deadLetters.add(name + ".dlq");
        Subscription subscription = Subscription.of(name).concurrency(concurrency);
        long begun = System.nanoTime();
        try (ActiveSubscription active = events.subscribe(subscription, message -> payload.take(message.payload()))) {
            while (events.groups().lag(name).events() > 0) {
                active.failure().ifPresent(failure -> {
                    throw failure;
                });
                LockSupport.parkNanos(LOOK.toNanos());
                long count = payload.count();
                progress.show(count, count);
            }
        }
        long nanos = System.nanoTime() - begun;
        progress.clear();
        return nanos;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (!options.keep()) {
                delete();
            }
        } finally {
            events.close();
        }
    }

    private void delete() {
        if (!deadLetters.isEmpty()) {
            events.groups().delete(name);
        }
        Stream.concat(topics.stream(), deadLetters.stream()).forEach(events::deleteTopic);
    }
}
