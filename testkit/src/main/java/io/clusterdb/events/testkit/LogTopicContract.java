package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.Compression;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.LogEngine.Trait;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Topics come, change and go. */
abstract class LogTopicContract extends LogFixture {

    private static Topic elaborate(String name) {
        return Topic.named(name)
                .partitions(3)
                .retention(Duration.ofDays(3), ByteSize.mib(20))
                .cleanup(CleanupPolicy.COMPACT_DELETE)
                .compression(Compression.ZSTD)
                .maxMessageSize(ByteSize.kib(64))
                .deleteRetention(Duration.ofHours(1))
                .owner("team billing");
    }

    @Test
    void create_makes_a_topic_that_is_known_by_its_name_only() {
        Topic asked = Topic.named(name("orders"));

        Topic created = log.createTopic(asked);

        assertThat(created).isEqualTo(asked);
        assertThat(log.topic(asked.name())).contains(asked);
        assertThat(log.topic(asked.name() + "x")).isEmpty();
    }

    @Test
    void create_keeps_every_setting() {
        Topic asked = elaborate(name("orders"));

        Topic created = log.createTopic(asked);

        assertThat(created).isEqualTo(asked);
        assertThat(log.topic(asked.name())).contains(asked);
        assertThat(log.topics()).contains(asked);
    }

    @Test
    void create_again_with_the_same_settings_changes_nothing() throws Exception {
        Topic asked = elaborate(name("orders"));
        log.createTopic(asked);
        TopicPartition partition = new TopicPartition(asked.name(), 1);
        patience.get(writer().append(keyed(partition, "k", "there")));

        Topic created = log.createTopic(asked);

        assertThat(created).isEqualTo(asked);
        assertThat(committed(partition)).containsExactly("there");
    }

    @Test
    void create_again_with_other_settings_is_a_conflict() throws Exception {
        Topic asked = elaborate(name("orders"));
        log.createTopic(asked);
        List<Topic> others = List.of(
                asked.partitions(4),
                asked.owner("another team"),
                new Topic(asked.name(), asked.partitions(), null, asked.config(), null, Map.of(), List.of()),
                asked.cleanup(CleanupPolicy.DELETE),
                asked.compression(Compression.GZIP),
                asked.maxMessageSize(ByteSize.kib(65)),
                asked.deleteRetention(Duration.ofHours(2)),
                asked.retention(Duration.ofDays(4), ByteSize.mib(20)),
                asked.retention(Duration.ofDays(3), ByteSize.mib(21)));

        for (Topic other : others) {
            EventsException refused = patience.refusal(() -> log.createTopic(other));

            assertThat(refused).isInstanceOf(ConflictException.class);
            assertThat(refused.code()).isEqualTo(ErrorCode.TOPIC_EXISTS);
        }
        assertThat(log.topic(asked.name())).contains(asked);
    }

    @Test
    void create_takes_the_longest_name_and_every_letter_of_names() throws Exception {
        String prefix = name("azAZ09._-");
        TopicPartition longest = new TopicPartition(prefix + "n".repeat(249 - prefix.length()), 0);

        log.createTopic(Topic.named(longest.topic()));

        append(longest, "kept");
        assertThat(committed(longest)).containsExactly("kept");
    }

    @Test
    void create_with_copies_is_refused_beyond_the_nodes_there_are_or_makes_one() throws Exception {
        Topic copied = Topic.named(name("copied")).replicationFactor(1_000);
        Callable<Topic> creation = () -> log.createTopic(copied);

        if (log.facts().has(Trait.REPLICATES)) {
            assertThat(patience.refusal(creation)).isInstanceOf(RejectedException.class);
            assertThat(log.topic(copied.name())).isEmpty();
            assertThat(log.createTopic(copied.replicationFactor(1))).isEqualTo(copied.replicationFactor(1));
            assertThat(patience.refusal(() -> altered(copied))).isInstanceOf(RejectedException.class);
        } else {
            assertThat(creation.call()).isEqualTo(copied);
            assertThat(log.topic(copied.name())).contains(copied);
        }
    }

    @Test
    void create_of_a_name_that_differs_in_dots_is_another_topic_or_refused() throws Exception {
        String first = name("dot.and.dash");
        String second = first.replace('.', '_');
        log.createTopic(Topic.named(first));
        Callable<Topic> creation = () -> log.createTopic(Topic.named(second));

        if (log.facts().has(Trait.DOT_IS_UNDERSCORE)) {
            assertThat(patience.refusal(creation)).isInstanceOf(RejectedException.class);
            assertThat(log.topic(second)).isEmpty();
        } else {
            creation.call();
            append(new TopicPartition(second, 0), "of the second");
            assertThat(committed(new TopicPartition(first, 0))).isEmpty();
        }
        assertThat(log.topic(first)).isPresent();
    }

    @Test
    void alter_changes_the_settings() throws Exception {
        Topic before = log.createTopic(Topic.named(name("orders")).partitions(3));
        TopicPartition partition = new TopicPartition(before.name(), 2);
        append(partition, "there");
        Topic elaborate = elaborate(before.name());

        log.alterTopic(elaborate);

        assertThat(log.topic(before.name())).contains(elaborate);
        assertThat(committed(partition)).containsExactly("there");

        log.alterTopic(before);

        assertThat(log.topic(before.name())).contains(before);
    }

