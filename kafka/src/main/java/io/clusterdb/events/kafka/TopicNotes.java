package io.clusterdb.events.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.Topic;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What was asked for of topics, as far as Kafka has no setting for it: a compacted topic with one record for each topic.
 * Thread-safe.
 */
final class TopicNotes implements AutoCloseable {
    /** Where they are kept. */
    static final Topic TOPIC = Topic.named("_events.topics").cleanup(CleanupPolicy.COMPACT);

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final TopicPartition HOME = new TopicPartition(TOPIC.name(), 0);
    private static final Duration POLL = Duration.ofSeconds(1);

    private final Cluster cluster;
    private final Map<String, Note> notes = new HashMap<>();
    private @Nullable KafkaConsumer<byte[], byte[]> consumer;
    private @Nullable KafkaProducer<byte[], byte[]> producer;

    /**
     * What was asked for.
     *
     * @param topicId Kafka's, so that a note is not taken for one of another topic that got the name later
     */
    record Note(String topicId, Topic topic) {}

    TopicNotes(Cluster cluster) {
        this.cluster = cluster;
    }

    /** What is noted now, by topic. */
    synchronized Map<String, Topic> of(Map<String, Uuid> topicIds) {
        read();
        Map<String, Topic> all = new HashMap<>();
        topicIds.forEach((name, id) -> {
            Note note = notes.get(name);
            if (note != null && note.topicId().equals(id.toString())) {
                all.put(name, note.topic());
            }
        });
        return all;
    }

    synchronized void put(Topic topic, Uuid id) {
        write(topic.name(), JSON.writeValueAsBytes(new Note(id.toString(), topic)));
    }

    synchronized void remove(String topic) {
        write(topic, null);
    }

    private void write(String topic, byte @Nullable [] value) {
        if (producer == null) {
            producer = cluster.producer("topics", Map.of());
        }
        try {
            producer.send(new ProducerRecord<>(HOME.topic(), 0, topic.getBytes(UTF_8), value))
                    .get();
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw Failures.ofWrite("The note of topic " + topic, e);
        }
    }

    private void read() {
        // Not by the consumer: its question would wait behind the fetch that it left on its connection.
        String what = "The notes of topics could not be read";
        long end = cluster.await(
                        what,
                        cluster.admin()
                                .listOffsets(Map.of(HOME, OffsetSpec.latest()))
                                .partitionResult(HOME))
                .offset();
        try {
            KafkaConsumer<byte[], byte[]> open = consumer();
            cluster.until("The notes of topics can't be read to their end", () -> {
                if (open.position(HOME) < end) {
                    open.poll(POLL).forEach(this::apply);
                }
                return open.position(HOME) >= end;
            });
        } catch (KafkaException e) {
            throw Failures.of(what, e);
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        if (consumer == null) {
            consumer = cluster.consumer("topics", Map.of(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"));
            consumer.assign(List.of(HOME));
        }
        return consumer;
    }

    private void apply(ConsumerRecord<byte[], byte[]> record) {
        String topic = new String(record.key(), UTF_8);
        if (record.value() == null) {
            notes.remove(topic);
            return;
        }
        try {
            notes.put(topic, JSON.readValue(record.value(), Note.class));
        } catch (JacksonException e) {
            String place = TOPIC.name() + "-0@" + record.offset();
            throw CorruptionException.found("topic note " + place, e.getOriginalMessage(), e);
        }
    }

    @Override
    public synchronized void close() {
        if (producer != null) {
            producer.close();
        }
        if (consumer != null) {
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        }
    }
}
