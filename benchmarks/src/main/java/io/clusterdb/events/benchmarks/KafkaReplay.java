package io.clusterdb.events.benchmarks;

import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;

/** Reads a topic from its beginning to its end by Kafka's own consumer, which checks checksums: records per second. */
final class KafkaReplay implements Side {
    private final KafkaTopics topics;
    private final Settings settings;
    private final String topic = "replay-" + ProcessHandle.current().pid();
    private final int count;

    KafkaReplay(Settings settings) {
        this.settings = settings;
        count = settings.number("count");
        topics = new KafkaTopics(settings);
        topics.create(topic);
        try (KafkaProducer<String, byte[]> producer = topics.producer()) {
            for (int n = 0; n < count; n++) {
                producer.send(topics.record(topic, n));
            }
        }
    }

    @Override
    public double round() {
        try (KafkaConsumer<String, byte[]> consumer = topics.consumer()) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long start = System.nanoTime();
            int seen = 0;
            long bytes = 0;
            while (seen < count) {
                ConsumerRecords<String, byte[]> records = consumer.poll(Duration.ofSeconds(10));
                for (ConsumerRecord<String, byte[]> record : records) {
                    seen++;
                    bytes += record.value().length;
                }
            }
            if (bytes != (long) count * settings.number("size")) {
                throw new IllegalStateException("read " + bytes + " bytes of data");
            }
            return count / ((System.nanoTime() - start) / 1e9);
        }
    }

    @Override
    public void close() {
        topics.delete(topic);
        topics.close();
    }
}
