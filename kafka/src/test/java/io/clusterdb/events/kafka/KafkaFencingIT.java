package io.clusterdb.events.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ConsumerConfig;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogMember;
import io.clusterdb.events.spi.LogReader;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.spi.TopicPartition;
import io.clusterdb.events.testkit.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** What a former holder of a partition still does comes to nothing, or is seen by the next one. */
class KafkaFencingIT {
    private static final Patience PATIENCE = new Patience(Duration.ofSeconds(30));

    private LogEngine log;
    private TopicPartition input;
    private TopicPartition notes;
    private ConsumerGroup group;

    /** A member that notes what it is told. */
    private static final class Told implements LogMember.Listener {
        private final Set<TopicPartition> assigned = new TreeSet<>();
        private final Set<TopicPartition> lost = new TreeSet<>();

        @Override
        public void signal() {
            // It is polled all the time.
        }

        @Override
        public void assigned(Collection<TopicPartition> partitions) {
            assigned.addAll(partitions);
        }

        @Override
        public void revoked(Collection<TopicPartition> partitions) {
            throw new AssertionError("nobody wants " + partitions);
        }

        @Override
        public void lost(Collection<TopicPartition> partitions) {
            lost.addAll(partitions);
            assigned.removeAll(partitions);
        }
    }

    @BeforeEach
    void open(TestInfo test) {
        String name = test.getTestMethod().orElseThrow().getName();
        log = Kafka.at(KafkaNode.shared().address()).open(EventBroker.named("fencing"), new Threads());
        input = new TopicPartition(log.createTopic(Topic.named("in-" + name)).name(), 0);
        notes = new TopicPartition(log.createTopic(Topic.named("notes-" + name)).name(), 0);
        group = ConsumerGroup.of("group-" + name, input.topic())
                .config(ConsumerConfig.defaults().session(Duration.ofSeconds(20), Duration.ofMillis(200)));
    }

    @AfterEach
    void close() {
        log.close();
    }

    private NewRecord note(String text) {
        return new NewRecord(notes.topic(), 0, null, Bytes.utf8(text), Headers.NONE);
    }

    /** What a committed reader finds, up to where it can read now. */
    private List<String> committedNotes() {
        List<String> values = new ArrayList<>();
        long end = log.bounds(notes).stableEnd();
        try (LogReader reader = log.reader(IsolationLevel.READ_COMMITTED, () -> {})) {
            reader.seek(notes, 0);
            long[] next = {0};
            PATIENCE.until("notes are read", () -> {
                reader.poll(100).forEach(fetched -> {
                    next[0] = fetched.next();
                    fetched.records()
                            .forEach(r -> values.add(String.valueOf(
                                    r.value() == null ? null : r.value().utf8())));
                });
                return next[0] >= end;
            });
        }
        return values;
    }

    /** A holder of another make, which joins the group, begins its work under an id, and leaves the group before the end. */
    private KafkaProducer<String, String> leaveWork(String transactionalId, String note) throws Exception {
        KafkaProducer<String, String> producer = RawKafka.producer(Map.of("transactional.id", transactionalId));
        producer.initTransactions();
        try (KafkaConsumer<String, byte[]> consumer = RawKafka.consumer(Map.of(
                "group.id", group.name(),
                "auto.offset.reset", "earliest",
                "enable.auto.commit", "false",
                "partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"))) {
            consumer.subscribe(List.of(input.topic()));
            PATIENCE.until("it has the partition", () -> {
                consumer.poll(Duration.ofMillis(50));
                return !consumer.assignment().isEmpty();
            });
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(notes.topic(), 0, null, note)).get();
            producer.sendOffsetsToTransaction(
                    Map.of(Cluster.kafkas(input), new OffsetAndMetadata(1)), consumer.groupMetadata());
        }
        return producer;
    }

    @Test
    void work_left_open_under_the_id_of_a_partition_is_aborted_by_the_next_holder() throws Exception {
        String id = Transactions.id(group.name(), input);
        try (KafkaProducer<String, String> former = leaveWork(id, "of the former")) {
            Told told = new Told();
            LogMember member = log.join(group, group.topics(), told);

            PATIENCE.until("the next is told", () -> {
                member.poll(10);
                return !told.assigned.isEmpty();
            });

            assertThat(log.bounds(notes).heldBy()).as("nothing is open").isEmpty();
            assertThat(committedNotes()).isEmpty();
            member.commit(Map.of(input, 1L), List.of(note("of the next"))).get(30, TimeUnit.SECONDS);
            assertThatThrownBy(former::commitTransaction).isInstanceOf(KafkaException.class);
            assertThat(committedNotes()).containsExactly("of the next");
            member.close();
        }
    }

    @Test
    void work_under_another_id_is_waited_for_and_seen_by_the_next_holder() throws Exception {
        try (KafkaProducer<String, String> former = leaveWork("events-tx:app:fencing-it", "of the former")) {
            Told told = new Told();
            LogMember member = log.join(group, group.topics(), told);
            PATIENCE.until("the group is the next one's", () -> {
                member.poll(10);
                return log.members(group.name()).values().stream().anyMatch(held -> held.contains(input));
            });
            for (int i = 0; i < 100; i++) {
                member.poll(10);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
            assertThat(told.assigned)
                    .as("told while the former may still commit")
                    .isEmpty();

            former.commitTransaction();

            PATIENCE.until("the next is told", () -> {
                member.poll(10);
                return !told.assigned.isEmpty();
            });
            assertThat(committedNotes()).containsExactly("of the former");
            member.close();
        }
    }

    @Test
    void an_engine_that_is_closed_leaves_its_groups_at_once() {
        ConsumerGroup patient = group.config(group.config().session(Duration.ofSeconds(60), Duration.ofMillis(200)));
        Told first = new Told();
        LogEngine other = Kafka.at(KafkaNode.shared().address()).open(EventBroker.named("other"), new Threads());
        LogMember left = other.join(patient, group.topics(), first);
        PATIENCE.until("it has the partition", () -> {
            left.poll(10);
            return !first.assigned.isEmpty();
        });
        Told told = new Told();
        LogMember member = log.join(patient, group.topics(), told);

        other.close();

        long deadline = System.nanoTime()
                + patient.config().sessionTimeout().dividedBy(2).toNanos();
        PATIENCE.until("the next is told", () -> {
            member.poll(10);
            return !told.assigned.isEmpty();
        });
        assertThat(System.nanoTime()).as("before the session was over").isLessThan(deadline);
        member.close();
    }

    @Test
    void work_of_a_member_that_the_group_has_put_out_is_refused_even_before_it_knows() throws Exception {
        Told told = new Told();
        LogMember member = log.join(group, group.topics(), told);
        PATIENCE.until("it has the partition", () -> {
            member.poll(10);
            return !told.assigned.isEmpty();
        });
        member.commit(Map.of(input, 1L), List.of(note("in time"))).get(30, TimeUnit.SECONDS);
        try (Admin admin = RawKafka.admin()) {
            admin.removeMembersFromConsumerGroup(group.name(), new RemoveMembersFromConsumerGroupOptions())
                    .all()
                    .get();
        }

        CompletableFuture<Void> late = member.commit(Map.of(input, 2L), List.of(note("too late")));

        assertThatThrownBy(() -> late.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(ConflictException.class);
        PATIENCE.until("it is back", () -> {
            member.poll(10);
            return told.lost.contains(input) && told.assigned.contains(input);
        });
        member.commit(Map.of(input, 2L), List.of(note("once more"))).get(30, TimeUnit.SECONDS);
        assertThat(committedNotes()).containsExactly("in time", "once more");
        member.close();
    }
}
