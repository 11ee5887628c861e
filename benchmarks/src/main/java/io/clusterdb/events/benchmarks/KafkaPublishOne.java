package io.clusterdb.events.benchmarks;

import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;

/** Sends one record after the other, each acknowledged before the next: the median latency in microseconds. */
final class KafkaPublishOne implements Side {
    private final KafkaTopics topics;
    private final KafkaProducer<String, byte[]> producer;
    private final String topic = "one-" + ProcessHandle.current().pid();
    private final long[] nanos;

    KafkaPublishOne(Settings settings) {
        nanos = new long[settings.number("count")];
        topics = new KafkaTopics(settings);
        producer = topics.producer();
        topics.create(topic);
    }

    @Override
    public double round() throws InterruptedException, ExecutionException {
        for (int n = 0; n < nanos.length; n++) {
            long start = System.nanoTime();
            producer.send(topics.record(topic, n)).get();
            nanos[n] = System.nanoTime() - start;
        }
        return EventsPublishOne.median(nanos) / 1e3;
    }

    @Override
    public void close() {
        producer.close();
        topics.delete(topic);
        topics.close();
    }
}
