package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.clusterdb.events.Acks;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Topic;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogReader;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.LogWriter.Appended;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.spi.TopicPartition;
import io.clusterdb.events.testkit.FaultyStorage.Held;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When an append is answered, on a storage whose commits and syncs a test lets go on. */
class AcksTest {
    private static final TopicPartition PARTITION = new TopicPartition("t", 0);
    private static final Producer ALL = Producer.defaults();
    private static final Producer LEADER = ALL.withAcks(Acks.LEADER);
    private static final Producer NONE = ALL.withAcks(Acks.NONE);

    private final FaultyStorage storage = new FaultyStorage(new MemoryStorage());
    private LogEngine log = open();

    private LogEngine open() {
        return new EmbeddedLog(new LogEngine.Facts("faulty", true), storage, RetentionPolicy.FOREVER, new Threads());
    }

    @BeforeEach
    void createTopic() {
        log.createTopic(Topic.named("t"));
    }

    @AfterEach
    void close() {
        storage.release();
        log.close();
    }

    private CompletableFuture<Appended> append(Producer settings) {
        return log.writer(settings).append(record());
    }

    private static NewRecord record() {
        return new NewRecord("t", 0, null, Bytes.utf8("value"), Headers.NONE);
    }

    @Test
    void acks_leader_waits_for_the_write_and_acks_all_for_the_sync() {
        append(LEADER).join();
        storage.hold(Held.SYNCS);
        CompletableFuture<Appended> all = append(ALL);
        assertThat(append(LEADER).join().offset()).isEqualTo(2);
        assertThat(all).isNotDone();

        storage.release();
        assertThat(all.join().offset()).isEqualTo(1);
    }

    @Test
    void acks_none_waits_for_nothing() {
        storage.hold(Held.COMMITS);
        CompletableFuture<Appended> leader = append(LEADER);
        assertThat(append(NONE).join().offset()).isEqualTo(-1);
        assertThat(leader).isNotDone();

        storage.release();
        assertThat(leader.join().offset()).isZero();
    }

    @Test
    void a_transaction_is_committed_when_it_is_durable() {
        LogTransaction transaction = log.begin("test", Duration.ofMinutes(1));
        transaction.append(record()).join();
        storage.hold(Held.SYNCS);
        CompletableFuture<Void> commit = transaction.commit();
        append(LEADER).join();
        assertThat(commit).isNotDone();
        assertThat(log.bounds(PARTITION).stableEnd()).isEqualTo(3);

        storage.release();
        commit.join();
    }

    @Test
    void what_comes_alone_to_be_synced_is_synced_like_the_rest() {
        storage.hold(Held.SYNCS);
        CompletableFuture<Appended> alone = append(ALL);
        storage.release();
        assertThat(alone.join().offset()).isZero();

        storage.failSync();
        assertThatThrownBy(() -> append(ALL).join()).hasCauseInstanceOf(OutcomeUnknownException.class);
    }

