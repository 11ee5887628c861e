package io.clusterdb.events.testkit;

import io.clusterdb.events.Acks;
import io.clusterdb.events.AggregateType;
import io.clusterdb.events.ByteSize;
import io.clusterdb.events.Compression;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerConfig;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Message;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.Projection;
import io.clusterdb.events.Published;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.SnapshotConfig;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Environment;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * A life that ends at any moment: what a process does with Events through the front door while somebody waits to kill
 * it. It says on standard output what it is about to do and what was acknowledged, a line each in one write; {@link
 * CrashLedger} keeps those lines, and knows afterwards what must be there.
 */
public final class CrashWorkload {
    /** The topic with events of both strong kinds of acks. */
    static final String STEADY = "steady";
    /** The topic of the two groups. */
    static final String WORK = "work";
    /** The topic that retention keeps small. */
    static final String SHORT = "short";
    /** The topics of the transactions. */
    static final List<String> PAIR = List.of("left", "right");
    /** What the group {@link #MOVERS} makes of {@link #WORK}, exactly once. */
    static final String MOVED = "moved";

    /** The topic that is routed and knows ids again, and where its copies go. */
    static final String ROUTED = "routed";

    static final String COPIED = "copied";

    /** The topic of scheduled events. */
    static final String LATER = "later";

    /** A store in the broker's folder. */
    public static final EventStore STORE = EventStore.named("kept").snapshots(SnapshotConfig.every(5));

    /** What the store's aggregates add up to: how many events each has. */
    static final AggregateType<Integer> TALLY = AggregateType.of("Tally", Integer.class)
            .starts("counted", JsonNode.class, first -> 1)
            .on("counted", JsonNode.class, (count, event) -> count + 1);

    /** The same, as documents. */
    static final Projection<Integer> TALLIES = tallies("tallies");

    /** The same, changed by each append. */
    static final Projection<Integer> TALLIES_INLINE = tallies("tallies-inline").inline();

    private static Projection<Integer> tallies(String name) {
        return Projection.of(name, Integer.class)
                .on(
                        "counted",
                        (event, context) -> context.put(
                                event.aggregateId(),
                                context.get(event.aggregateId()).orElse(0) + 1));
    }

    static final String WORKERS = "workers";
    static final String MOVERS = "movers";
    static final int ATTEMPTS = 3;
    static final ByteSize SHORT_SIZE = ByteSize.kib(16);

