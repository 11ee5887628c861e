package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ConsumerConfig;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Members share partitions, and what a former holder does is refused. */
abstract class LogMemberContract extends LogTransactionContract {
    private static final Duration SESSION = Duration.ofSeconds(2);

    /** A group with a session that no stall of a busy machine ends. */
    private static ConsumerGroup group(String... topics) {
        return ConsumerGroup.of(name("group"), topics)
                .config(ConsumerConfig.defaults().session(Duration.ofSeconds(20), Duration.ofMillis(200)));
    }

    private Worker join(ConsumerGroup group) {
        return opened(new Worker(log, group, group.topics(), true));
    }

    private Worker joinHoldingOn(ConsumerGroup group) {
        return opened(new Worker(log, group, group.topics(), false));
    }

    private static Set<TopicPartition> partitions(String topic, int count) {
        Set<TopicPartition> all = new TreeSet<>();
        for (int p = 0; p < count; p++) {
            all.add(new TopicPartition(topic, p));
        }
        return all;
    }

    /** Has workers take part until it is so; all the while no partition has two holders. */
    private void work(String until, List<Worker> workers, BooleanSupplier condition) {
        patience.until(until, () -> {
            workers.forEach(Worker::poll);
            Set<TopicPartition> seen = new HashSet<>();
            for (Worker worker : workers) {
                for (TopicPartition partition : worker.held()) {
                    assertThat(seen.add(partition))
                            .as("the only holder of " + partition)
                            .isTrue();
                }
            }
            return condition.getAsBoolean();
        });
    }

    private void workUntilHeld(Set<TopicPartition> all, Worker... workers) {
        work("together they hold " + all, List.of(workers), () -> {
            Set<TopicPartition> held = new HashSet<>();
            for (Worker worker : workers) {
                held.addAll(worker.held());
            }
            return held.equals(all);
        });
    }

    @Test
    void join_alone_gets_every_partition() {
        String topic = topic(4);
        String other = topic(1);

        Worker worker = join(group(topic, other));

        Set<TopicPartition> all = partitions(topic, 4);
        all.addAll(partitions(other, 1));
        workUntilHeld(all, worker);
    }

    @Test
    void join_is_signalled_when_there_is_something_to_be_told() throws Exception {
        Worker worker = join(group(topic(2)));

        while (worker.held().isEmpty()) {
            assertThat(worker.signals().tryAcquire(budget().toMillis(), TimeUnit.MILLISECONDS))
                    .as("signalled")
                    .isTrue();
            worker.poll();
        }

        assertThat(worker.held()).hasSize(2);
    }

    @Test
    void join_of_another_takes_over_only_what_is_released() {
        String topic = topic(4);
        ConsumerGroup group = group(topic);
        Worker first = joinHoldingOn(group);
        workUntilHeld(partitions(topic, 4), first);

        Worker second = joinHoldingOn(group);
        work(
                "the first is asked for a share",
                List.of(first, second),
                () -> !first.revoked().isEmpty());
        Set<TopicPartition> share = Set.copyOf(first.revoked());
        for (int i = 0; i < 50; i++) {
            work("a while", List.of(first, second), () -> true);
        }

        assertThat(share).hasSize(2);
        assertThat(second.held()).isEmpty();

        first.release();
        work(
                "the second gets its share",
                List.of(first, second),
                () -> second.held().equals(share));

        assertThat(first.held()).hasSize(2).doesNotContainAnyElementsOf(share);
        assertThat(first.everRevoked()).isEqualTo(share);
        assertThat(first.lost()).isEmpty();
    }

    @Test
    void join_of_several_spreads_all_partitions_evenly_and_each_to_one() {
        String topic = topic(7);
        ConsumerGroup group = group(topic);

        Worker a = join(group);
        Worker b = join(group);
        Worker c = join(group);

        work(
                "the load is even",
                List.of(a, b, c),
                () -> List.of(a, b, c).stream()
                                .allMatch(w -> w.held().size() == 2 || w.held().size() == 3)
                        && a.held().size() + b.held().size() + c.held().size() == 7);
        workUntilHeld(partitions(topic, 7), a, b, c);
    }

    @Test
    void join_gives_only_the_topics_that_a_member_wants() {
        String one = topic(2);
        String two = topic(2);
        ConsumerGroup group = group(one, two);

        Worker a = opened(new Worker(log, group, Set.of(one), true));
        Worker b = opened(new Worker(log, group, Set.of(two), true));

        work(
                "each has its topic",
                List.of(a, b),
                () -> a.held().equals(partitions(one, 2)) && b.held().equals(partitions(two, 2)));
    }

    @Test
    void join_of_another_group_takes_nothing_away() throws Exception {
        String topic = topic(2);
        appendNumbers(new TopicPartition(topic, 0), 5);

        Worker a = join(group(topic));
        Worker b = join(group(topic));

        patience.until("both have read all", () -> {
            a.poll();
            b.poll();
            return a.records().size() == 5 && b.records().size() == 5;
        });
        assertThat(a.held()).isEqualTo(b.held()).isEqualTo(partitions(topic, 2));
    }

