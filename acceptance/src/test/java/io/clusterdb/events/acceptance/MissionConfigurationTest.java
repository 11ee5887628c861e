package io.clusterdb.events.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.ReplicationSync;
import io.clusterdb.events.Topic;
import io.clusterdb.events.config.Configuration;
import io.clusterdb.events.rocksdb.RocksDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The mission's configuration of a broker. */
@Timeout(120)
class MissionConfigurationTest {
    private static final String YAML = """
            broker:
              name: main
              persistence:
                enabled: true
                store:
                  type: rocksdb
                  path: /data/events
              replication:
                factor: 3
                sync: quorum
                cluster:
                  - node-1:9092
                  - node-2:9092
            """;
    private static final String EMBEDDED = YAML.replace("  name: main\n", "  name: main\n  engine: rocksdb\n");

    @TempDir
    private Path home;

    @Test
    void it_says_what_it_says() {
        EventBroker broker = Configuration.parse(EMBEDDED).broker().orElseThrow();

        assertThat(broker.name()).isEqualTo("main");
        assertThat(broker.persistence().enabled()).isTrue();
        assertThat(broker.persistence().store()).isEqualTo(RocksDb.at(Path.of("/data/events")));
        assertThat(broker.replication().factor()).isEqualTo(3);
        assertThat(broker.replication().sync()).isEqualTo(ReplicationSync.QUORUM);
        assertThat(broker.replication().cluster()).containsExactly("node-1:9092", "node-2:9092");
    }

    @Test
    void a_size_of_the_journals_files_out_of_its_range_is_named_with_the_range() {
        String tiny = EMBEDDED.replace("path: /data/events", "path: /data/events\n      options: {segment_size: 1KiB}");

        assertThatThrownBy(() -> Configuration.parse(tiny))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("broker.persistence.store.options.segment_size")
                .hasMessageContaining("found 1KiB, allowed is 64KiB to 1GiB");
    }

    @Test
    void it_opens_with_the_engine_rocksdb_and_another_process_finds_what_is_published() throws IOException {
        Path data = home.resolve("data");
        Path file = Files.writeString(home.resolve("events.yaml"), EMBEDDED.replace("/data/events", data.toString()));

        try (Events events = Events.open(file)) {
            events.createTopic(Topic.named("orders"));
            events.publish("orders", Event.of("order.created", new Order("order-123", "c-1", 1200)));
        }

        Run shown = Run.events(home, "logs", "show", "--topic", "orders", "-c", file.toString());
        assertThat(shown.out()).contains("order.created", "order-123");
        assertThat(data.resolve("LOCK")).exists();
    }

    @Test
    void without_an_engine_a_cluster_is_refused_with_the_reason() throws IOException {
        Path file = Files.writeString(home.resolve("events.yaml"), YAML);

        assertThatThrownBy(() -> Events.open(file))
                .isInstanceOf(RejectedException.class)
                .hasMessageStartingWith("Error: This version can't run on a cluster [EV-1002]\n  Cause:    ")
                .hasMessageContaining(
                        "broker.replication.cluster names node-1:9092, node-2:9092, and broker.engine is auto")
                .hasMessageContaining("\n  Solution: Write broker.engine: rocksdb");
        Run checked = Run.events(home, "config", "check", file.toString());
        assertThat(checked.exit()).isEqualTo(1);
        assertThat(checked.out() + checked.err()).contains("broker.engine: rocksdb");
    }
}