    @Test
    void alter_to_more_partitions_keeps_what_is_there_and_opens_the_new_ones() throws Exception {
        String topic = topic(2);
        LogWriter open = writer();
        patience.get(open.append(record(new TopicPartition(topic, 1), "old")));

        log.alterTopic(Topic.named(topic).partitions(5));

        patience.get(open.append(record(new TopicPartition(topic, 4), "new")));
        assertThat(log.topic(topic)).contains(Topic.named(topic).partitions(5));
        assertThat(committed(new TopicPartition(topic, 1))).containsExactly("old");
        assertThat(committed(new TopicPartition(topic, 4))).containsExactly("new");
    }

    @Test
    void alter_to_more_partitions_moves_keys_at_once() throws Exception {
        String topic = topic(1);
        LogWriter open = writer();
        assertThat(patience.get(open.append(keyed(topic, "abc", "old"))).partition())
                .isEqualTo(new TopicPartition(topic, 0));

        log.alterTopic(Topic.named(topic).partitions(7));

        assertThat(patience.get(open.append(keyed(topic, "abc", "new"))).partition())
                .isEqualTo(new TopicPartition(topic, 4));
    }

    @Test
    void alter_to_fewer_partitions_is_refused() throws Exception {
        String topic = topic(3);

        EventsException refused =
                patience.refusal(() -> altered(Topic.named(topic).partitions(2)));

        assertThat(refused).isInstanceOf(RejectedException.class);
        assertThat(log.topic(topic)).contains(Topic.named(topic).partitions(3));
    }

    private Topic altered(Topic topic) {
        log.alterTopic(topic);
        return topic;
    }

    @Test
    void alter_of_the_largest_message_is_heeded_by_open_writers() throws Exception {
        TopicPartition partition = partition();
        Topic small = Topic.named(partition.topic()).maxMessageSize(ByteSize.bytes(100));
        log.alterTopic(small);
        LogWriter open = writer();
        NewRecord large = record(partition, "x".repeat(5_000));
        assertThat(patience.refusal(() -> open.append(large)).code()).isEqualTo(ErrorCode.TOO_LARGE);

        log.alterTopic(small.maxMessageSize(ByteSize.bytes(6_000)));

        assertThat(patience.get(open.append(large)).offset()).isZero();
    }

    @Test
    void alter_of_an_unknown_topic_is_not_found() throws Exception {
        EventsException refused = patience.refusal(() -> altered(Topic.named(name("nobody"))));

        assertThat(refused).isInstanceOf(NotFoundException.class);
        assertThat(refused.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
    }

    @Test
    void delete_takes_the_records_with_it() throws Exception {
        TopicPartition partition = partition();
        append(partition, "a", "b");

        log.deleteTopic(partition.topic());

        assertThat(log.topic(partition.topic())).isEmpty();
        assertThat(log.topics()).noneMatch(t -> t.name().equals(partition.topic()));
        assertThat(patience.refusal(() -> log.bounds(partition))).isInstanceOf(NotFoundException.class);
        assertThat(patience.refusal(() -> writer().append(record(partition, "late"))))
                .isInstanceOf(NotFoundException.class);
    }

    @Test
    void delete_makes_room_for_a_topic_that_starts_anew() throws Exception {
        TopicPartition partition = partition();
        append(partition, "a", "b");

        log.deleteTopic(partition.topic());
        log.createTopic(Topic.named(partition.topic()));
        append(partition, "c");

        Bounds bounds = log.bounds(partition);
        assertThat(List.of(bounds.start(), bounds.end())).containsExactly(0L, 1L);
        assertThat(committed(partition)).containsExactly("c");
    }

    @Test
    void delete_of_an_unknown_topic_is_not_found() throws Exception {
        EventsException refused = patience.refusal(() -> {
            log.deleteTopic(name("nobody"));
            return "deleted";
        });

        assertThat(refused).isInstanceOf(NotFoundException.class);
    }

    @Test
    void list_is_sorted_by_name() {
        String middle = name("m");
        String last = middle + "z";
        String first = "a" + middle;
        List.of(middle, last, first).forEach(name -> log.createTopic(Topic.named(name)));

        List<String> names = log.topics().stream().map(Topic::name).toList();

        assertThat(names).isSorted().containsSubsequence(first, middle, last);
    }

    @Test
    void keys_are_known_from_the_first_record_with_one() throws Exception {
        TopicPartition partition = partition();
        assertThat(log.hasKeys(partition.topic())).isFalse();

        patience.get(writer().append(keyed(partition.topic(), "k", "v")));

        assertThat(log.hasKeys(partition.topic())).isTrue();
    }

    @Test
    void keys_are_known_of_a_topic_that_was_altered_under_an_open_writer() throws Exception {
        TopicPartition partition = partition();
        LogWriter open = writer();
        patience.get(open.append(record(partition, "without a key")));
        log.alterTopic(Topic.named(partition.topic()).owner("team"));

        patience.get(open.append(keyed(partition, "k", "v")));

        assertThat(log.hasKeys(partition.topic())).isTrue();
    }

    @Test
    void keys_of_an_unknown_topic_are_not_found() throws Exception {
        assertThat(patience.refusal(() -> log.hasKeys(name("nobody")))).isInstanceOf(NotFoundException.class);
    }
}