    @Test
    void member_reads_from_where_it_seeks_and_is_woken_by_what_comes() throws Exception {
        String topic = topic(1);
        TopicPartition partition = new TopicPartition(topic, 0);
        appendNumbers(partition, 10);
        Worker worker = join(group(topic));
        work("it has read all", List.of(worker), () -> worker.records().size() == 10);

        worker.member().seek(partition, 8);
        work("it has read two again", List.of(worker), () -> worker.records().size() == 12);
        worker.signals().drainPermits();
        assertThat(worker.poll()).isEmpty();
        append(partition, "new");

        assertThat(worker.signals().tryAcquire(budget().toMillis(), TimeUnit.MILLISECONDS))
                .isTrue();
        work("it has read the new one", List.of(worker), () -> worker.records().size() == 13);
        assertThat(values(worker.records().subList(10, 13))).containsExactly("8", "9", "new");
    }

    @Test
    void member_reads_by_the_isolation_of_its_group() throws Exception {
        String topic = topic(1);
        LogTransaction open = begin();
        append(open, new TopicPartition(topic, 0), "uncommitted");
        ConsumerGroup committed = group(topic);
        ConsumerGroup hasty = group(topic);
        hasty = hasty.config(hasty.config().isolationLevel(IsolationLevel.READ_UNCOMMITTED));
        Worker patient = join(committed);
        Worker other = join(hasty);

        work("the hasty one has read", List.of(other), () -> !other.records().isEmpty());
        workUntilHeld(partitions(topic, 1), patient);
        assertThat(patient.records()).isEmpty();
        patience.get(open.commit());

        work(
                "the patient one has read",
                List.of(patient),
                () -> !patient.records().isEmpty());
    }

    @Test
    void member_gets_the_partitions_by_which_its_topic_grows() {
        String topic = topic(2);
        Worker worker = join(group(topic));
        workUntilHeld(partitions(topic, 2), worker);

        log.alterTopic(Topic.named(topic).partitions(4));

        workUntilHeld(partitions(topic, 4), worker);
    }

    @Test
    void members_are_listed_with_what_they_hold() {
        String topic = topic(3);
        ConsumerGroup group = group(topic);
        Worker a = join(group);
        Worker b = join(group);

        work("both are listed with all that they hold", List.of(a, b), () -> {
            Map<String, Set<TopicPartition>> members = log.members(group.name());
            return members.size() == 2
                    && a.held().size() + b.held().size() == 3
                    && Set.copyOf(members.values()).equals(Set.of(a.held(), b.held()));
        });

        a.close();

        work(
                "the one that is left holds all",
                List.of(b),
                () -> log.members(group.name()).values().stream().toList().equals(List.of(partitions(topic, 3))));
    }

    @Test
    void members_of_a_group_without_any_are_none() {
        String topic = topic(1);
        ConsumerGroup group = group(topic);
        assertThat(log.members(group.name())).isEmpty();
        Worker worker = join(group);
        workUntilHeld(partitions(topic, 1), worker);
        assertThat(log.members(group.name())).hasSize(1);

        worker.close();

        patience.until("nobody is left", () -> log.members(group.name()).isEmpty());
    }

    @Test
    void member_that_leaves_hands_over_at_once() {
        String topic = topic(4);
        ConsumerGroup group = group(topic);
        Worker first = joinHoldingOn(group);
        workUntilHeld(partitions(topic, 4), first);
        Worker second = join(group);

        first.close();

        workUntilHeld(partitions(topic, 4), second);
    }

    // --- commits

    @Test
    void commit_writes_records_in_one_step() throws Exception {
        String topic = topic(2);
        Worker worker = join(group(topic));
        workUntilHeld(partitions(topic, 2), worker);
        TopicPartition notes = partition();
        TopicPartition letters = partition();
        Map<TopicPartition, Long> floors = Map.of(new TopicPartition(topic, 0), 3L, new TopicPartition(topic, 1), 1L);

        patience.get(
                worker.member().commit(floors, List.of(record(notes, "a"), record(letters, "b"), record(notes, "c"))));

        assertThat(committed(notes)).containsExactly("a", "c");
        assertThat(committed(letters)).containsExactly("b");
        TopicPartition unknown = new TopicPartition(name("nobody"), 0);
        EventsException refused = patience.refusal(() ->
                worker.member().commit(floors, List.of(record(notes, "half"), record(unknown, "other half"))));
        assertThat(refused).isInstanceOf(NotFoundException.class);
        assertThat(committed(notes)).containsExactly("a", "c");
    }

    @Test
    void commit_without_a_floor_asks_for_a_member_all_the_same() throws Exception {
        String topic = topic(1);
        Worker worker = join(group(topic));
        workUntilHeld(partitions(topic, 1), worker);
        TopicPartition notes = partition();

        patience.get(worker.member().commit(Map.of(), List.of(record(notes, "of a member"))));
        worker.close();

        assertThat(patience.refusal(() -> worker.member().commit(Map.of(), List.of(record(notes, "of nobody")))))
                .isInstanceOf(ConflictException.class);
        assertThat(committed(notes)).containsExactly("of a member");
    }

