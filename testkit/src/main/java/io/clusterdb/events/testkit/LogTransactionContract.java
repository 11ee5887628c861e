package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.LogWriter.Appended;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.OpenTransaction;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Records that become visible together or never. */
abstract class LogTransactionContract extends LogRetentionContract {
    private static final String OWNER = "shop.orders";

    LogTransaction begin() {
        return log.begin(OWNER, Duration.ofSeconds(60));
    }

    Appended append(LogTransaction transaction, TopicPartition partition, String value) throws Exception {
        return patience.get(transaction.append(record(partition, value)));
    }

    private Optional<OpenTransaction> listed(LogTransaction transaction) {
        return log.transactions().stream()
                .filter(t -> t.id().equals(transaction.id()))
                .findFirst();
    }

    @Test
    void transaction_shows_all_of_its_records_when_it_commits() throws Exception {
        String topic = topic(2);
        TopicPartition one = new TopicPartition(topic, 1);
        TopicPartition other = partition();
        LogTransaction transaction = begin();

        assertThat(append(transaction, one, "a")).isEqualTo(new Appended(one, 0));
        append(transaction, other, "b");
        append(transaction, one, "c");

        assertThat(committed(one)).isEmpty();
        assertThat(committed(other)).isEmpty();
        assertThat(uncommitted(one)).containsExactly("a", "c");

        patience.get(transaction.commit());

        assertThat(committed(one)).containsExactly("a", "c");
        assertThat(committed(other)).containsExactly("b");
    }

    @Test
    void transaction_shows_nothing_when_it_aborts() throws Exception {
        TopicPartition partition = partition();
        append(partition, "before");
        LogTransaction transaction = begin();
        append(transaction, partition, "a");
        append(transaction, partition, "b");

        patience.get(transaction.abort());
        append(partition, "after");

        assertThat(committed(partition)).containsExactly("before", "after");
        assertThat(uncommitted(partition)).containsExactly("before", "a", "b", "after");
    }

    @Test
    void transaction_that_is_open_holds_back_what_comes_after_it() throws Exception {
        TopicPartition partition = partition();
        append(partition, "before");
        Reading committed = reading().seek(partition, 0);
        LogTransaction transaction = begin();
        append(transaction, partition, "within");
        append(partition, "after");

        assertThat(values(committed.take(1))).containsExactly("before");
        assertThat(committed.reader().poll(10)).isEmpty();
        Bounds held = log.bounds(partition);
        assertThat(List.of(held.start(), held.stableEnd(), held.end())).containsExactly(0L, 1L, 3L);
        assertThat(held.heldBy().map(OpenTransaction::id)).contains(transaction.id());
        assertThat(held.heldBy().map(OpenTransaction::owner)).contains(OWNER);

        patience.get(transaction.commit());

        assertThat(values(committed.take(2))).containsExactly("within", "after");
        Bounds free = log.bounds(partition);
        assertThat(free.stableEnd()).isEqualTo(free.end());
        assertThat(free.heldBy()).isEmpty();
    }

    @Test
    void transaction_marker_takes_an_offset_that_readers_step_over() throws Exception {
        TopicPartition partition = partition();
        LogTransaction first = begin();
        append(first, partition, "a");
        patience.get(first.commit());
        LogTransaction second = begin();
        append(second, partition, "b");
        patience.get(second.abort());
        append(partition, "c");

        for (IsolationLevel isolation : IsolationLevel.values()) {
            Reading reading = reading(isolation).seek(partition, 0);

            List<Long> offsets = offsets(reading.upTo(partition, 5));

            assertThat(offsets)
                    .containsExactlyElementsOf(
                            isolation == IsolationLevel.READ_COMMITTED ? List.of(0L, 4L) : List.of(0L, 2L, 4L));
        }
        assertThat(log.bounds(partition).end()).isEqualTo(5);
    }

    @Test
    void transaction_that_is_older_holds_back_a_younger_one() throws Exception {
        TopicPartition partition = partition();
        LogTransaction older = begin();
        append(older, partition, "older");
        LogTransaction younger = begin();
        append(younger, partition, "younger");

        patience.get(younger.commit());

        assertThat(committed(partition)).isEmpty();
        assertThat(log.bounds(partition).heldBy().map(OpenTransaction::id)).contains(older.id());

        patience.get(older.commit());

        assertThat(committed(partition)).containsExactly("older", "younger");
    }

    @Test
    void transactions_are_listed_oldest_first_while_they_are_open() throws Exception {
        TopicPartition partition = partition();
        LogTransaction first = begin();
        append(first, partition, "a");
        patience.tick();
        LogTransaction second = log.begin("another.owner", Duration.ofSeconds(60));
        append(second, partition, "b");

        assertThat(log.transactions().stream().map(OpenTransaction::id)).containsSubsequence(first.id(), second.id());
        assertThat(listed(first).map(OpenTransaction::owner)).contains(OWNER);
        assertThat(listed(second).map(OpenTransaction::owner)).contains("another.owner");
        assertThat(listed(first).orElseThrow().begun())
                .isBefore(listed(second).orElseThrow().begun());

        patience.get(first.commit());
        patience.get(second.abort());

        assertThat(listed(first)).isEmpty();
        assertThat(listed(second)).isEmpty();
    }

