package io.clusterdb.events.benchmarks;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.jspecify.annotations.Nullable;

/** Sends the same records by Kafka's own producer: records per second, from the first call to the last acknowledgement. */
final class KafkaPublish implements Side {
    private final KafkaTopics topics;
    private final int count;
    private int round;

    KafkaPublish(Settings settings) {
        topics = new KafkaTopics(settings);
        count = settings.number("count");
    }

    @Override
    public double round() throws InterruptedException, ExecutionException {
        String topic = "orders-" + ProcessHandle.current().pid() + "-" + round++;
        topics.create(topic);
        try (KafkaProducer<String, byte[]> producer = topics.producer()) {
            topics.awaitLeaders(topic, producer);
            return count / seconds(topic, producer);
        } finally {
            topics.delete(topic);
        }
    }

    private double seconds(String topic, KafkaProducer<String, byte[]> producer) throws ExecutionException {
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        long start = System.nanoTime();
        for (int n = 0; n < count; n++) {
            producer.send(topics.record(topic, n), (metadata, failed) -> {
                if (failed != null) {
                    failure.set(failed);
                }
            });
        }
        producer.flush();
        if (failure.get() != null) {
            throw new ExecutionException(failure.get());
        }
        return (System.nanoTime() - start) / 1e9;
    }

    @Override
    public void close() {
        topics.close();
    }
}