    @Test
    void commits_follow_each_other_in_the_order_of_the_calls() throws Exception {
        String topic = topic(1);
        Worker worker = join(group(topic));
        workUntilHeld(partitions(topic, 1), worker);
        TopicPartition notes = partition();

        for (int i = 0; i < 20; i++) {
            Map<TopicPartition, Long> floors = Map.of(new TopicPartition(topic, 0), (long) i);
            patience.get(worker.member().commit(floors, List.of(record(notes, Integer.toString(i)))));
        }

        assertThat(committed(notes)).isEqualTo(numbers(0, 20));
    }

    @Test
    void commit_for_what_was_released_is_refused() throws Exception {
        String topic = topic(2);
        ConsumerGroup group = group(topic);
        Worker first = joinHoldingOn(group);
        workUntilHeld(partitions(topic, 2), first);
        Worker second = join(group);
        work(
                "the first is asked for one",
                List.of(first, second),
                () -> first.revoked().size() == 1);
        TopicPartition moved = first.revoked().iterator().next();
        TopicPartition notes = partition();
        patience.get(first.member().commit(Map.of(moved, 1L), List.of(record(notes, "last of the first"))));

        first.release();
        work("the second has it", List.of(first, second), () -> second.held().contains(moved));
        EventsException refused =
                patience.refusal(() -> first.member().commit(Map.of(moved, 2L), List.of(record(notes, "too late"))));

        assertThat(refused).isInstanceOf(ConflictException.class);
        assertThat(refused.code()).isEqualTo(ErrorCode.MEMBER_FENCED);
        TopicPartition kept = first.held().iterator().next();
        patience.get(first.member().commit(Map.of(kept, 2L), List.of(record(notes, "of the kept one"))));
        patience.get(second.member().commit(Map.of(moved, 2L), List.of(record(notes, "of the second"))));
        assertThat(committed(notes)).containsExactly("last of the first", "of the kept one", "of the second");
    }

    @Test
    void commit_of_a_member_that_was_not_polled_for_its_session_is_refused() throws Exception {
        String topic = topic(2);
        ConsumerGroup group = group(topic);
        Worker first = join(group.config(group.config().session(SESSION, Duration.ofMillis(200))));
        workUntilHeld(partitions(topic, 2), first);
        Worker second = join(group);
        Set<TopicPartition> heldByFirst = Set.copyOf(first.held());
        TopicPartition notes = partition();

        patience.until("the second holds all", () -> {
            second.poll();
            return second.held().equals(partitions(topic, 2));
        });

        for (TopicPartition moved : heldByFirst) {
            EventsException refused = patience.refusal(
                    () -> first.member().commit(Map.of(moved, 1L), List.of(record(notes, "of the dead"))));
            assertThat(refused).isInstanceOf(ConflictException.class);
            assertThat(refused.code()).isEqualTo(ErrorCode.MEMBER_FENCED);
        }
        patience.get(second.member()
                .commit(Map.of(new TopicPartition(topic, 0), 1L), List.of(record(notes, "of the living"))));
        assertThat(committed(notes)).containsExactly("of the living");

        first.poll();
        assertThat(first.lost()).containsAll(heldByFirst);
        work(
                "the first has a share again",
                List.of(first, second),
                () -> first.held().size() == 1 && second.held().size() == 1);
    }

    @Test
    void commit_of_a_transaction_takes_the_floors_of_its_member_along() throws Exception {
        String topic = topic(1);
        Worker worker = join(group(topic));
        workUntilHeld(partitions(topic, 1), worker);
        Map<TopicPartition, Long> floors = Map.of(new TopicPartition(topic, 0), 1L);
        TopicPartition output = partition();
        TopicPartition notes = partition();
        LogTransaction transaction = begin();
        append(transaction, output, "result");

        patience.get(transaction.commit(worker.member(), floors, List.of(record(notes, "done"))));

        assertThat(committed(output)).containsExactly("result");
        assertThat(committed(notes)).containsExactly("done");
        patience.get(worker.member().commit(floors, List.of(record(notes, "goes on"))));
        assertThat(committed(notes)).containsExactly("done", "goes on");
    }

    @Test
    void commit_of_a_transaction_for_a_former_holder_is_refused_as_a_whole() throws Exception {
        String topic = topic(1);
        ConsumerGroup group = group(topic);
        Worker worker = join(group);
        workUntilHeld(partitions(topic, 1), worker);
        TopicPartition output = partition();
        TopicPartition notes = partition();
        LogTransaction transaction = begin();
        append(transaction, output, "result");

        worker.close();
        EventsException refused = patience.refusal(() -> transaction.commit(
                worker.member(), Map.of(new TopicPartition(topic, 0), 1L), List.of(record(notes, "done"))));
        patience.get(transaction.abort());

        assertThat(refused).isInstanceOf(ConflictException.class);
        assertThat(refused.code()).isEqualTo(ErrorCode.MEMBER_FENCED);
        append(output, "other");
        append(notes, "other");
        assertThat(committed(output)).containsExactly("other");
        assertThat(committed(notes)).containsExactly("other");
    }
}
