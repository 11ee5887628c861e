package io.clusterdb.events.acceptance;

import static java.util.Objects.requireNonNull;

import io.clusterdb.events.Acks;
import io.clusterdb.events.ByteSize;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.Compression;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Producer;
import io.clusterdb.events.Published;
import io.clusterdb.events.ReplicationSync;
import io.clusterdb.events.Topic;
import io.clusterdb.events.rocksdb.RocksDb;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/** The mission's program for publishing. As a process, it dies as soon as its publish is answered. */
final class OrderService {
    static final Instant TIME = Instant.parse("2026-01-31T08:00:00.123456Z");

    private OrderService() {}

    public static void main(String[] arguments) {
        Path folder = Path.of(requireNonNull(System.getenv("EVENTS_DATA")));
        publish(Events.open(), folder, new Order("order-123", "c-1", 1200), TIME);
        Runtime.getRuntime().halt(9);
    }

    static Published publish(Events events, Path folder, Order order, Instant time) {
        // snippet: publishing
        EventBroker broker = EventBroker.named("main")
                .store(RocksDb.at(folder).maxBackgroundJobs(4).maxOpenFiles(10_000))
                .retention(Duration.ofDays(30), ByteSize.gb(100))
                .replication(3, ReplicationSync.QUORUM, "node-1:9092", "node-2:9092", "node-3:9092");
        events.configureBroker(broker);

        Topic topic = Topic.named("orders")
                .partitions(10)
                .replicationFactor(3)
                .retention(Duration.ofDays(7), ByteSize.gb(10))
                .cleanup(CleanupPolicy.DELETE)
                .compression(Compression.SNAPPY);
        events.createTopic(topic);

        Event event = Event.of("order.created", order)
                .withId("evt-123")
                .withSource("order-service")
                .withTime(time)
                .withMetadata(Map.of("version", "1.0", "correlation_id", "order-123"));

        Producer producer = Producer.defaults()
                .withAcks(Acks.ALL)
                .withCompression(Compression.SNAPPY)
                .withRetries(3)
                .withBatchSize(ByteSize.bytes(16_384))
                .withLinger(Duration.ofMillis(10));

        Published published = events.publish("orders", event, producer);
        // end
        return published;
    }
}