    @Test
    void transaction_is_listed_from_its_beginning() throws Exception {
        LogTransaction transaction = begin();

        assertThat(listed(transaction).map(OpenTransaction::owner)).contains(OWNER);

        patience.get(transaction.commit());

        assertThat(listed(transaction)).isEmpty();
    }

    @Test
    void transaction_of_many_records_keeps_their_order() throws Exception {
        TopicPartition partition = partition();
        LogTransaction transaction = begin();
        List<CompletableFuture<Appended>> appends = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            appends.add(transaction.append(record(partition, Integer.toString(i))));
        }

        patience.get(transaction.commit());

        assertThat(appends).allMatch(CompletableFuture::isDone);
        assertThat(patience.get(appends.get(1_999)).offset()).isEqualTo(1_999);
        assertThat(committed(partition)).isEqualTo(numbers(0, 2_000));
    }

    @Test
    void transaction_places_keys_as_writers_do_and_begins_anywhere_without() throws Exception {
        String topic = topic(7);
        List<Integer> unkeyed = new ArrayList<>();

        for (int i = 0; i < 10; i++) {
            LogTransaction transaction = begin();
            assertThat(patience.get(transaction.append(keyed(topic, "abc", "v")))
                            .partition())
                    .isEqualTo(new TopicPartition(topic, 4));
            unkeyed.add(patience.get(transaction.append(unkeyed(topic, "x".repeat(20_000))))
                    .partition()
                    .partition());
            patience.get(transaction.commit());
        }

        assertThat(unkeyed.stream().distinct()).as("of ten transactions").hasSizeGreaterThan(1);
    }

    @Test
    void transaction_that_has_ended_refuses_everything() throws Exception {
        TopicPartition partition = partition();
        LogTransaction committed = begin();
        append(committed, partition, "kept");
        patience.get(committed.commit());
        LogTransaction aborted = begin();
        append(aborted, partition, "undone");
        patience.get(aborted.abort());

        for (LogTransaction ended : List.of(committed, aborted)) {
            for (EventsException refused : List.of(
                    patience.refusal(() -> ended.append(record(partition, "late"))),
                    patience.refusal(ended::commit),
                    patience.refusal(ended::abort))) {
                assertThat(refused).isInstanceOf(ConflictException.class);
                assertThat(refused.code()).isEqualTo(ErrorCode.TRANSACTION_ENDED);
            }
        }
        assertThat(committed(partition)).containsExactly("kept");
    }

    @Test
    void transaction_goes_on_after_a_record_that_was_refused() throws Exception {
        TopicPartition partition = partition();
        log.alterTopic(Topic.named(partition.topic()).maxMessageSize(ByteSize.bytes(100)));
        LogTransaction transaction = begin();
        append(transaction, partition, "a");

        assertThat(patience.refusal(() -> transaction.append(record(partition, "x".repeat(200))))
                        .code())
                .isEqualTo(ErrorCode.TOO_LARGE);
        assertThat(patience.refusal(() -> transaction.append(record(new TopicPartition(name("nobody"), 0), "b"))))
                .isInstanceOf(NotFoundException.class);
        append(transaction, partition, "c");
        patience.get(transaction.commit());

        assertThat(committed(partition)).containsExactly("a", "c");
    }

    @Test
    void transaction_without_records_commits_and_aborts() throws Exception {
        LogTransaction empty = begin();
        patience.get(empty.commit());
        LogTransaction undone = begin();
        patience.get(undone.abort());

        assertThat(patience.refusal(empty::commit).code()).isEqualTo(ErrorCode.TRANSACTION_ENDED);
        assertThat(patience.refusal(undone::commit).code()).isEqualTo(ErrorCode.TRANSACTION_ENDED);
    }

    @Test
    void transaction_is_aborted_when_its_time_is_over() throws Exception {
        TopicPartition partition = partition();
        LogTransaction transaction = log.begin(OWNER, Duration.ofSeconds(3));
        append(transaction, partition, "late");
        append(partition, "waits");
        Reading committed = reading().seek(partition, 0);

        assertThat(values(committed.take(1))).containsExactly("waits");

        patience.until("it is not listed any more", () -> listed(transaction).isEmpty());
        EventsException refused = patience.refusal(transaction::commit);
        assertThat(refused).isInstanceOf(ConflictException.class);
        assertThat(refused.code()).isEqualTo(ErrorCode.TRANSACTION_ENDED);
        assertThat(refused.problem().why()).contains("3000 ms");
        assertThat(committed(partition)).containsExactly("waits");
    }

    @Test
    void transaction_with_a_time_out_above_the_maximum_is_refused() throws Exception {
        EventsException refused = patience.refusal(() -> log.begin(OWNER, Duration.ofDays(30)));

        assertThat(refused).isInstanceOf(RejectedException.class);
        assertThat(refused.problem().why()).contains(Duration.ofDays(30).toString());
    }

    @Test
    void transactions_one_after_the_other_do_not_mix() throws Exception {
        TopicPartition partition = partition();

        for (int i = 0; i < 10; i++) {
            LogTransaction transaction = begin();
            append(transaction, partition, (i % 2 == 0 ? "kept " : "undone ") + i);
            patience.get(i % 2 == 0 ? transaction.commit() : transaction.abort());
        }

        assertThat(committed(partition)).containsExactly("kept 0", "kept 2", "kept 4", "kept 6", "kept 8");
    }

    @Test
    void transactions_side_by_side_do_not_mix() throws Exception {
        TopicPartition partition = partition();
        List<LogTransaction> open = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            open.add(begin());
        }
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 6; i++) {
                append(open.get(i), partition, i + ":" + round);
            }
        }

        for (int i = 5; i >= 0; i--) {
            patience.get(i % 2 == 0 ? open.get(i).commit() : open.get(i).abort());
        }

        assertThat(committed(partition)).containsExactly("0:0", "2:0", "4:0", "0:1", "2:1", "4:1", "0:2", "2:2", "4:2");
    }

    @Test
    void transaction_that_is_open_at_close_never_was() throws Exception {
        TopicPartition partition = partition();
        LogWriter writer = writer();
        patience.get(writer.append(record(partition, "before")));
        LogTransaction open = begin();
        append(open, partition, "undone");
        assertThat(listed(open)).isPresent();

        reopen();

        if (log.facts().survivesClose()) {
            assertThat(committed(partition)).containsExactly("before");
            append(partition, "after");
            assertThat(committed(partition)).containsExactly("before", "after");
        } else {
            assertThat(log.topic(partition.topic())).isEmpty();
        }
        assertThat(listed(open)).isEmpty();
    }

    @Test
    void transaction_is_listed_with_what_it_holds() throws Exception {
        TopicPartition one = partition();
        TopicPartition other = partition();
        append(one, "before");
        LogTransaction transaction = begin();
        append(transaction, one, "a");
        append(transaction, other, "b");
        append(transaction, one, "c");

        assertThat(listed(transaction)).hasValueSatisfying(open -> {
            assertThat(open.owner()).isEqualTo(OWNER);
            assertThat(open.held()).isEqualTo(Map.of(one, 1L, other, 0L));
        });

        patience.get(transaction.commit());
        assertThat(listed(transaction)).isEmpty();
    }

    @Test
    void transaction_that_somebody_aborts_is_over_for_its_owner() throws Exception {
        TopicPartition partition = partition();
        LogTransaction transaction = begin();
        append(transaction, partition, "a");

        log.abort(transaction.id());

        assertThat(listed(transaction)).isEmpty();
        assertThat(log.bounds(partition).heldBy()).isEmpty();
        assertThat(patience.refusal(() -> append(transaction, partition, "b")))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("by hand");
        assertThat(patience.refusal(transaction::commit).code()).isEqualTo(ErrorCode.TRANSACTION_ENDED);
        assertThat(committed(partition)).isEmpty();
        EventsException unknown = catchThrowableOfType(EventsException.class, () -> log.abort(transaction.id()));
        assertThat(unknown.code()).isEqualTo(ErrorCode.UNKNOWN_TRANSACTION);
    }

    @Test
    void transaction_commits_with_records_that_come_last() throws Exception {
        TopicPartition one = partition();
        TopicPartition other = partition();
        LogTransaction transaction = begin();
        append(transaction, one, "a");

        patience.get(transaction.commit(List.of(record(one, "b"), record(other, "c"))));

        assertThat(committed(one)).containsExactly("a", "b");
        assertThat(committed(other)).containsExactly("c");
        assertThat(listed(transaction)).isEmpty();
    }

    @Test
    void transaction_of_whose_last_records_one_is_refused_stays_open_and_writes_none() throws Exception {
        TopicPartition partition = partition();
        LogTransaction transaction = begin();
        List<NewRecord> records = List.of(record(partition, "a"), record(new TopicPartition(name("nobody"), 0), "b"));

        assertThat(patience.refusal(() -> transaction.commit(records))).isInstanceOf(NotFoundException.class);
        patience.get(transaction.abort());

        assertThat(uncommitted(partition)).isEmpty();
        assertThat(listed(transaction)).isEmpty();
    }

    @Test
    void transaction_takes_a_record_with_copies() throws Exception {
        TopicPartition one = partition();
        TopicPartition other = partition();
        LogTransaction transaction = begin();

        Appended first = patience.get(transaction.append(record(one, "a"), List.of(record(other, "copy of a"))));

        assertThat(first).isEqualTo(new Appended(one, 0));
        assertThat(committed(other)).isEmpty();
        patience.get(transaction.commit());
        assertThat(committed(one)).containsExactly("a");
        assertThat(committed(other)).containsExactly("copy of a");

        LogTransaction aborted = begin();
        patience.get(aborted.append(record(one, "b"), List.of(record(other, "copy of b"))));
        patience.get(aborted.abort());
        assertThat(committed(one)).containsExactly("a");
        assertThat(committed(other)).containsExactly("copy of a");
    }
}
