package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.Producer;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Topic;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.LogWriter.Appended;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import io.clusterdb.events.testkit.FaultyStorage.Fault;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Transactions come to an end whatever the storage does, and leave nothing behind. */
class TransactionEndTest {
    private static final TopicPartition PARTITION = new TopicPartition("t", 0);

    private final Simulation simulation = new Simulation(1);
    private final FaultyStorage storage = new FaultyStorage(new MemoryStorage());
    private LogEngine log = open();

    private LogEngine open() {
        return new EmbeddedLog(new LogEngine.Facts("faulty", true), storage, RetentionPolicy.FOREVER, simulation);
    }

    @BeforeEach
    void createTopic() {
        log.createTopic(Topic.named("t"));
    }

    private static NewRecord record() {
        return new NewRecord("t", 0, null, Bytes.utf8("value"), Headers.NONE);
    }

    private LogTransaction open(Duration timeout) {
        LogTransaction transaction = log.begin("test", timeout);
        simulation.await(transaction.append(record()));
        return transaction;
    }

    private void assertNothingHeld() {
        assertThat(log.transactions()).isEmpty();
        Bounds bounds = log.bounds(PARTITION);
        assertThat(bounds.stableEnd()).isEqualTo(bounds.end());
    }

    @Test
    void a_log_that_is_short_of_space_opens_and_aborts_what_was_left_open() {
        open(Duration.ofMinutes(1));
        simulation.kill();
        storage.fillToReserve(true);

        log = open();

        assertNothingHeld();
        assertThat(log.bounds(PARTITION).end()).isEqualTo(2);
    }

    @Test
    void an_abort_does_not_wait_for_space() {
        LogTransaction transaction = open(Duration.ofMinutes(1));
        storage.fillToReserve(true);
        CompletableFuture<Appended> waiting = log.writer(Producer.defaults()).append(record());

        simulation.await(transaction.abort());

        assertNothingHeld();
        assertThat(waiting).isNotDone();
    }

    @Test
    void a_transaction_whose_time_is_over_while_its_commit_waits_is_aborted_when_that_fails() {
        LogTransaction transaction = open(Duration.ofSeconds(10));
        storage.fill(true);
        transaction.append(record());
        CompletableFuture<Void> commit = transaction.commit();
        simulation.pass(Duration.ofSeconds(11));
        assertThat(commit).isNotDone();
        simulation.pass(Duration.ofMinutes(5));
        assertThat(commit).isCompletedExceptionally();
        storage.fill(false);

        simulation.pass(Duration.ofSeconds(2));

        assertNothingHeld();
        assertThatThrownBy(() -> transaction.append(record())).hasMessageContaining("10000 ms");
    }

    @Test
    void an_abort_of_what_is_open_for_too_long_is_repeated() {
        open(Duration.ofSeconds(10));
        storage.failCommit(Fault.UNFORESEEN);
        assertThatThrownBy(() -> simulation.pass(Duration.ofSeconds(11))).isInstanceOf(IllegalStateException.class);
        assertThat(log.transactions()).hasSize(1);

        simulation.pass(Duration.ofSeconds(2));

        assertNothingHeld();
    }

    @Test
    void a_transaction_that_has_ended_is_not_kept_for_its_time_out() {
        WeakReference<LogTransaction> ended = ended();

        new Patience(Duration.ofSeconds(30)).until("it is collected", () -> {
            System.gc();
            return ended.get() == null;
        });

        assertThat(ended.get()).isNull();
    }

    private WeakReference<LogTransaction> ended() {
        LogTransaction transaction = open(Duration.ofMinutes(15));
        simulation.await(transaction.commit());
        return new WeakReference<>(transaction);
    }
}
