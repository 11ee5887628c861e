package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Acks;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Topic;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogReader;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.TopicPartition;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compacted topics: what stays, what goes, and that no offset changes. */
class CompactionTest {
    private static final TopicPartition PARTITION = new TopicPartition("prices", 0);
    private static final Bytes PAYLOAD = Bytes.of(new byte[1_000]);

    private final Simulation simulation = new Simulation(1);
    private final MemoryStorage storage = new MemoryStorage();
    private LogEngine log = open(storage);

    private LogEngine open(Storage in) {
        return new EmbeddedLog(new LogEngine.Facts("memory", false), in, RetentionPolicy.FOREVER, simulation);
    }

    @Test
    void the_latest_record_of_each_key_stays_and_keeps_its_offset() {
        log.createTopic(Topic.named("prices").cleanup(CleanupPolicy.COMPACT));
        Map<String, Long> latest = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            latest.put("k" + i % 100, append("k" + i % 100, PAYLOAD));
        }

        simulation.pass(Duration.ofMinutes(5));

        Map<String, Long> read = new HashMap<>();
        List<LogRecord> records = readAll(0);
        records.forEach(r -> read.put(key(r), r.offset()));
        assertThat(read).isEqualTo(latest);
        assertThat(records).hasSizeLessThan(6_000).isSortedAccordingTo((a, b) -> Long.compare(a.offset(), b.offset()));
        assertThat(log.bounds(PARTITION).start()).isZero();
        assertThat(log.bounds(PARTITION).end()).isEqualTo(20_000);
        assertThat(readAll(19_000)).extracting(LogRecord::offset).first().isEqualTo(19_000L);
    }

    /** It has read some of the compacted part, all of it, or a piece behind it. */
    @ParameterizedTest
    @ValueSource(ints = {10, 99, 100, 101, 500})
    void who_reads_the_compacted_part_while_it_grows_misses_nothing(int before) {
        log.createTopic(Topic.named("prices").cleanup(CleanupPolicy.COMPACT));
        Map<String, Long> latest = new HashMap<>();
        for (int i = 0; i < 10_000; i++) {
            latest.put("k" + i % 100, append("k" + i % 100, PAYLOAD));
        }
        simulation.pass(Duration.ofMinutes(5));
        List<LogRecord> records = new ArrayList<>();
        try (LogReader reader = log.reader(IsolationLevel.READ_COMMITTED, () -> {})) {
            reader.seek(PARTITION, 0);
            reader.poll(before).forEach(f -> records.addAll(f.records()));
            for (int i = 0; i < 10_000; i++) {
                latest.put("n" + i, append("n" + i, PAYLOAD));
            }
            simulation.pass(Duration.ofMinutes(5));

            for (List<Fetched> page = reader.poll(1_000); !page.isEmpty(); page = reader.poll(1_000)) {
                page.forEach(f -> records.addAll(f.records()));
            }
        }

        Map<String, Long> read = new HashMap<>();
        records.forEach(r -> read.put(key(r), r.offset()));
        assertThat(read).isEqualTo(latest);
        assertThat(records).extracting(LogRecord::offset).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void what_was_compacted_is_there_when_the_log_is_opened_again() {
        log.createTopic(Topic.named("prices").cleanup(CleanupPolicy.COMPACT));
        for (int i = 0; i < 20_000; i++) {
            append("k" + i % 100, PAYLOAD);
        }
        simulation.pass(Duration.ofMinutes(5));
        List<Long> before = readAll(0).stream().map(LogRecord::offset).toList();

        log.close();
        log = open(storage);

        assertThat(readAll(0)).extracting(LogRecord::offset).containsExactlyElementsOf(before);
        assertThat(append("k1", PAYLOAD)).isEqualTo(20_000);
    }

    @Test
    void a_tombstone_removes_its_key_and_goes_after_a_day() {
        log.createTopic(Topic.named("prices").cleanup(CleanupPolicy.COMPACT));
        append("gone", PAYLOAD);
        long tombstone = append("gone", null);
        for (int i = 0; i < 10_000; i++) {
            append("other" + i % 10, PAYLOAD);
        }

        simulation.pass(Duration.ofHours(23));
        assertThat(readAll(0))
                .filteredOn(r -> key(r).equals("gone"))
                .extracting(LogRecord::offset)
                .containsExactly(tombstone);

        simulation.pass(Duration.ofHours(2));
        assertThat(readAll(0)).noneMatch(r -> key(r).equals("gone"));
    }

    @Test
    void a_key_that_comes_back_when_its_tombstone_goes_is_removed_by_the_next_tombstone() {
        log.createTopic(Topic.named("prices").cleanup(CleanupPolicy.COMPACT));
        append("k", null);
        fill(5_000);
        simulation.pass(Duration.ofMinutes(5));
        long back = append("k", PAYLOAD);
        fill(1_000);
        simulation.pass(Duration.ofMinutes(5));
        fill(2_000); // the next slice has the key, and is the first after a day
        simulation.jump(Duration.ofDays(2));
        simulation.pass(Duration.ofMinutes(5));
        assertThat(offsetsOf("k")).containsExactly(back);

        long tombstone = append("k", null);
        fill(8_000);
        simulation.pass(Duration.ofMinutes(5));

        assertThat(offsetsOf("k")).containsExactly(tombstone);
    }

    @Test
    void what_is_compacted_is_kept_as_long_as_its_topic_says() {
        log.createTopic(kept(Duration.ofDays(2)));
        appendEach("a", 6_000);
        simulation.pass(Duration.ofMinutes(5));
        assertThat(log.expiring()).isEmpty();

        simulation.pass(Duration.ofHours(36));
        List<Long> second = appendEach("b", 6_000);
        simulation.pass(Duration.ofMinutes(5));
        assertThat(log.expiring()).isEmpty();
        assertThat(readAll(0)).hasSize(12_000);

        simulation.pass(Duration.ofHours(24));
        assertThat(log.expiring()).containsExactly(Map.entry(PARTITION, second.getFirst()));
        simulation.await(log.trim(PARTITION, second.getFirst()));
        assertThat(log.expiring()).isEmpty();
        assertThat(readAll(second.getFirst())).extracting(LogRecord::offset).containsExactlyElementsOf(second);

        simulation.pass(Duration.ofDays(2));
        assertThat(log.expiring()).containsExactly(Map.entry(PARTITION, second.getLast() + 1));
    }

    @Test
    void what_is_being_compacted_does_not_expire() {
        List<Map<TopicPartition, Long>> expiring = new ArrayList<>();
        log.close();
        log = open(observed(() -> expiring.add(log.expiring())));
        log.createTopic(kept(Duration.ofDays(2)));
        appendEach("a", 6_000);

        simulation.pass(Duration.ofMinutes(5));

        assertThat(expiring).hasSizeGreaterThan(1).allMatch(Map::isEmpty);
        assertThat(readAll(0)).hasSize(6_000);
    }

    private static Topic kept(Duration time) {
        return Topic.named("prices").cleanup(CleanupPolicy.COMPACT_DELETE).retention(new RetentionPolicy(time, null));
    }

    /** The storage, with something done when a commit is applied and not answered yet. */
    private Storage observed(Runnable applied) {
        return (Storage) Proxy.newProxyInstance(
                Storage.class.getClassLoader(), new Class<?>[] {Storage.class}, (proxy, method, arguments) -> {
                    Object answer = method.invoke(storage, arguments);
                    if (method.getName().equals("commit")) {
                        applied.run();
                    }
                    return answer;
                });
    }

    private void fill(int records) {
        for (int i = 0; i < records; i++) {
            append("other" + i % 10, PAYLOAD);
        }
    }

    private List<Long> appendEach(String prefix, int records) {
        List<Long> offsets = new ArrayList<>();
        for (int i = 0; i < records; i++) {
            offsets.add(append(prefix + i, PAYLOAD));
        }
        return offsets;
    }

    private List<Long> offsetsOf(String key) {
        return readAll(0).stream()
                .filter(record -> key(record).equals(key))
                .map(LogRecord::offset)
                .toList();
    }

    private long append(String key, @org.jspecify.annotations.Nullable Bytes value) {
        try (LogWriter writer = log.writer(Producer.defaults().withAcks(Acks.LEADER))) {
            NewRecord record = new NewRecord("prices", 0, Bytes.utf8(key), value, Headers.NONE);
            return simulation.await(writer.append(record)).offset();
        }
    }

    private static String key(LogRecord record) {
        return record.key() == null ? "" : record.key().utf8();
    }

    private List<LogRecord> readAll(long from) {
        List<LogRecord> all = new ArrayList<>();
        try (LogReader reader = log.reader(IsolationLevel.READ_COMMITTED, () -> {})) {
            reader.seek(PARTITION, from);
            for (List<Fetched> page = reader.poll(1_000); !page.isEmpty(); page = reader.poll(1_000)) {
                page.forEach(f -> all.addAll(f.records()));
            }
        }
        return all;
    }
}
