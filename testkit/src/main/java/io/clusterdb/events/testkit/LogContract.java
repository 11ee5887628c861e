package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.Compression;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What every {@link LogEngine} promises. An engine joins by one subclass that opens it; what engines may do their own
 * way is in their {@link LogEngine.Facts} and asserted both ways.
 *
 * <p>The promises are grouped by the classes this one stands on, and by the first word of a test's name: topics
 * (create, alter, delete, list, keys), append, read and bounds, retention (offset, trim, expiring), transactions,
 * members (join, member, commit). Here is what is left: that all of it outlives a close, more than once.
 */
public abstract class LogContract extends LogMemberContract {

    @Test
    void facts_name_the_engine() {
        assertThat(log.facts().type()).matches("[a-z]+");
    }

    @Test
    void reopen_keeps_topics_or_forgets_them() throws Exception {
        Topic plain = log.createTopic(Topic.named(name("plain")));
        Topic elaborate = log.createTopic(Topic.named(name("elaborate"))
                .partitions(2)
                .retention(Duration.ofDays(9), ByteSize.gib(1))
                .cleanup(CleanupPolicy.COMPACT_DELETE)
                .compression(Compression.LZ4)
                .maxMessageSize(ByteSize.mib(2))
                .deleteRetention(Duration.ofMinutes(90))
                .owner("team"));
        Topic deleted = log.createTopic(Topic.named(name("deleted")));
        log.deleteTopic(deleted.name());
        log.alterTopic(plain.partitions(3));
        assertThat(log.topics()).contains(elaborate, plain.partitions(3));

        for (int time = 1; time <= 2; time++) {
            reopen();

            if (log.facts().survivesClose()) {
                assertThat(log.topics())
                        .contains(elaborate, plain.partitions(3))
                        .doesNotContain(deleted, plain);
                assertThat(log.createTopic(elaborate)).isEqualTo(elaborate);
            } else {
                assertThat(log.topics()).isEmpty();
            }
        }
    }

    @Test
    void reopen_keeps_records_and_goes_on_with_their_offsets() throws Exception {
        TopicPartition partition = partition();
        appendNumbers(partition, 100);
        LogTransaction transaction = begin();
        append(transaction, partition, "committed");
        patience.get(transaction.commit());
        LogTransaction undone = begin();
        append(undone, partition, "undone");
        patience.get(undone.abort());
        patience.get(writer().append(keyed(partition.topic(), "k", "keyed")));
        patience.get(log.trim(partition, 40));
        Bounds before = log.bounds(partition);
        assertThat(List.of(before.start(), before.stableEnd(), before.end())).containsExactly(40L, 105L, 105L);

        for (int time = 1; time <= 2; time++) {
            reopen();

            if (!log.facts().survivesClose()) {
                assertThat(log.topic(partition.topic())).isEmpty();
                return;
            }
            Bounds after = log.bounds(partition);
            assertThat(List.of(after.start(), after.stableEnd(), after.end())).containsExactly(40L, 105L, 105L);
            assertThat(committed(partition))
                    .startsWith("40", "41")
                    .endsWith("99", "committed", "keyed")
                    .hasSize(62);
            assertThat(log.hasKeys(partition.topic())).isTrue();
        }
        append(partition, "next");
        assertThat(values(reading().seek(partition, 105).take(1))).containsExactly("next");
    }
}
