package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.AutoOffsetReset;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerConfig;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Event;
import io.clusterdb.events.Message;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.Upcasters;
import io.clusterdb.events.broker.Broker;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.spi.TopicPartition;
import io.clusterdb.events.testkit.FaultyStorage.Held;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A group whose positions are reset while a member comes, on a storage that a test holds up. */
class ResetTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Patience PATIENCE = new Patience(SOON);

    private static final Executor ASIDE = task -> Thread.ofPlatform().daemon().start(task);

    private final Threads threads = new Threads();
    private final FaultyStorage storage = new FaultyStorage(new MemoryStorage());
    private final LogEngine log =
            new EmbeddedLog(new LogEngine.Facts("faulty", true), storage, RetentionPolicy.FOREVER, threads);
    private final Broker broker = new Broker("test", log, threads, Upcasters.NONE);

    @AfterEach
    void close() {
        storage.release();
        broker.close();
    }

    @Test
    void a_member_that_comes_while_its_group_is_reset_begins_where_the_reset_says() throws Exception {
        broker.topics().create(Topic.named("t"));
        broker.groups()
                .create(ConsumerGroup.of("g", "t")
                        .config(ConsumerConfig.defaults().session(Duration.ofSeconds(3), Duration.ofMillis(100))));
        broker.publish("t", Event.of("n", 0), Producer.defaults());
        try (Consumer consumer = broker.subscribe(Subscription.of("g"))) {
            consumer.next(SOON).orElseThrow().commit();
            PATIENCE.until("its membership ends", () -> log.members("g").isEmpty());

            storage.hold(Held.COMMITS);
            CompletableFuture<Void> reset = CompletableFuture.runAsync(this::reset, ASIDE);
            storage.awaitHeld(Held.COMMITS);
            CompletableFuture<Optional<Message>> next = CompletableFuture.supplyAsync(() -> consumer.next(SOON), ASIDE);
            PATIENCE.until("it is a member again", () -> !log.members("g").isEmpty());
            long begun = System.nanoTime();
            PATIENCE.until(
                    "it had the time to read where to begin",
                    () -> System.nanoTime() - begun > TimeUnit.MILLISECONDS.toNanos(200));
            storage.release();

            PATIENCE.get(reset);
            assertThat(PATIENCE.get(next))
                    .hasValueSatisfying(m -> assertThat(m.offset()).isZero());
        }
    }

    @Test
    void who_begins_at_the_end_gets_what_is_undecided_then() {
        broker.topics().create(Topic.named("t"));
        broker.groups().create(ConsumerGroup.of("g", "t").autoOffsetReset(AutoOffsetReset.LATEST));
        LogTransaction open = log.begin("other", Duration.ofMinutes(1));
        open.append(new NewRecord("t", 0, null, Bytes.utf8("1"), Headers.NONE)).join();
        broker.publish("t", Event.of("n", 2), Producer.defaults());

        assertThat(broker.groups().reset("g", AutoOffsetReset.LATEST, true))
                .singleElement()
                .satisfies(change -> assertThat(change.to()).isZero());
        open.abort().join();
        assertThat(broker.groups().reset("g", AutoOffsetReset.LATEST, true))
                .singleElement()
                .satisfies(change -> assertThat(change.to())
                        .isEqualTo(log.bounds(new TopicPartition("t", 0)).end()));
    }

    @Test
    void a_reset_that_finds_no_space_leaves_nothing_behind() {
        broker.topics().create(Topic.named("t"));
        broker.groups().create(ConsumerGroup.of("g", "t"));
        storage.fill(true);
        CompletableFuture<Void> reset = CompletableFuture.runAsync(this::reset, ASIDE);

        assertThatThrownBy(() -> PATIENCE.get(reset)).isInstanceOf(UnavailableException.class);
        PATIENCE.until("no transaction is open", () -> log.transactions().isEmpty());
        storage.fill(false);
        reset();
    }

    private void reset() {
        broker.groups().reset("g", AutoOffsetReset.EARLIEST, false);
    }
}
