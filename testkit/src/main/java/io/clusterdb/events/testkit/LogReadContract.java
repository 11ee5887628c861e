package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogReader;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Records come out: every byte, in order, from where the reader says, and when they come. */
abstract class LogReadContract extends LogAppendContract {

    private static Bytes random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return Bytes.of(bytes);
    }

    private static NewRecord record(
            TopicPartition partition, @Nullable Bytes key, @Nullable Bytes value, Headers headers) {
        return new NewRecord(partition.topic(), partition.partition(), key, value, headers);
    }

    @Test
    void read_gives_back_every_byte() throws Exception {
        TopicPartition partition = partition();
        Headers many = new Headers.Builder()
                .add("ce_type", "order.created")
                .add("again", Bytes.utf8("1"))
                .add("again", Bytes.utf8("2"))
                .add("nothing", (Bytes) null)
                .add("empty", Bytes.EMPTY)
                .add("gr\u00fc\u00dfe \u2603", random(300))
                .build();
        List<NewRecord> sent = List.of(
                record(partition, Bytes.utf8("k"), Bytes.utf8("v"), Headers.NONE),
                record(partition, null, Bytes.utf8("no key"), many),
                record(partition, Bytes.utf8("tombstone"), null, many),
                record(partition, null, null, Headers.NONE),
                record(partition, Bytes.EMPTY, Bytes.EMPTY, Headers.NONE),
                record(partition, random(1_000), random(700_000), many),
                record(partition, new Bytes(new byte[] {9, 1, 2, 3, 9}, 1, 3), new Bytes(new byte[9], 4, 2), many));
        LogWriter writer = writer();

        for (NewRecord record : sent) {
            patience.get(writer.append(record));
        }

        List<LogRecord> read = reading().seek(partition, 0).take(sent.size());
        for (int i = 0; i < sent.size(); i++) {
            LogRecord record = read.get(i);
            assertThat(record.partition()).isEqualTo(partition);
            assertThat(record.offset()).isEqualTo(i);
            assertThat(record.key()).as("key " + i).isEqualTo(sent.get(i).key());
            assertThat(record.value()).as("value " + i).isEqualTo(sent.get(i).value());
            assertThat(record.headers().toList())
                    .isEqualTo(sent.get(i).headers().toList());
            assertThat(record.headers().encoded())
                    .isEqualTo(sent.get(i).headers().encoded());
        }
    }

    @Test
    void read_shows_when_records_were_appended() throws Exception {
        TopicPartition partition = partition();

        long before = System.currentTimeMillis();
        append(partition, "a", "b");
        long between = System.currentTimeMillis();
        patience.tick();
        append(partition, "c");
        long after = System.currentTimeMillis();

        List<LogRecord> read = reading().seek(partition, 0).take(3);
        assertThat(read.get(0).timestamp()).isBetween(before, between);
        assertThat(read.get(1).timestamp()).isBetween(read.get(0).timestamp(), between);
        assertThat(read.get(2).timestamp()).isBetween(between + 1, after);
    }

    @Test
    void read_begins_at_any_offset() throws Exception {
        TopicPartition partition = partition();
        appendNumbers(partition, 100);

        for (int from : new int[] {0, 1, 37, 99}) {
            List<LogRecord> read = reading().seek(partition, from).take(100 - from);

            assertThat(values(read)).isEqualTo(numbers(from, 100));
            assertThat(read.get(0).offset()).isEqualTo(from);
        }
    }

    @Test
    void read_goes_on_where_the_last_poll_ended() throws Exception {
        TopicPartition partition = partition();
        appendNumbers(partition, 1_000);
        Reading reading = reading().seek(partition, 0);
        List<String> read = new ArrayList<>();
        long expected = 0;

        while (read.size() < 1_000) {
            for (Fetched fetched : reading.poll(7, patience.deadline(), "1000 records")) {
                assertThat(fetched.records()).hasSizeLessThanOrEqualTo(7);
                assertThat(fetched.records().get(0).offset()).isEqualTo(expected);
                expected = fetched.next();
                read.addAll(values(fetched.records()));
            }
        }

        assertThat(read).isEqualTo(numbers(0, 1_000));
        assertThat(expected).isEqualTo(1_000);
    }

    @Test
    void read_at_the_end_is_woken_by_what_comes() throws Exception {
        TopicPartition partition = partition();
        append(partition, "old");
        Reading reading = reading().seek(partition, 1);
        assertThat(reading.reader().poll(10)).isEmpty();

        append(partition, "new");

        assertThat(values(reading.take(1))).containsExactly("new");
    }

    @Test
    void read_serves_a_partition_beside_one_with_much_more() throws Exception {
        String topic = topic(2);
        TopicPartition much = new TopicPartition(topic, 0);
        TopicPartition little = new TopicPartition(topic, 1);
        String padding = "x".repeat(100);
        LogWriter writer = writer();
        for (int i = 0; i < 30_000; i++) {
            writer.append(record(much, padding));
        }
        append(little, "a", "b");
        patience.get(writer.append(record(much, "last")));
        Reading reading = reading().seek(much, 0).seek(little, 0);

        List<LogRecord> before = new ArrayList<>();
        while (before.isEmpty() || !value(before.getLast()).equals("last")) {
            reading.poll(100, patience.deadline(), "all records").forEach(f -> before.addAll(f.records()));
        }

        assertThat(values(before.stream()
                        .filter(r -> r.partition().equals(little))
                        .toList()))
                .containsExactly("a", "b");
    }

    @Test
    void read_goes_back_when_it_seeks_back() throws Exception {
        TopicPartition partition = partition();
        appendNumbers(partition, 50);
        Reading reading = reading().seek(partition, 0);
        assertThat(reading.take(50)).hasSize(50);

        reading.seek(partition, 45);

        assertThat(values(reading.take(5))).isEqualTo(numbers(45, 50));

        reading.seek(partition, 10);
        reading.take(3);
        reading.seek(partition, 20);

        assertThat(values(reading.take(30))).isEqualTo(numbers(20, 50));
    }

    @Test
    void read_leaves_a_paused_partition_until_it_is_resumed() throws Exception {
        String topic = topic(2);
        TopicPartition held = new TopicPartition(topic, 0);
        TopicPartition free = new TopicPartition(topic, 1);
        appendNumbers(held, 10);
        Reading reading = reading().seek(held, 0).seek(free, 0);
        assertThat(values(reading.take(4))).isEqualTo(numbers(0, 4));

        reading.reader().pause(held);
        appendNumbers(free, 20);

        assertThat(reading.take(20)).allMatch(r -> r.partition().equals(free));

        reading.seek(held, 6);
        append(free, "more");

        assertThat(values(reading.take(1))).as("a pause outlives a seek").containsExactly("more");

        reading.reader().resume(held);

        assertThat(values(reading.take(4))).isEqualTo(numbers(6, 10));
    }

    @Test
    void read_leaves_a_dropped_partition() throws Exception {
        String topic = topic(2);
        TopicPartition dropped = new TopicPartition(topic, 0);
        TopicPartition kept = new TopicPartition(topic, 1);
        appendNumbers(dropped, 10);
        Reading reading = reading().seek(dropped, 0).seek(kept, 0);
        assertThat(reading.take(2)).hasSize(2);

        reading.reader().drop(dropped);
        appendNumbers(kept, 20);

        assertThat(reading.take(20)).allMatch(r -> r.partition().equals(kept));

        reading.seek(dropped, 8);

        assertThat(values(reading.take(2))).containsExactly("8", "9");
    }

    @Test
    void read_below_the_start_is_out_of_range_and_tells_the_new_start() throws Exception {
        TopicPartition partition = partition();
        appendNumbers(partition, 30);
        patience.get(log.trim(partition, 12));

        assertOutOfRange(partition, 3, "12 to 30");
    }

    @Test
    void read_of_what_is_trimmed_meanwhile_is_out_of_range() throws Exception {
        TopicPartition partition = partition();
        appendNumbers(partition, 5);
        Reading reading = reading().seek(partition, 0);
        assertThat(reading.take(5)).hasSize(5);
        reading.reader().pause(partition);
        appendNumbers(partition, 25);
        reading.seek(partition, 2);
        patience.get(log.trim(partition, 12));

        reading.reader().resume(partition);

        assertThat(pollUntilRefused(reading, new ArrayList<>()).code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
        assertThat(values(reading.seek(partition, 12).take(2))).containsExactly("7", "8");
    }

    @Test
    void read_above_the_end_is_out_of_range() throws Exception {
        TopicPartition partition = partition();
        appendNumbers(partition, 30);

        assertOutOfRange(partition, 31, "0 to 30");
    }

    /** The partition is dropped then; the others go on, and nothing of them is missed. */
    private void assertOutOfRange(TopicPartition partition, long offset, String range) throws Exception {
        String others = topic(2);
        Reading reading = reading();
        for (int p = 0; p < 2; p++) {
            appendNumbers(new TopicPartition(others, p), 400);
        }
        reading.seek(new TopicPartition(others, 0), 0).seek(partition, offset).seek(new TopicPartition(others, 1), 0);

        List<LogRecord> read = new ArrayList<>();
        EventsException refused = pollUntilRefused(reading, read);

        assertThat(refused).isInstanceOf(RejectedException.class);
        assertThat(refused.code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
        assertThat(refused.problem().why()).contains(range);
        read.addAll(reading.take(800 - read.size()));
        for (int p = 0; p < 2; p++) {
            TopicPartition other = new TopicPartition(others, p);
            assertThat(values(read.stream()
                            .filter(r -> r.partition().equals(other))
                            .toList()))
                    .isEqualTo(numbers(0, 400));
        }
        assertThat(read).noneMatch(r -> r.partition().equals(partition));
        assertThat(values(reading.seek(partition, 29).take(1))).containsExactly("29");
    }

    private EventsException pollUntilRefused(Reading reading, List<LogRecord> read) throws Exception {
        return patience.refusal(() -> {
            long deadline = patience.deadline();
            while (System.nanoTime() - deadline < 0) {
                reading.poll(1_000, deadline, "refused").forEach(f -> read.addAll(f.records()));
            }
            return read.size() + " records";
        });
    }

    @Test
    void read_of_an_unknown_topic_or_partition_is_not_found() throws Exception {
        String topic = topic(1);

        for (TopicPartition unknown : List.of(new TopicPartition(name("nobody"), 0), new TopicPartition(topic, 1))) {
            Reading reading = reading();

            assertThat(patience.refusal(() -> reading.seek(unknown, 0).take(1))).isInstanceOf(NotFoundException.class);
        }
    }

    @Test
    void read_of_a_topic_that_is_deleted_meanwhile_ends_with_not_found() throws Exception {
        TopicPartition deleted = partition();
        TopicPartition kept = partition();
        appendNumbers(deleted, 3);
        Reading reading = reading().seek(deleted, 0).seek(kept, 0);
        assertThat(reading.take(3)).hasSize(3);

        log.deleteTopic(deleted.topic());

        assertThat(pollUntilRefused(reading, new ArrayList<>())).isInstanceOf(NotFoundException.class);
        append(kept, "on");
        assertThat(values(reading.take(1))).containsExactly("on");
    }

    @Test
    void read_by_two_readers_is_independent() throws Exception {
        TopicPartition partition = partition();
        appendNumbers(partition, 100);
        LogReader other = reading().seek(partition, 0).reader();
        Reading reading = reading().seek(partition, 0);

        other.close();

        assertThat(values(reading.take(100))).isEqualTo(numbers(0, 100));
    }

    @Test
    void bounds_tell_what_a_partition_holds() throws Exception {
        TopicPartition partition = partition();
        Bounds empty = log.bounds(partition);
        assertThat(List.of(empty.start(), empty.stableEnd(), empty.end())).containsExactly(0L, 0L, 0L);

        append(partition, "a", "b");

        Bounds two = log.bounds(partition);
        assertThat(List.of(two.start(), two.stableEnd(), two.end())).containsExactly(0L, 2L, 2L);
        assertThat(two.heldBy()).isEmpty();
        patience.until("the bytes are counted", () -> log.bounds(partition).bytes() > 2);
    }

    @Test
    void bounds_of_an_unknown_topic_or_partition_are_not_found() throws Exception {
        String topic = topic(1);

        for (TopicPartition unknown : List.of(new TopicPartition(name("nobody"), 0), new TopicPartition(topic, 1))) {
            assertThat(patience.refusal(() -> log.bounds(unknown))).isInstanceOf(NotFoundException.class);
        }
    }
}
