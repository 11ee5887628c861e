package io.clusterdb.events.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Topics of the Kafka node, and clients with the settings of the workload. */
final class KafkaTopics implements AutoCloseable {
    private static final String TIME = "2026-01-01T00:00:00.000Z";

    private final Settings settings;
    private final Payloads payloads;
    private final Admin admin;

    KafkaTopics(Settings settings) {
        this.settings = settings;
        payloads = new Payloads(settings.number("size"));
        admin = Admin.create(Map.of("bootstrap.servers", settings.text("kafka")));
    }

    /** With acks all, every write is followed by fdatasync: else Kafka's acknowledgement would not outlive a loss of power. */
    void create(String topic) {
        Map<String, String> config = settings.text("acks").equals("all")
                ? Map.of(TopicConfig.FLUSH_MESSAGES_INTERVAL_CONFIG, "1")
                : Map.of();
        NewTopic made = new NewTopic(topic, settings.number("partitions"), (short) 1).configs(config);
        admin.createTopics(List.of(made))
                .all()
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    /** Until each partition has taken a record: a new topic answers with errors at first. */
    void awaitLeaders(String topic, KafkaProducer<String, byte[]> producer)
            throws InterruptedException, ExecutionException {
        for (int partition = 0; partition < settings.number("partitions"); partition++) {
            producer.send(new ProducerRecord<>(topic, partition, null, payloads.data(partition)))
                    .get();
        }
    }

    void delete(String topic) {
        admin.deleteTopics(List.of(topic))
                .all()
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    KafkaProducer<String, byte[]> producer() {
        Map<String, Object> config = new HashMap<>();
        config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, settings.text("kafka"));
        config.put(ProducerConfig.ACKS_CONFIG, settings.text("acks").equals("leader") ? "1" : "all");
        config.put(ProducerConfig.BATCH_SIZE_CONFIG, settings.number("batch"));
        config.put(ProducerConfig.LINGER_MS_CONFIG, settings.number("linger"));
        return new KafkaProducer<>(config, new StringSerializer(), new ByteArraySerializer());
    }

    KafkaConsumer<String, byte[]> consumer() {
        Map<String, Object> config = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                settings.text("kafka"),
                ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
                1,
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                5_000);
        return new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer());
    }

    /** The record that Events writes for the same event. */
    ProducerRecord<String, byte[]> record(String topic, int n) {
        ProducerRecord<String, byte[]> record = new ProducerRecord<>(topic, Payloads.key(n), payloads.data(n));
        header(record, "ce_specversion", "1.0");
        header(record, "ce_id", new UUID(n, n).toString());
        header(record, "ce_source", Payloads.SOURCE);
        header(record, "ce_type", Payloads.TYPE);
        header(record, "ce_time", TIME);
        header(record, "content-type", "application/json");
        Payloads.METADATA.forEach((name, value) -> header(record, name, value));
        return record;
    }

    private static void header(ProducerRecord<String, byte[]> record, String name, String value) {
        record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        admin.close();
    }
}