    private static final Patience PATIENCE = new Patience(Duration.ofSeconds(60));
    private static final Duration IDLE = Duration.ofSeconds(4); // of the hasty clock
    private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.out);

    private final Events events;
    private final String life;
    private final Random random;
    private int next;

    private CrashWorkload(Events events, String life) {
        this.events = events;
        this.life = life;
        this.random = new Random(life.hashCode());
    }

    /**
     * Opens Events, does everything once in an order of its own, and closes it.
     *
     * @param life a name that no other life on the same folder has; also the seed
     */
    public static void run(Function<Environment, Events> open, String life) {
        say("life " + life);
        say("phase open");
        Events events = open.apply(new HastyTime());
        new CrashWorkload(events, life).live();
        say("phase close");
        events.close();
        say("closed");
    }

    private static synchronized void say(String line) {
        try {
            OUT.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The data that an event has by its id, so that nothing can be invented. */
    static byte[] content(String id) {
        Random bytes = new Random(id.hashCode());
        byte[] content = new byte[20 + bytes.nextInt(800)];
        bytes.nextBytes(content);
        return content;
    }

    /** A subscription that retries at once and never times out. */
    static Subscription subscription(String group) {
        return Subscription.of(group)
                .concurrency(4)
                .timeout(Duration.ofHours(10))
                .retry(RetryPolicy.exponential(ATTEMPTS, Duration.ofMillis(1), Duration.ofMillis(5), 2.0));
    }

    static Event event(String id) {
        return Event.of("crash.tested", content(id)).withId(id);
    }

    /** Publishes again, once, what a message was about. */
    static void move(Events events, Message message) {
        unlessTimedOut(() -> events.transaction(tx -> {
            tx.publish(MOVED, event("of-" + message.payload().id()));
            tx.commit(message);
        }));
    }

    /** Where the processor is given to others for long, a transaction is too old by the hasty clock, and was undone. */
    private static void unlessTimedOut(Runnable transaction) {
        try {
            transaction.run();
        } catch (ConflictException e) {
            if (e.code() != ErrorCode.TRANSACTION_ENDED) {
                throw e;
            }
        }
    }

    private void live() {
        say("phase topics");
        setUp();
        List<Runnable> phases = new ArrayList<>(List.of(
                this::publish,
                this::transactions,
                this::deliver,
                this::schedule,
                this::administer,
                this::outlive,
                this::route,
                this::store));
        Collections.shuffle(phases, random);
        phases.forEach(Runnable::run);
    }

    private void setUp() {
        events.createTopic(Topic.named(STEADY).partitions(3));
        events.createTopic(Topic.named(WORK).partitions(2).compression(Compression.GZIP));
        events.createTopic(Topic.named(SHORT).retention(Duration.ofDays(7), SHORT_SIZE));
        PAIR.forEach(name -> events.createTopic(Topic.named(name).partitions(2)));
        events.createTopic(Topic.named(MOVED));
        events.createTopic(Topic.named(COPIED).partitions(2));
        events.createTopic(Topic.named(ROUTED)
                .partitions(2)
                .route("key == 'copied'", COPIED)
                .deduplication(Duration.ofDays(7)));
        events.createTopic(Topic.named(LATER).partitions(2));
        for (String group : List.of(WORKERS, MOVERS)) {
            events.createConsumerGroup(ConsumerGroup.of(group, WORK)
                    .config(ConsumerConfig.defaults().session(Duration.ofHours(1), Duration.ofMinutes(1))));
        }
        say("set up");
    }

    private void publish() {
        say("phase publish");
        for (int i = 0; i < 3; i++) {
            publish(STEADY, Acks.ALL, 8);
            publish(STEADY, Acks.LEADER, 8);
            publish(WORK, Acks.ALL, 4);
        }
    }

    private void publish(String topic, Acks acks, int count) {
        Producer producer = Producer.defaults().withAcks(acks);
        List<CompletableFuture<?>> answers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Event event = event(life + (acks == Acks.ALL ? "-a-" : "-l-") + next++);
            Event keyed = topic.equals(WORK) ? event.withKey("key" + random.nextInt(5)) : event;
            answers.add(events.publishAsync(topic, keyed, producer).thenAccept(p -> published(acks, p)));
        }
        answers.forEach(CompletableFuture::join);
    }

    private static void published(Acks acks, Published event) {
        say("event " + acks + " " + event.topic() + " " + event.partition() + " "
                + event.offset().orElseThrow() + " " + event.id());
    }

    /** Every third event is copied. */
    static boolean isCopied(String id) {
        return Integer.parseInt(id.substring(id.lastIndexOf('-') + 1)) % 3 == 0;
    }

    /** Publishes again what is there, as one does whose answer got lost; and new events, each twice. */
    private void route() {
        say("phase route");
        List<String> known = new ArrayList<>();
        try (EventReader reader = events.read(LogQuery.of(ROUTED))) {
            while (!reader.isCaughtUp()) {
                reader.next(Duration.ofMillis(1))
                        .ifPresent(e -> known.add(e.event().id()));
            }
        }
        known.subList(Math.max(0, known.size() - 5), known.size())
                .forEach(id -> routed(id, Acks.ALL).join());
        for (int i = 0; i < 12; i++) {
            String id = life + (i % 2 == 0 ? "-l-" : "-a-") + next++;
            List<CompletableFuture<?>> answers =
                    List.of(routed(id, i % 2 == 0 ? Acks.LEADER : Acks.ALL), routed(id, Acks.ALL));
            answers.forEach(CompletableFuture::join);
        }
    }

    private CompletableFuture<?> routed(String id, Acks acks) {
        return events.publishAsync(
                        ROUTED,
                        event(id).withKey(isCopied(id) ? "copied" : "left"),
                        Producer.defaults().withAcks(acks))
                .thenAccept(published -> published(acks, published));
    }

    /** Stores events of aggregates that all lives share, each repeated as one does whose answer got lost. */
    private void store() {
        say("phase store");
        events.store().projections().run(TALLIES);
        if (random.nextInt(4) > 0) { // some programs do not know it
            events.store().projections().run(TALLIES_INLINE);
        }
        for (int i = 0; i < 12; i++) {
            String id = life + "-k-" + next++;
            List<DomainEvent> together = new ArrayList<>(List.of(counted("tally-" + random.nextInt(4), id)));
            if (random.nextInt(3) == 0) {
                together.add(counted("tally-both", id + "b"));
            }
            together.forEach(event -> say("store? " + event.id()));
            for (int time = random.nextInt(2); time < 2; time++) {
                events.storeEvents(together);
            }
            together.forEach(event -> say("stored " + event.id() + " " + event.aggregateId() + " " + event.version()));
        }
    }

    private DomainEvent counted(String aggregate, String id) {
        List<DomainEvent> before = events.getEvents(aggregate);
        return DomainEvent.of("Tally", aggregate, before.size() + 1L, "counted", Map.of("id", id))
                .withId(id);
    }

    private void transactions() {
        for (int i = 0; i < 3; i++) {
            say("phase transaction");
            String name = life + "-t" + next++;
            int count = 2 + random.nextInt(4);
            if (random.nextInt(3) == 0) {
                unlessTimedOut(() -> abort(name, count));
            } else {
                unlessTimedOut(() -> commit(name, count));
            }
        }
    }

    private void commit(String name, int count) {
        events.transaction(tx -> {
            for (int n = 0; n < count; n++) {
                tx.publish(PAIR.get(n % 2), event(name + "-" + n));
            }
            say("commit? " + name + " " + count);
        });
        say("committed " + name);
    }

    private void abort(String name, int count) {
        IllegalStateException reason = new IllegalStateException("not this time");
        try {
            events.transaction(tx -> {
                for (int n = 0; n < count; n++) {
                    tx.publish(PAIR.get(n % 2), event(name + "-" + n));
                }
                throw reason;
            });
        } catch (IllegalStateException e) {
            if (!e.equals(reason)) {
                throw e;
            }
        }
    }

    private void deliver() {
        say("phase delivery");
        try (Consumer workers = events.subscribe(subscription(WORKERS));
                Consumer movers = events.subscribe(subscription(MOVERS))) {
            int left = 0;
            for (int i = 0; i < 12; i++) {
                Optional<Message> message = workers.next(IDLE);
                if (message.isEmpty()) {
                    break;
                }
                if (!answer(message.get(), left < 2)) {
                    left++;
                }
                if (i % 3 == 0) {
                    movers.next(IDLE).ifPresent(m -> move(events, m));
                }
            }
        }
    }

    private boolean answer(Message message, boolean mayLeave) {
        String id = message.payload().id();
        say("given " + id + " " + message.attempt());
        int dice = random.nextInt(10);
        if (dice == 9 && mayLeave) {
            return false;
        }
        String verb = dice < 6 ? "commit" : dice < 8 ? "nack" : "term";
        say("answer? " + id + " " + verb);
        switch (verb) {
            case "commit" -> message.commit();
            case "nack" -> message.nack();
            default -> message.term("tested");
        }
        say("answered " + id + " " + verb);
        return true;
    }

    private void cancel(String id) {
        try {
            say((events.schedules().cancel(id) ? "cancelled " : "late ") + id);
        } catch (OutcomeUnknownException e) {
            // By the hasty clock it took too long: nothing is known of it, as after a crash.
        }
    }

    /** Some are due at once, some while it goes on, some in a later life; some are cancelled, one within a transaction. */
    private void schedule() {
        say("phase schedule");
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            String id = life + "-s-" + next++;
            ids.add(id);
            say("schedule? " + id);
            Event event = event(id).deliverAt(Instant.now().plusMillis(1 + random.nextInt(i < 8 ? 60 : 600)));
            if (i == 11) {
                unlessTimedOut(() -> {
                    events.transaction(tx -> tx.publish(LATER, event));
                    say("scheduled " + id);
                });
            } else {
                events.publish(LATER, event);
                say("scheduled " + id);
            }
        }
        for (int i = 0; i < 3; i++) {
            String id = ids.remove(random.nextInt(ids.size()));
            say("cancel? " + id);
            cancel(id);
        }
        PATIENCE.until(
                "most are delivered",
                () -> events.schedules().list(LATER, null, 20).size() < 8);
        say("delivered");
    }

    private void administer() {
        say("phase topics");
        String name = "t-" + life;
        say("topic? " + name);
        events.createTopic(Topic.named(name).owner("first"));
        say("topic " + name + " first");
        say("topic? " + name);
        events.topics().alter(name, t -> t.owner("second"));
        say("topic " + name + " second");
        if (random.nextBoolean()) {
            say("topic? " + name);
            events.deleteTopic(name);
            say("topic " + name + " -");
        }
    }

    private void outlive() {
        say("phase retention");
        long start = start();
        for (int i = 0; i < 6; i++) {
            publish(SHORT, Acks.LEADER, 10);
        }
        PATIENCE.until("retention moves the start", () -> start() > start);
        say("start " + start());
    }

    private long start() {
        return events.topics().status(SHORT).partitions().getFirst().start();
    }
}
