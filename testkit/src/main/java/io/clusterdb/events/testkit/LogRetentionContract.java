package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.LogEngine.Trait;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Where times are in a partition, and how its start moves. */
abstract class LogRetentionContract extends LogReadContract {

    private TopicPartition partitionOf(Topic topic) {
        return new TopicPartition(log.createTopic(topic).name(), 0);
    }

    @Test
    void offset_at_a_time_is_that_of_the_first_record_from_then_on() throws Exception {
        TopicPartition partition = partition();
        for (String value : List.of("a", "b", "c")) {
            append(partition, value);
            patience.tick();
        }
        List<LogRecord> records = reading().seek(partition, 0).take(3);
        Instant b = Instant.ofEpochMilli(records.get(1).timestamp());

        assertThat(log.offsetAt(partition, b)).isOne();
        assertThat(log.offsetAt(partition, b.minusMillis(1))).isOne();
        assertThat(log.offsetAt(partition, b.plusMillis(1))).isEqualTo(2);
        assertThat(log.offsetAt(partition, Instant.EPOCH)).isZero();
        assertThat(log.offsetAt(partition, Instant.EPOCH.minusSeconds(10))).isZero();
        assertThat(log.offsetAt(partition, Instant.now().plus(Duration.ofHours(1))))
                .isEqualTo(3);
    }

    @Test
    void offset_at_a_time_is_never_below_the_start() throws Exception {
        TopicPartition partition = partition();
        appendNumbers(partition, 10);
        patience.get(log.trim(partition, 4));

        assertThat(log.offsetAt(partition, Instant.EPOCH)).isEqualTo(4);
    }

    @Test
    void offset_at_a_time_of_an_unknown_topic_is_not_found() throws Exception {
        TopicPartition unknown = new TopicPartition(name("nobody"), 0);

        assertThat(patience.refusal(() -> log.offsetAt(unknown, Instant.EPOCH))).isInstanceOf(NotFoundException.class);
    }

    @Test
    void trim_moves_the_start_and_no_offset() throws Exception {
        TopicPartition partition = partition();
        appendNumbers(partition, 20);

        patience.get(log.trim(partition, 7));

        Bounds bounds = log.bounds(partition);
        assertThat(List.of(bounds.start(), bounds.stableEnd(), bounds.end())).containsExactly(7L, 20L, 20L);
        List<LogRecord> read = reading().seek(partition, 7).take(13);
        assertThat(values(read)).isEqualTo(numbers(7, 20));
        assertThat(read.get(0).offset()).isEqualTo(7);
        append(partition, "next");
        assertThat(values(reading().seek(partition, 20).take(1))).containsExactly("next");
    }

    @Test
    void trim_below_the_start_changes_nothing() throws Exception {
        TopicPartition partition = partition();
        appendNumbers(partition, 20);
        patience.get(log.trim(partition, 7));

        patience.get(log.trim(partition, 3));

        assertThat(log.bounds(partition).start()).isEqualTo(7);
        assertThat(committed(partition)).isEqualTo(numbers(7, 20));
    }

    @Test
    void trim_to_the_end_leaves_nothing_but_the_offsets() throws Exception {
        TopicPartition partition = partition();
        appendNumbers(partition, 20);

        patience.get(log.trim(partition, 20));

        Bounds bounds = log.bounds(partition);
        assertThat(List.of(bounds.start(), bounds.end())).containsExactly(20L, 20L);
        append(partition, "next");
        List<LogRecord> read = reading().seek(partition, 20).take(1);
        assertThat(offsets(read)).containsExactly(20L);
        assertThat(values(read)).containsExactly("next");
    }

    @Test
    void trim_beyond_the_end_is_refused() throws Exception {
        TopicPartition partition = partition();
        appendNumbers(partition, 20);

        EventsException refused = patience.refusal(() -> log.trim(partition, 21));

        assertThat(refused).isInstanceOf(RejectedException.class);
        assertThat(refused.code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
        assertThat(committed(partition)).isEqualTo(numbers(0, 20));
    }

    @Test
    void trim_of_an_unknown_topic_is_not_found() throws Exception {
        TopicPartition unknown = new TopicPartition(name("nobody"), 0);

        assertThat(patience.refusal(() -> log.trim(unknown, 0))).isInstanceOf(NotFoundException.class);
    }

    @Test
    void trim_of_a_compacted_topic_is_done_or_refused() throws Exception {
        TopicPartition partition = partitionOf(Topic.named(name("table")).cleanup(CleanupPolicy.COMPACT));
        LogWriter writer = writer();
        for (int i = 0; i < 5; i++) {
            patience.get(writer.append(keyed(partition.topic(), "k" + i, "v" + i)));
        }
        Callable<CompletableFuture<Void>> trim = () -> log.trim(partition, 3);

        if (log.facts().has(Trait.KEEPS_COMPACTED)) {
            assertThat(patience.refusal(trim)).isInstanceOf(RejectedException.class);
            assertThat(log.bounds(partition).start()).isZero();
        } else {
            patience.get(trim.call());
            assertThat(log.bounds(partition).start()).isEqualTo(3);
        }
        assertThat(committed(partition)).endsWith("v3", "v4");
    }

    @Test
    void expiring_tells_what_is_older_than_its_topic_keeps() throws Exception {
        TopicPartition kept = partition();
        TopicPartition table = partitionOf(Topic.named(name("table"))
                .cleanup(CleanupPolicy.COMPACT)
                .retention(new RetentionPolicy(Duration.ofMillis(1), null)));
        TopicPartition expiring =
                partitionOf(Topic.named(name("short")).retention(new RetentionPolicy(Duration.ofSeconds(4), null)));
        append(kept, "kept");
        patience.get(writer().append(keyed(table.topic(), "k", "v")));
        append(expiring, "a", "b");
        assertThat(log.expiring()).doesNotContainKey(expiring);

        Map<TopicPartition, Long> told = new HashMap<>();
        patience.until("records expire", () -> {
            told.putAll(log.expiring());
            return told.getOrDefault(expiring, 0L) == 2;
        });

        assertThat(told).doesNotContainKeys(kept, table);

        patience.get(log.trim(expiring, 2));

        assertThat(log.expiring()).doesNotContainKey(expiring);
    }

    @Test
    void expiring_tells_what_is_above_the_size_of_its_topic_unless_the_engine_deletes_that() throws Exception {
        TopicPartition partition =
                partitionOf(Topic.named(name("narrow")).retention(new RetentionPolicy(null, ByteSize.mib(1))));
        String value = "x".repeat(50_000);
        try (LogWriter writer = log.writer(Producer.defaults())) {
            for (int i = 0; i < 80; i++) {
                patience.get(writer.append(record(partition, value)));
            }
        }

        if (log.facts().has(Trait.DELETES_SEGMENTS)) {
            assertThat(log.expiring()).doesNotContainKey(partition);
            patience.until("segments are deleted", () -> log.bounds(partition).start() > 0);
            assertThat(log.bounds(partition).start()).as("what fits is kept").isLessThan(70);
        } else {
            assertThat(log.bounds(partition).start()).isZero();
            assertThat(log.expiring().get(partition)).isBetween(59L, 61L);
        }
        assertThat(log.bounds(partition).end()).isEqualTo(80);
    }
}
