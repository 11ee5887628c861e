package io.clusterdb.events.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.Compression;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Message;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.testkit.Patience;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is made with Events is what Kafka's own clients and tools expect, and the other way round. */
class KafkaToolsIT {
    private static final Patience PATIENCE = new Patience(Duration.ofSeconds(30));

    private record Amount(int a) {}

    private Events events;
    private Admin admin;

    @BeforeEach
    void open() {
        events = Events.open(
                EventBroker.named("tools").store(Kafka.at(KafkaNode.shared().address())));
        admin = RawKafka.admin();
    }

    @AfterEach
    void close() {
        admin.close();
        events.close();
    }

    private Map<String, String> settings(String topic) throws ExecutionException, InterruptedException {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Map<String, String> all = new HashMap<>();
        for (Config config :
                admin.describeConfigs(List.of(resource)).all().get().values()) {
            config.entries().forEach(entry -> all.put(entry.name(), entry.value()));
        }
        return all;
    }

    @Test
    void an_event_is_a_cloud_event_in_kafkas_binding_with_its_append_time() {
        events.createTopic(Topic.named("tools-events"));
        long before = System.currentTimeMillis();
        events.publish(
                "tools-events",
                Event.of("order.created", Map.of("total", 7)).withId("e-1").withKey("k-1"));

        try (KafkaConsumer<String, byte[]> consumer = RawKafka.consumer(Map.of("auto.offset.reset", "earliest"))) {
            consumer.assign(List.of(new TopicPartition("tools-events", 0)));
            ConsumerRecords<String, byte[]> polled = consumer.poll(Duration.ofSeconds(20));

            assertThat(polled.count()).isOne();
            ConsumerRecord<String, byte[]> record = polled.iterator().next();
            Map<String, String> headers = new HashMap<>();
            for (Header header : record.headers()) {
                headers.put(header.key(), new String(header.value(), UTF_8));
            }
            assertThat(record.key()).isEqualTo("k-1");
            assertThat(new String(record.value(), UTF_8)).isEqualTo("{\"total\":7}");
            assertThat(headers)
                    .containsEntry("ce_id", "e-1")
                    .containsEntry("ce_type", "order.created")
                    .containsEntry("ce_specversion", "1.0");
            assertThat(record.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
            assertThat(record.timestamp()).isBetween(before, System.currentTimeMillis());
        }
    }

    @Test
    void a_cloud_event_of_another_make_is_an_event() {
        events.createTopic(Topic.named("tools-foreign"));
        events.createConsumerGroup(ConsumerGroup.of("tools-foreign-readers", "tools-foreign"));
        try (KafkaProducer<String, String> producer = RawKafka.producer(Map.of())) {
            ProducerRecord<String, String> record = new ProducerRecord<>("tools-foreign", "k", "{\"a\":1}");
            Map.of("ce_id", "f-1", "ce_type", "foreign", "ce_source", "elsewhere", "ce_specversion", "1.0")
                    .forEach((name, value) -> record.headers().add(name, value.getBytes(UTF_8)));
            record.headers().add("content-type", "application/json".getBytes(UTF_8));
            producer.send(record);
        }

        try (var consumer = events.subscribe(Subscription.of("tools-foreign-readers"))) {
            Message message = consumer.next(Duration.ofSeconds(30)).orElseThrow();

            assertThat(message.payload().id()).isEqualTo("f-1");
            assertThat(message.payload().type()).isEqualTo("foreign");
            assertThat(message.data(Amount.class)).isEqualTo(new Amount(1));
            message.commit();
        }
    }

    @Test
    void a_topics_settings_are_kafkas() throws Exception {
        events.createTopic(Topic.named("tools-topic")
                .partitions(3)
                .retention(Duration.ofDays(2), ByteSize.mib(80))
                .cleanup(CleanupPolicy.COMPACT_DELETE)
                .compression(Compression.ZSTD)
                .maxMessageSize(ByteSize.mib(5))
                .deleteRetention(Duration.ofHours(3)));

        assertThat(settings("tools-topic"))
                .containsEntry("retention.ms", "172800000")
                .containsEntry("retention.bytes", "83886080")
                .containsEntry("segment.bytes", "10485760")
                .containsEntry("cleanup.policy", "compact,delete")
                .containsEntry("compression.type", "zstd")
                .containsEntry("delete.retention.ms", "10800000")
                .containsEntry("message.timestamp.type", "LogAppendTime")
                .containsEntry("min.insync.replicas", "1");
        assertThat(Long.parseLong(settings("tools-topic").getOrDefault("max.message.bytes", "0")))
                .isGreaterThan(5 << 20);
        assertThat(admin.describeTopics(List.of("tools-topic")).allTopicNames().get().values().stream()
                        .map(t -> t.partitions().size()))
                .containsExactly(3);
    }

    @Test
    void a_topic_made_and_altered_with_kafkas_tools_is_a_topic() throws Exception {
        admin.createTopics(List.of(new NewTopic("tools-made", 2, (short) 1)))
                .all()
                .get();
        PATIENCE.until(
                "the node has heard of it",
                () -> events.topics().list().stream().anyMatch(t -> t.name().equals("tools-made")));

        Topic made = events.topics().get("tools-made");

        assertThat(made.partitions()).isEqualTo(2);
        assertThat(made.replicationFactor()).isEqualTo(1);
        assertThat(made.config().retention().time()).isEqualTo(Duration.ofDays(7));
        assertThat(made.config().retention().size()).isNull();
        assertThat(made.config().cleanupPolicy()).isEqualTo(CleanupPolicy.DELETE);
        assertThat(made.config().maxMessageSize().bytes()).isBetween(1_000_000L, 1_048_576L);

        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, "tools-made");
        AlterConfigOp shorter = new AlterConfigOp(new ConfigEntry("retention.ms", "3600000"), AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Map.of(resource, List.of(shorter))).all().get();

        PATIENCE.until(
                "the node has heard of it",
                () -> Duration.ofHours(1)
                        .equals(events.topics()
                                .get("tools-made")
                                .config()
                                .retention()
                                .time()));
        events.publish("tools-made", Event.of("works", 1));
    }

