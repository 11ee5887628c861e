package io.clusterdb.events.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Threads;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.junit.jupiter.api.Test;

/** Kafka as a user names it, and what is refused before there is a cluster. */
class KafkaTest {
    @Test
    void nodes_are_host_and_port() {
        assertThat(Kafka.at("a:9092", "b.example:1", "[::1]:9092").nodes())
                .containsExactly("a:9092", "b.example:1", "[::1]:9092");
        assertThat(Kafka.at("a:9092").type()).isEqualTo("kafka");
        for (String bad : List.of("a", "a:", ":9092", "a:port", "a:9092,b:9092")) {
            assertThatThrownBy(() -> Kafka.at(bad)).as(bad).isInstanceOf(RejectedException.class);
        }
        assertThatThrownBy(Kafka::at).isInstanceOf(RejectedException.class);
    }

    @Test
    void a_cap_over_all_topics_is_refused_with_what_to_do_instead() {
        EventBroker capped = EventBroker.named("shop").retention(Duration.ofDays(7), ByteSize.gb(10));

        assertThatThrownBy(() -> Kafka.at("127.0.0.1:1").open(capped, new Threads()))
                .isInstanceOf(RejectedException.class)
                .satisfies(refused -> {
                    EventsException problem = (EventsException) refused;
                    assertThat(problem.code()).isEqualTo(ErrorCode.ENGINE_REFUSED);
                    assertThat(problem.problem().why()).contains("10GB");
                    assertThat(problem.problem().remedy()).contains("topics a retention size of their own");
                });
    }

    @Test
    void a_cluster_that_makes_topics_by_itself_is_remarked_with_what_to_change() {
        String setting = "auto.create.topics.enable";

        assertThat(Cluster.remark(new Config(List.of(new ConfigEntry(setting, "true")))))
                .hasValueSatisfying(
                        remark -> assertThat(remark).contains("may come back", "Set auto.create.topics.enable=false"));
        assertThat(Cluster.remark(new Config(List.of(new ConfigEntry(setting, "false")))))
                .isEmpty();
        assertThat(Cluster.remark(new Config(List.of()))).isEmpty();
    }

    @Test
    void a_cluster_that_does_not_answer_is_unavailable() {
        assertThatThrownBy(() -> Kafka.at("127.0.0.1:1").open(EventBroker.named("shop"), new Threads()))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("127.0.0.1:1");
    }
}
