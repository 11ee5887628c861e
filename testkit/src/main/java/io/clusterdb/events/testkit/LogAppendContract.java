package io.clusterdb.events.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Acks;
import io.clusterdb.events.ByteSize;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.Compression;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.LogWriter.Appended;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Records go in: where to, in which order, whole, and answered. */
abstract class LogAppendContract extends LogTopicContract {
    /** Keys, and the partitions out of seven that Kafka's own client puts them in. */
    private static final Map<String, Integer> PLACES_OF_SEVEN = Map.ofEntries(
            Map.entry("21", 3),
            Map.entry("foobar", 0),
            Map.entry("a-little-bit-long-string", 1),
            Map.entry("a-little-bit-longer-string", 0),
            Map.entry("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", 3),
            Map.entry("abc", 4),
            Map.entry("", 2),
            Map.entry("a", 5),
            Map.entry("order-1", 4),
            Map.entry("order-2", 1),
            Map.entry("k\u00e4se", 0),
            Map.entry("\u0000", 0));

    @Test
    void append_gives_each_partition_offsets_of_its_own_from_zero() throws Exception {
        String topic = topic(2);
        LogWriter writer = writer();
        List<Appended> answers = new ArrayList<>();

        for (int partition : new int[] {0, 1, 0, 0, 1}) {
            answers.add(patience.get(writer.append(record(new TopicPartition(topic, partition), "v"))));
        }

        TopicPartition zero = new TopicPartition(topic, 0);
        TopicPartition one = new TopicPartition(topic, 1);
        assertThat(answers)
                .containsExactly(
                        new Appended(zero, 0),
                        new Appended(one, 0),
                        new Appended(zero, 1),
                        new Appended(zero, 2),
                        new Appended(one, 1));
    }

    @Test
    void append_keeps_the_order_of_the_calls() throws Exception {
        TopicPartition partition = partition();

        appendNumbers(partition, 3_000);

        assertThat(committed(partition)).isEqualTo(numbers(0, 3_000));
    }