    @Test
    void a_note_of_a_topic_is_not_taken_for_another_of_the_same_name() throws Exception {
        Topic owned = events.createTopic(Topic.named("tools-again").owner("team"));
        admin.deleteTopics(List.of("tools-again")).all().get();
        PATIENCE.until("it is gone", () -> !events.topics().list().contains(owned));
        admin.createTopics(List.of(new NewTopic("tools-again", 1, (short) 1)))
                .all()
                .get();
        PATIENCE.until(
                "it is there again",
                () -> events.topics().list().stream().anyMatch(t -> t.name().equals("tools-again")));

        assertThat(events.topics().get("tools-again").owner()).isNull();
    }

    @Test
    void the_brokers_retention_is_not_that_of_topics_of_other_programs() throws Exception {
        events.createTopic(Topic.named("tools-kept-ours"));
        Map<String, String> forever = Map.of("retention.ms", "-1");
        admin.createTopics(List.of(new NewTopic("tools-kept-theirs", 1, (short) 1).configs(forever)))
                .all()
                .get();
        io.clusterdb.events.spi.TopicPartition ours = new io.clusterdb.events.spi.TopicPartition("tools-kept-ours", 0);
        EventBroker brief = EventBroker.named("brief").retention(new RetentionPolicy(Duration.ofSeconds(1), null));
        try (KafkaProducer<String, String> producer = RawKafka.producer(Map.of());
                LogEngine log = Kafka.at(KafkaNode.shared().address()).open(brief, new Threads())) {
            producer.send(new ProducerRecord<>("tools-kept-theirs", "k", "v")).get();
            producer.send(new ProducerRecord<>("tools-kept-ours", "k", "v")).get();

            PATIENCE.until("ours expires", () -> log.expiring().getOrDefault(ours, 0L) == 1);

            assertThat(log.expiring().keySet())
                    .extracting(io.clusterdb.events.spi.TopicPartition::topic)
                    .contains("tools-kept-ours")
                    .doesNotContain("tools-kept-theirs");
        }
    }

    @Test
    void the_floor_of_a_group_is_its_offset() throws Exception {
        events.createTopic(Topic.named("tools-lag"));
        events.createConsumerGroup(ConsumerGroup.of("tools-lag-readers", "tools-lag"));
        for (int i = 0; i < 5; i++) {
            events.publish("tools-lag", Event.of("e", i));
        }

        try (var consumer = events.subscribe(Subscription.of("tools-lag-readers"))) {
            for (int i = 0; i < 3; i++) {
                consumer.next(Duration.ofSeconds(30)).orElseThrow().commit();
            }
        }

        assertThat(admin.listConsumerGroupOffsets("tools-lag-readers")
                        .partitionsToOffsetAndMetadata()
                        .get())
                .containsEntry(new TopicPartition("tools-lag", 0), new OffsetAndMetadata(3));
    }
}
