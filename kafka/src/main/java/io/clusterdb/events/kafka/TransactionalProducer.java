package io.clusterdb.events.kafka;

import io.clusterdb.events.EventsException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kafka producer with a transactional id, which has at most one transaction open at a time. Its calls wait; they may
 * come from any thread, but only {@link #send} beside another.
 *
 * <p>Kafka answers the end of a transaction when it is decided. Its markers are written after that, and only with them
 * do readers see the records. Here an end is over when its markers are written.
 */
final class TransactionalProducer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionalProducer.class);

    /** In which a transaction has been decided and not all of its markers written. */
    static final Set<TransactionState> ENDING = Set.of(
            TransactionState.PREPARE_COMMIT, TransactionState.PREPARE_ABORT, TransactionState.PREPARE_EPOCH_FENCE);

    private static final Duration MAX_BLOCK = Duration.ofSeconds(30);
    private static final Duration DELIVERY = Duration.ofSeconds(60);
    private static final Duration REQUEST = Duration.ofSeconds(15);

    /** Of {@link #MAX_BLOCK} each: the cluster aborts by itself what it has not been told to commit by then. */
    private static final int DECISION_ATTEMPTS = 4;

    private final Cluster cluster;
    private final String id;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicBoolean touched = new AtomicBoolean();
    private volatile boolean broken;

    /** Takes over a transactional id: what another producer has open under it is aborted, and that one is fenced. */
    TransactionalProducer(Cluster cluster, String id, Duration timeout) {
        this.cluster = cluster;
        this.id = id;
        Map<String, Object> settings = new HashMap<>();
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
        settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, (int) Math.max(1, timeout.toMillis()));
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK.toMillis());
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) DELIVERY.toMillis());
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) REQUEST.toMillis());
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, KafkaWriter.MAX_REQUEST);
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) KafkaWriter.MAX_REQUEST); // else none above 32 MiB
        this.producer = cluster.producer("transactions", settings);
        try {
            producer.initTransactions();
        } catch (KafkaException e) {
            producer.close(Duration.ZERO);
            throw Failures.of("Transactions of " + id + " could not be begun", e);
        }
    }

    String id() {
        return id;
    }

    /** Whether it can't be used any more. */
    boolean isBroken() {
        return broken;
    }

    void begin() {
        touched.set(false);
        producer.beginTransaction();
    }

    void send(ProducerRecord<byte[], byte[]> record, Callback callback) {
        touched.set(true);
        producer.send(record, callback);
    }

    /** As {@link #send(ProducerRecord, Callback)}; the commit tells when it fails. */
    void send(ProducerRecord<byte[], byte[]> record) {
        send(record, (sent, failure) -> {});
    }

    /**
     * Adds offsets of a group to the transaction.
     *
     * @throws org.apache.kafka.clients.consumer.CommitFailedException when the member is none of the group's current
     *     generation
     */
    void sendOffsets(Map<TopicPartition, Long> floors, ConsumerGroupMetadata member) {
        if (floors.isEmpty()) {
            return;
        }
        touched.set(true);
        Map<org.apache.kafka.common.TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        floors.forEach((p, floor) -> offsets.put(Cluster.kafkas(p), new OffsetAndMetadata(Math.max(0, floor))));
        producer.sendOffsetsToTransaction(offsets, member);
    }

    /**
     * Commits.
     *
     * @throws KafkaException when nothing of the transaction will be seen
     * @throws OutcomeUnknownException when nobody can tell
     */
    void commit() {
        decide();
        try {
            awaitEnd();
        } catch (EventsException e) { // it is committed all the same: who is told otherwise would do it again
            LOG.warn("The transaction of {} is committed, and readers see it later than usual", id, e);
        }
    }

    /** Asked again after a time-out, Kafka's client says what became of the same request. */
    private void decide() {
        for (int attempt = 1; ; attempt++) {
            try {
                producer.commitTransaction();
                return;
            } catch (TimeoutException e) {
                if (attempt == DECISION_ATTEMPTS) {
                    broken = true;
                    throw OutcomeUnknownException.write("The transaction of " + id, e);
                }
                LOG.warn("The commit of the transaction of {} is not answered; it is waited for", id, e);
            }
        }
    }

    /** Aborts, as far as that is still to be done. */
    void abort() {
        try {
            producer.abortTransaction();
        } catch (KafkaException | IllegalStateException e) {
            // Fenced or timed out: the coordinator aborts it, or has done so.
            broken = true;
        }
        awaitEnd();
    }

    private void awaitEnd() {
        if (touched.getAndSet(false)) {
            String what = "The end of the transaction of " + id + " is not written";
            cluster.until(what, () -> !ENDING.contains(state(what)));
        }
    }

    private TransactionState state(String what) {
        TransactionDescription found = cluster.await(
                what, cluster.admin().describeTransactions(List.of(id)).description(id));
        return found.state();
    }

    /** Ends without waiting for anything; what is open is aborted by the cluster. */
    @Override
    public void close() {
        producer.close(Duration.ZERO);
    }
}
