package io.clusterdb.events.kafka;

import io.clusterdb.events.Acks;
import io.clusterdb.events.Compression;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * Kafka producers with the same settings, one for each compression in use.
 *
 * <p>Kafka recognises a retry only where all replicas acknowledge, so that is what is asked for whatever the acks: with
 * {@link Acks#NONE} the answer is not awaited, and that is all. Without retries there is nothing to recognise.
 */
final class KafkaWriter implements LogWriter {
    /** In bytes: room for the largest message there is, and below what brokers take from a socket at once. */
    static final int MAX_REQUEST = 96 << 20;

    private static final long REQUEST_MILLIS = 15_000;
    private static final long MEMORY_BEYOND_LIMIT = 64L << 20;
    private static final String ROUTES = "routes";
    private static final Duration TRANSACTION = Duration.ofSeconds(60);

    private final Cluster cluster;
    private final Catalog catalog;
    private final Producer settings;
    private final Semaphore room;
    private final int capacity;
    private final Map<Compression, KafkaProducer<byte[], byte[]>> producers = new EnumMap<>(Compression.class);
    private final Map<String, Sticky> sticky = new ConcurrentHashMap<>();
    private final Transactions transactions;
    private volatile @Nullable JointWrites joint;
    private volatile boolean closed;

    /** The partition that unanswered records without a key go to for now. Its races only cost evenness. */
    private static final class Sticky {
        private int partition;
        private long bytes;

        Sticky(int partition) {
            this.partition = partition;
        }
    }

    KafkaWriter(Cluster cluster, Catalog catalog, Transactions transactions, Producer settings) {
        this.transactions = transactions;
        this.cluster = cluster;
        this.catalog = catalog;
        this.settings = settings;
        this.capacity = (int) Math.min(Integer.MAX_VALUE, settings.maxInFlight().bytes());
        this.room = new Semaphore(capacity);
    }

    @Override
    public CompletableFuture<Appended> append(NewRecord record, List<NewRecord> copies) {
        if (closed) {
            throw RejectedException.closed("The writer");
        }
        return copies.isEmpty() && (joint == null || !joint.isFor(record.topic()))
                ? send(record)
                : appendJointly(record, copies);
    }

    private CompletableFuture<Appended> appendJointly(NewRecord record, List<NewRecord> copies) {
        int size = record.size();
        Records.outgoing(catalog, record);
        for (NewRecord copy : copies) {
            Records.outgoing(catalog, copy); // refuses what can't be sent before it is in a transaction with others
            size += copy.size();
        }
        int reserved = Math.min(capacity, Math.max(1, size));
        NewRecord placed = settings.acks() == Acks.NONE ? placed(record) : record;
        reserve(reserved, record.topic());
        CompletableFuture<Appended> answer =
                joint().append(placed, copies).whenComplete((where, failure) -> room.release(reserved));
        Integer partition = Records.outgoing(catalog, placed).partition();
        return settings.acks() == Acks.NONE && partition != null
                ? CompletableFuture.completedFuture(new Appended(new TopicPartition(record.topic(), partition), -1))
                : answer;
    }

    private synchronized JointWrites joint() {
        JointWrites open = joint;
        if (open == null) {
            open = new JointWrites(
                    cluster.environment(),
                    () -> transactions.begin(ROUTES, TRANSACTION),
                    settings.deliveryTimeout(),
                    this::flushProducers);
            joint = open;
        }
        return open;
    }

    private CompletableFuture<Appended> send(NewRecord record) {
        NewRecord placed = settings.acks() == Acks.NONE ? placed(record) : record;
        ProducerRecord<byte[], byte[]> outgoing = Records.outgoing(catalog, placed);
        KafkaProducer<byte[], byte[]> producer =
                producer(catalog.known(record.topic()).topic());
        int size = Math.min(capacity, Math.max(1, record.size()));
        reserve(size, record.topic());
        CompletableFuture<Appended> answer = new CompletableFuture<>();
        try {
            producer.send(outgoing, (sent, failure) -> {
                room.release(size);
                answer(answer, record.topic(), sent, failure);
            });
        } catch (KafkaException | IllegalStateException e) {
            room.release(size);
            throw closed ? RejectedException.closed("The writer") : notSent(record.topic(), e);
        }
        Integer partition = outgoing.partition();
        return settings.acks() == Acks.NONE && partition != null
                ? CompletableFuture.completedFuture(new Appended(new TopicPartition(record.topic(), partition), -1))
                : answer;
    }

    /** With a partition, so that it can be told before Kafka answers. */
    private NewRecord placed(NewRecord record) {
        if (record.partition() != NewRecord.BY_KEY || record.key() != null) {
            return record;
        }
        int partitions = catalog.known(record.topic()).topic().partitions();
        Sticky current = sticky.computeIfAbsent(record.topic(), t -> new Sticky(any(partitions)));
        current.bytes += record.size();
        if (current.bytes > settings.batchSize().bytes()) {
            current.bytes = record.size();
            current.partition = any(partitions);
        }
        int partition = Math.min(current.partition, partitions - 1);
        return new NewRecord(record.topic(), partition, null, record.value(), record.headers());
    }

    private int any(int partitions) {
        return cluster.environment().random().nextInt(partitions);
    }

    private void reserve(int size, String topic) {
        Duration timeout = settings.deliveryTimeout();
        boolean reserved;
        try {
            reserved = room.tryAcquire(size) || room.tryAcquire(size, timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            reserved = false;
        }
        if (!reserved) {
            throw UnavailableException.publishTimeout(
                    topic, timeout, settings.maxInFlight() + " (maxInFlight) were waiting to be written");
        }
    }

    private void answer(
            CompletableFuture<Appended> answer, String topic, RecordMetadata sent, @Nullable Exception failure) {
        if (failure == null) {
            answer.complete(new Appended(new TopicPartition(sent.topic(), sent.partition()), sent.offset()));
        } else if (failure instanceof UnknownTopicOrPartitionException) {
            answer.completeExceptionally(NotFoundException.topic(topic, List.of()));
        } else {
            answer.completeExceptionally(Failures.ofWrite("The event for topic " + topic, failure));
        }
    }

    private RuntimeException notSent(String topic, RuntimeException failure) {
        if (failure instanceof org.apache.kafka.common.errors.TimeoutException) {
            return UnavailableException.publishTimeout(
                    topic, settings.deliveryTimeout(), "Kafka did not answer (" + failure.getMessage() + ")");
        }
        return Failures.of("The event for topic " + topic + " could not be sent", failure);
    }

    private synchronized KafkaProducer<byte[], byte[]> producer(Topic topic) {
        Compression compression =
                settings.compression() == null ? topic.config().compression() : settings.compression();
        if (closed) {
            throw RejectedException.closed("The writer");
        }
        return producers.computeIfAbsent(compression, this::open);
    }

    private KafkaProducer<byte[], byte[]> open(Compression compression) {
        long delivery = Math.min(Integer.MAX_VALUE, settings.deliveryTimeout().toMillis());
        long linger = settings.linger().toMillis();
        Map<String, Object> all = new HashMap<>();
        all.put(ProducerConfig.ACKS_CONFIG, "all");
        all.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, settings.retries() > 0);
        all.put(ProducerConfig.RETRIES_CONFIG, settings.retries());
        all.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, compression.name().toLowerCase(Locale.ROOT));
        all.put(ProducerConfig.BATCH_SIZE_CONFIG, (int) settings.batchSize().bytes());
        all.put(ProducerConfig.LINGER_MS_CONFIG, linger);
        all.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) delivery);
        all.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int)
                Math.max(1, Math.min(REQUEST_MILLIS, delivery - linger)));
        all.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, delivery);
        all.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST);
        all.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 2L * capacity + MEMORY_BEYOND_LIMIT);
        return cluster.producer("writer", all);
    }

    private synchronized List<KafkaProducer<byte[], byte[]>> open() {
        return List.copyOf(producers.values());
    }

    /** Waits for the answers too. */
    @Override
    public void flush() {
        flushProducers();
        JointWrites open = joint;
        if (open != null) {
            open.flush();
        }
    }

    private void flushProducers() {
        try {
            open().forEach(KafkaProducer::flush);
        } catch (KafkaException e) {
            throw Failures.ofWrite("What was appended before", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        cluster.closed(this);
        JointWrites open = joint;
        if (open != null) {
            open.close();
        }
        try {
            open().forEach(producer -> producer.close(settings.deliveryTimeout()));
        } catch (KafkaException e) {
            throw Failures.ofWrite("What was appended before", e);
        }
    }
}