    @Test
    void append_by_several_threads_loses_nothing_and_keeps_the_order_of_each() throws Exception {
        TopicPartition partition = partition();
        LogWriter shared = writer();
        int each = 500;

        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int thread = 0; thread < 4; thread++) {
                String prefix = thread + ":";
                threads.execute(() -> {
                    for (int i = 0; i < each; i++) {
                        shared.append(record(partition, prefix + i));
                    }
                });
            }
            threads.shutdown();
            assertThat(threads.awaitTermination(1, MINUTES)).isTrue();
        }
        patience.get(shared.append(record(partition, "last")));

        List<String> all = committed(partition);
        assertThat(all).hasSize(4 * each + 1).doesNotHaveDuplicates();
        for (int thread = 0; thread < 4; thread++) {
            String prefix = thread + ":";
            assertThat(all.stream().filter(v -> v.startsWith(prefix)).map(v -> v.substring(2)))
                    .containsExactlyElementsOf(numbers(0, each));
        }
    }

    @Test
    void append_places_keys_as_kafka_does() throws Exception {
        String topic = topic(7);
        LogWriter writer = writer();

        for (Map.Entry<String, Integer> place : PLACES_OF_SEVEN.entrySet()) {
            Appended appended = patience.get(writer.append(keyed(topic, place.getKey(), "v")));

            assertThat(appended.partition().partition()).as(place.getKey()).isEqualTo(place.getValue());
        }
    }

    @Test
    void append_without_a_key_stays_in_a_partition_for_a_batch() throws Exception {
        String topic = topic(8);
        LogWriter writer = writer();
        Set<TopicPartition> used = new HashSet<>();

        for (int i = 0; i < 10; i++) {
            used.add(patience.get(writer.append(unkeyed(topic, "v" + i))).partition());
        }

        assertThat(used).hasSize(1);
        assertThat(committed(used.iterator().next())).hasSize(10);
    }

    @Test
    void append_without_a_key_gets_to_every_partition_in_time() throws Exception {
        String topic = topic(4);
        LogWriter writer = writer(Producer.defaults().withBatchSize(ByteSize.kib(1)));
        Set<Integer> used = new HashSet<>();

        for (int i = 0; i < 300; i++) {
            Appended appended = patience.get(writer.append(unkeyed(topic, "x".repeat(600))));
            used.add(appended.partition().partition());
        }

        assertThat(used).containsExactlyInAnyOrder(0, 1, 2, 3);
    }

    @Test
    void append_without_a_key_begins_in_any_partition() throws Exception {
        String topic = topic(16);
        Set<TopicPartition> used = new HashSet<>();

        for (int i = 0; i < 10; i++) {
            try (LogWriter writer = log.writer(Producer.defaults())) {
                used.add(patience.get(writer.append(unkeyed(topic, "v"))).partition());
            }
        }

        assertThat(used).as("of ten writers in sixteen partitions").hasSizeGreaterThan(1);
    }

    @Test
    void append_to_an_unknown_topic_or_partition_is_not_found() throws Exception {
        String topic = topic(2);
        LogWriter writer = writer();

        for (TopicPartition unknown : List.of(
                new TopicPartition(name("nobody"), 0), new TopicPartition(topic, 2), new TopicPartition(topic, 99))) {
            EventsException refused = patience.refusal(() -> writer.append(record(unknown, "v")));

            assertThat(refused).isInstanceOf(NotFoundException.class);
            assertThat(refused.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
        }
    }

    @Test
    void append_that_is_refused_leaves_the_room_of_its_bytes_to_others() throws Exception {
        TopicPartition partition = partition();
        LogWriter narrow = writer(Producer.defaults()
                .withBatchSize(ByteSize.kib(1))
                .withMaxInFlight(ByteSize.kib(1))
                .withDeliveryTimeout(Duration.ofSeconds(5)));
        String value = "x".repeat(700);

        for (int i = 0; i < 3; i++) {
            TopicPartition unknown = new TopicPartition(partition.topic(), 7);
            assertThat(patience.refusal(() -> narrow.append(record(unknown, value))))
                    .isInstanceOf(NotFoundException.class);
        }

        assertThat(patience.get(narrow.append(record(partition, value))).offset())
                .isZero();
    }

    @Test
    void append_waits_for_room_and_lets_a_record_above_it_go_alone() throws Exception {
        TopicPartition partition = partition();
        LogWriter narrow =
                writer(Producer.defaults().withBatchSize(ByteSize.kib(1)).withMaxInFlight(ByteSize.kib(4)));
        List<CompletableFuture<Appended>> appends = new ArrayList<>();

        for (int i = 0; i < 50; i++) {
            appends.add(narrow.append(record(partition, "x".repeat(i % 10 == 0 ? 20_000 : 1_000))));
        }

        for (int i = 0; i < 50; i++) {
            assertThat(patience.get(appends.get(i))).isEqualTo(new Appended(partition, i));
        }
    }

    @Test
    void append_of_too_large_a_record_is_refused_before_anything_is_written() throws Exception {
        TopicPartition partition = partition();
        NewRecord largest = new NewRecord(
                partition.topic(),
                0,
                Bytes.utf8("key"),
                Bytes.of(new byte[9_000]),
                new Headers.Builder().add("name", "value").build());
        log.alterTopic(Topic.named(partition.topic()).maxMessageSize(ByteSize.bytes(largest.size())));
        NewRecord larger =
                new NewRecord(partition.topic(), 0, Bytes.utf8("key"), Bytes.of(new byte[9_001]), largest.headers());
        LogWriter writer = writer();

        EventsException refused = patience.refusal(() -> writer.append(larger));

        assertThat(refused).isInstanceOf(RejectedException.class);
        assertThat(refused.code()).isEqualTo(ErrorCode.TOO_LARGE);
        assertThat(refused.problem().why())
                .contains(Integer.toString(larger.size()))
                .contains(Integer.toString(largest.size()))
                .contains("maxMessageSize");
        assertThat(patience.get(writer.append(largest))).isEqualTo(new Appended(partition, 0));
    }

    @Test
    void append_without_a_key_to_a_compacted_topic_is_refused() throws Exception {
        for (CleanupPolicy policy : List.of(CleanupPolicy.COMPACT, CleanupPolicy.COMPACT_DELETE)) {
            TopicPartition partition = new TopicPartition(
                    log.createTopic(Topic.named(name("table")).cleanup(policy)).name(), 0);
            LogWriter writer = writer();

            EventsException refused = patience.refusal(() -> writer.append(record(partition, "no key")));

            assertThat(refused).isInstanceOf(RejectedException.class);
            assertThat(refused.code()).isEqualTo(ErrorCode.KEY_MISSING);
            assertThat(patience.get(writer.append(keyed(partition, "k", "v")))).isEqualTo(new Appended(partition, 0));
        }
    }

    @ParameterizedTest
    @EnumSource
    void append_with_a_topics_compression_comes_back_whole(Compression compression) throws Exception {
        Topic topic = log.createTopic(Topic.named(name("packed")).compression(compression));

        assertComesBackWhole(new TopicPartition(topic.name(), 0), Producer.defaults());
    }

    @ParameterizedTest
    @EnumSource
    void append_with_a_producers_compression_comes_back_whole(Compression compression) throws Exception {
        assertComesBackWhole(partition(), Producer.defaults().withCompression(compression));
    }

    private void assertComesBackWhole(TopicPartition partition, Producer settings) throws Exception {
        Random random = new Random(7);
        LogWriter writer = writer(settings.withBatchSize(ByteSize.kib(64)));
        List<byte[]> sent = new ArrayList<>();
        List<CompletableFuture<Appended>> appends = new ArrayList<>();

        for (int i = 0; i < 60; i++) {
            byte[] value = i % 2 == 0 ? "all work and no play ".repeat(i * 10).getBytes(UTF_8) : new byte[i * 100];
            if (i % 3 == 0) {
                random.nextBytes(value);
            }
            sent.add(value);
            appends.add(writer.append(new NewRecord(partition.topic(), 0, null, Bytes.of(value), Headers.NONE)));
        }
        for (CompletableFuture<Appended> append : appends) {
            patience.get(append);
        }

        List<LogRecord> read = Reading.all(log, IsolationLevel.READ_COMMITTED, partition, patience);
        assertThat(read).hasSize(60);
        for (int i = 0; i < 60; i++) {
            assertThat(read.get(i).value()).as("record " + i).isEqualTo(Bytes.of(sent.get(i)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void append_answers_as_its_acks_say(Acks acks) throws Exception {
        TopicPartition partition = partition();
        LogWriter writer = writer(Producer.defaults().withAcks(acks));

        for (int i = 0; i < 3; i++) {
            Appended answer = patience.get(writer.append(record(partition, "v" + i)));

            assertThat(answer).isEqualTo(new Appended(partition, acks == Acks.NONE ? -1 : i));
        }

        assertThat(values(reading().seek(partition, 0).take(3))).containsExactly("v0", "v1", "v2");
    }

    @Test
    void append_without_acks_tells_the_partition_that_it_goes_to() throws Exception {
        String topic = topic(7);
        LogWriter writer = writer(Producer.defaults().withAcks(Acks.NONE));

        Appended keyed = patience.get(writer.append(keyed(topic, "abc", "keyed")));
        Appended unkeyed = patience.get(writer.append(unkeyed(topic, "unkeyed")));

        assertThat(keyed).isEqualTo(new Appended(new TopicPartition(topic, 4), -1));
        assertThat(values(reading().seek(keyed.partition(), 0).take(1))).containsExactly("keyed");
        assertThat(values(reading()
                        .seek(unkeyed.partition(), 0)
                        .take(unkeyed.partition().equals(keyed.partition()) ? 2 : 1)))
                .endsWith("unkeyed");
    }

    @Test
    void append_lingers_until_it_is_flushed() throws Exception {
        TopicPartition partition = partition();
        LogWriter writer = writer(Producer.defaults().withLinger(Duration.ofSeconds(100)));
        CompletableFuture<Appended> first = writer.append(record(partition, "a"));
        CompletableFuture<Appended> second = writer.append(record(partition, "b"));
        assertThat(log.bounds(partition).end()).isZero();

        writer.flush();

        assertThat(patience.get(first).offset()).isZero();
        assertThat(patience.get(second).offset()).isOne();
        assertThat(committed(partition)).containsExactly("a", "b");
    }

    @Test
    void append_with_a_linger_goes_when_it_is_over() throws Exception {
        TopicPartition partition = partition();
        LogWriter writer = writer(Producer.defaults().withLinger(Duration.ofMillis(50)));

        CompletableFuture<Appended> append = writer.append(record(partition, "a"));

        assertThat(patience.get(append).offset()).isZero();
        assertThat(committed(partition)).containsExactly("a");
    }

    @Test
    void append_after_close_is_refused_and_what_was_appended_before_is_written() throws Exception {
        TopicPartition partition = partition();
        LogWriter writer = log.writer(Producer.defaults().withLinger(Duration.ofSeconds(100)));
        CompletableFuture<Appended> before = writer.append(record(partition, "before"));

        writer.close();

        assertThat(patience.refusal(() -> writer.append(record(partition, "after")))
                        .code())
                .isEqualTo(ErrorCode.CLOSED);
        assertThat(patience.get(before).offset()).isZero();
        assertThat(committed(partition)).containsExactly("before");
    }

    @ParameterizedTest
    @EnumSource
    void append_with_copies_keeps_the_order_of_all_it_writes(Acks acks) throws Exception {
        TopicPartition source = partition();
        TopicPartition copies = partition();
        LogWriter writer = writer(Producer.defaults().withAcks(acks).withBatchSize(ByteSize.bytes(200)));
        List<CompletableFuture<Appended>> answers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            NewRecord record = record(source, Integer.toString(i));
            answers.add(
                    i % 3 == 0
                            ? writer.append(record, List.of(record(copies, Integer.toString(i))))
                            : writer.append(record));
        }
        for (CompletableFuture<Appended> answer : answers) {
            patience.get(answer);
        }

        assertThat(values(reading().seek(source, 0).take(300))).containsExactlyElementsOf(numbers(0, 300));
        assertThat(values(reading().seek(copies, 0).take(100)))
                .containsExactlyElementsOf(numbers(0, 300).stream()
                        .filter(n -> Integer.parseInt(n) % 3 == 0)
                        .toList());
    }

    @Test
    void append_with_a_copy_that_can_not_be_written_writes_nothing() throws Exception {
        TopicPartition source = partition();
        TopicPartition small = new TopicPartition(
                log.createTopic(Topic.named(name("small")).maxMessageSize(ByteSize.bytes(5)))
                        .name(),
                0);
        LogWriter writer = writer();

        for (NewRecord copy : List.of(record(small, "too large"), unkeyed(name("unknown"), "a"))) {
            assertThat(patience.refusal(() -> writer.append(record(source, "a"), List.of(copy))))
                    .isInstanceOfAny(RejectedException.class, NotFoundException.class);
        }
        patience.get(writer.append(record(source, "next"), List.of(record(small, "b"))));

        assertThat(committed(source)).containsExactly("next");
        assertThat(committed(small)).containsExactly("b");
    }

    @Test
    void reopen_finds_what_lingered_at_close() throws Exception {
        TopicPartition partition = partition();
        LogWriter writer = writer(Producer.defaults().withLinger(Duration.ofSeconds(100)));
        List<CompletableFuture<LogWriter.Appended>> appends =
                List.of(writer.append(record(partition, "a")), writer.append(record(partition, "b")));

        reopen();

        assertThat(patience.get(appends.get(1)).offset()).isOne();
        if (log.facts().survivesClose()) {
            assertThat(committed(partition)).containsExactly("a", "b");
            append(partition, "c");
            assertThat(committed(partition)).containsExactly("a", "b", "c");
        } else {
            assertThat(log.topic(partition.topic())).isEmpty();
        }
    }
}
