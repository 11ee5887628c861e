package io.clusterdb.events.kafka;

import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Kafka's own clients on the shared node, as somebody would use them who has never heard of Events. */
final class RawKafka {
    private RawKafka() {}

    static Properties settings(Map<String, String> more) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", KafkaNode.shared().address());
        settings.putAll(more);
        return settings;
    }

    static Admin admin() {
        return Admin.create(settings(Map.of()));
    }

    static KafkaProducer<String, String> producer(Map<String, String> more) {
        return new KafkaProducer<>(settings(more), new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, byte[]> consumer(Map<String, String> more) {
        return new KafkaConsumer<>(settings(more), new StringDeserializer(), new ByteArrayDeserializer());
    }
}