    @Test
    void a_failed_sync_leaves_unknown_what_waited_for_it_and_refuses_the_rest() {
        append(LEADER).join();
        storage.hold(Held.SYNCS);
        CompletableFuture<Appended> waiting = append(ALL);
        append(LEADER).join();
        storage.failSync();
        storage.release();

        assertThatThrownBy(waiting::join).hasCauseInstanceOf(OutcomeUnknownException.class);
        assertThatThrownBy(() -> append(LEADER).join())
                .hasCauseInstanceOf(UnavailableException.class)
                .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.STORAGE_FAILED));
        assertThat(log.bounds(PARTITION).end()).isEqualTo(3);
    }

    @Test
    void what_waits_for_space_is_refused_when_the_log_is_closed() {
        storage.fill(true);
        CompletableFuture<Appended> waiting = append(ALL);
        CompletableFuture<Appended> refused = append(ALL.withRetries(0));
        assertThatThrownBy(refused::join).satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.DISK_FULL));
        assertThat(waiting).isNotDone();
        log.close();

        assertThat(waiting).isCompletedExceptionally();
        assertThatThrownBy(waiting::join).satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.CLOSED));
        storage.fill(false);
        log = open();
        assertThat(log.bounds(PARTITION).end()).isZero();
    }

    @Test
    void what_was_appended_before_the_log_is_closed_is_written() throws InterruptedException {
        storage.hold(Held.COMMITS);
        append(LEADER);
        for (int i = 0; i < 10; i++) {
            append(NONE);
        }
        Thread closing = Thread.ofPlatform().start(log::close);
        while (!isIn(closing, "Committer")) {
            Thread.onSpinWait();
        }
        storage.release();
        closing.join();

        log = open();
        assertThat(log.bounds(PARTITION).end()).isEqualTo(11);
    }

    @Test
    void an_unforeseen_error_fails_its_group_and_leaves_no_hole() {
        append(LEADER).join();
        storage.failCommit(FaultyStorage.Fault.UNFORESEEN);
        assertThatThrownBy(() -> append(LEADER).join()).hasCauseInstanceOf(UnavailableException.class);

        assertThat(append(ALL).join().offset()).isEqualTo(1);
        try (LogReader reader = log.reader(IsolationLevel.READ_COMMITTED, () -> {})) {
            reader.seek(PARTITION, 0);
            assertThat(reader.poll(10).getFirst().records()).hasSize(2);
        }
    }

    @Test
    void who_reads_where_a_log_is_being_cut_hears_that_it_was_and_not_of_damage() throws InterruptedException {
        for (int i = 0; i < 4; i++) {
            append(LEADER).join();
        }
        Semaphore signals = new Semaphore(0);
        try (LogReader reader = log.reader(IsolationLevel.READ_COMMITTED, signals::release)) {
            reader.seek(PARTITION, 0);
            storage.hold(Held.ANSWERS);
            CompletableFuture<Void> trimmed = log.trim(PARTITION, 2);
            storage.awaitHeld(Held.ANSWERS);
            signals.drainPermits();
            assertThat(reader.poll(10)).isEmpty();
            CompletableFuture<Long> asked = CompletableFuture.supplyAsync(
                    () -> log.offsetAt(PARTITION, Instant.EPOCH),
                    task -> Thread.ofPlatform().start(task));
            assertThat(signals.tryAcquire(50, TimeUnit.MILLISECONDS)).isFalse();
            assertThat(asked).isNotDone();

            storage.release();
            signals.acquire();
            trimmed.join();
            assertThatThrownBy(() -> reader.poll(10)).isInstanceOf(RejectedException.class);
            assertThat(asked.join()).isEqualTo(2);
        }
    }

    @Test
    void what_makes_room_does_not_fail_for_what_finds_none() throws Exception {
        append(LEADER).join();
        storage.fillForAppends(true);
        CompletableFuture<Appended> waiting = append(LEADER);

        log.trim(PARTITION, 1).get(30, TimeUnit.SECONDS);
        log.alterTopic(Topic.named("t").owner("another"));
        assertThat(waiting).isNotDone();

        storage.fillForAppends(false);
        assertThat(waiting.join().offset()).isEqualTo(1);
        assertThat(log.bounds(PARTITION).start()).isEqualTo(1);
    }

    @Test
    void a_transaction_whose_time_ends_while_its_owner_waits_for_room_holds_up_nobody() throws Exception {
        Duration timeout = Duration.ofSeconds(2);
        LogTransaction transaction = log.begin("test", timeout);
        long begun = System.nanoTime();
        storage.hold(Held.COMMITS);
        append(LEADER);
        storage.awaitHeld(Held.COMMITS);
        NewRecord large = new NewRecord("t", 0, null, Bytes.of(new byte[1_000_000]), Headers.NONE);
        CompletableFuture<Void> owner = new CompletableFuture<>();
        Thread appending = Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    transaction.append(large);
                }
            } catch (EventsException e) {
                owner.completeExceptionally(e);
            }
        });
        while (appending.getState() != Thread.State.TIMED_WAITING && !owner.isDone()) {
            Thread.onSpinWait();
        }
        assertThat(owner).isNotDone();
        new Patience(Duration.ofSeconds(30))
                .until("its time is over", () -> System.nanoTime() - begun > timeout.toNanos() + 1_000_000);

        storage.release();

        append(LEADER).get(30, TimeUnit.SECONDS);
        assertThat(owner.handle((done, e) -> e).get(30, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        ConflictException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TRANSACTION_ENDED));
        append(LEADER).get(30, TimeUnit.SECONDS);
        new Patience(Duration.ofSeconds(30))
                .until("it is over", () -> log.transactions().isEmpty());
    }

    private static boolean isIn(Thread thread, String type) {
        return thread.getState() == Thread.State.WAITING
                && Stream.of(thread.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().endsWith(type));
    }

    private static ErrorCode code(Throwable thrown) {
        return thrown.getCause() instanceof EventsException e ? e.code() : fail("no typed error", thrown);
    }
}
