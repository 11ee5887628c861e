package io.clusterdb.events.kafka;

import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/** Records on their way to Kafka and back. Nothing is added and nothing left out. */
final class Records {
    private Records() {}

    /**
     * A record as Kafka takes it. With a key, its partition follows from the partitions that the topic is known to have,
     * since producers learn of new ones minutes later; without, it is Kafka's choice.
     *
     * @throws io.clusterdb.events.NotFoundException when its topic or partition is unknown
     * @throws RejectedException when it is too large, or has no key where one is needed
     */
    static ProducerRecord<byte[], byte[]> outgoing(Catalog catalog, NewRecord record) {
        Topic topic = record.partition() == NewRecord.BY_KEY
                ? catalog.known(record.topic()).topic()
                : catalog.known(new TopicPartition(record.topic(), record.partition()))
                        .topic();
        if (record.key() == null && topic.config().cleanupPolicy().compacts()) {
            throw RejectedException.keyMissing(record.topic());
        }
        int size = record.size();
        long limit = topic.config().maxMessageSize().bytes();
        if (size > limit) {
            throw RejectedException.tooLarge(
                    "the event for topic " + record.topic(), size, limit, "the topic's maxMessageSize");
        }
        RecordHeaders headers = new RecordHeaders();
        for (Headers.Header header : record.headers()) {
            headers.add(header.name(), array(header.value()));
        }
        byte[] key = array(record.key());
        return new ProducerRecord<>(record.topic(), partition(record, key, topic), key, array(record.value()), headers);
    }

    private static @Nullable Integer partition(NewRecord record, byte @Nullable [] key, Topic topic) {
        if (record.partition() != NewRecord.BY_KEY) {
            return record.partition();
        }
        return key == null ? null : Utils.toPositive(Utils.murmur2(key)) % topic.partitions();
    }

    private static byte @Nullable [] array(@Nullable Bytes bytes) {
        return bytes == null ? null : bytes.toArray();
    }

    static LogRecord incoming(TopicPartition partition, ConsumerRecord<byte[], byte[]> record) {
        return new LogRecord(
                partition,
                record.offset(),
                record.timestamp(),
                bytes(record.key()),
                bytes(record.value()),
                headers(record));
    }

    private static Headers headers(ConsumerRecord<byte[], byte[]> record) {
        Headers.Builder builder = null;
        for (Header header : record.headers()) {
            builder = builder == null ? new Headers.Builder() : builder;
            builder.add(header.key(), bytes(header.value()));
        }
        return builder == null ? Headers.NONE : builder.build();
    }

    private static @Nullable Bytes bytes(byte @Nullable [] array) {
        return array == null ? null : Bytes.of(array);
    }

    /** About what a record takes in memory. */
    static int size(LogRecord record) {
        Bytes key = record.key();
        Bytes value = record.value();
        return 64
                + (key == null ? 0 : key.length())
                + (value == null ? 0 : value.length())
                + record.headers().encoded().length();
    }
}
