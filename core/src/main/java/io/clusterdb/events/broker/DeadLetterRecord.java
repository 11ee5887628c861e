package io.clusterdb.events.broker;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.Headers.Header;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A dead letter: the record as it was, with headers behind its own that tell what happened. The formats of the headers
 * are in docs/formats/dead-letters.md.
 */
final class DeadLetterRecord {
    static final String PREFIX = "dlq_";
    static final String TOPIC = "dlq_topic";
    static final String PARTITION = "dlq_partition";
    static final String OFFSET = "dlq_offset";
    static final String APPENDED = "dlq_appended";
    static final String GROUP = "dlq_group";
    static final String ATTEMPTS = "dlq_attempts";
    static final String FIRST_FAILURE = "dlq_first_failure";
    static final String LAST_FAILURE = "dlq_last_failure";
    static final String ERROR = "dlq_error";
    static final String MESSAGE = "dlq_message";
    static final String DISPOSITION = "dlq_disposition";
    private static final String FREES = "dlq_frees";

    private DeadLetterRecord() {}

    /** @param topic of dead letters */
    static NewRecord of(String topic, String group, Delivery.Letter letter) {
        LogRecord record = letter.entry().record();
        Origin origin = Origin.of(record);
        Failure first = letter.entry().first == null ? letter.failure() : letter.entry().first;
        List<Header> more = new ArrayList<>();
        add(more, TOPIC, origin.topic());
        add(more, PARTITION, Integer.toString(origin.partition()));
        add(more, OFFSET, Long.toString(origin.offset()));
        add(more, APPENDED, Instant.ofEpochMilli(origin.appendedMillis()).toString());
        add(more, GROUP, group);
        add(more, ATTEMPTS, Integer.toString(letter.entry().attempts));
        add(more, FIRST_FAILURE, Instant.ofEpochMilli(first.millis()).toString());
        add(more, LAST_FAILURE, Instant.ofEpochMilli(letter.failure().millis()).toString());
        add(more, ERROR, letter.failure().error());
        add(more, MESSAGE, letter.failure().message());
        add(more, DISPOSITION, letter.disposition().name());
        boolean isListed = topic.equals(Broker.defaultDeadLetterTopic(group)); // by DeadLetters: one order of all
        return new NewRecord(
                topic,
                isListed ? 0 : NewRecord.BY_KEY,
                record.key(),
                record.value(),
                plain(record).and(more));
    }

    /** A record as it was published: of a dead letter without what was added to it. */
    static LogRecord published(LogRecord record) {
        if (!InternalTopics.isReplay(record.partition().topic())) {
            return record;
        }
        return new LogRecord(
                record.partition(), record.offset(), record.timestamp(), record.key(), record.value(), plain(record));
    }

    /** A record behind replayed dead letters: when it is their turn to be handled, the key of the original flows again. */
    static NewRecord freeing(String replayTopic, TopicPartition origin, Bytes key) {
        Headers headers = new Headers.Builder()
                .add(TOPIC, origin.topic())
                .add(PARTITION, Integer.toString(origin.partition()))
                .add(FREES, "1")
                .build();
        return new NewRecord(replayTopic, 0, key.length() == 0 ? null : key, null, headers);
    }

    static boolean isFreeing(LogRecord record) {
        return InternalTopics.isReplay(record.partition().topic())
                && record.headers().last(FREES) != null;
    }

    /** Where an event was published, told by the headers of its dead letter. */
    static TopicPartition origin(LogRecord letter) {
        Bytes topic = letter.headers().last(TOPIC);
        Bytes partition = letter.headers().last(PARTITION);
        return new TopicPartition(
                topic == null ? "" : topic.utf8(), partition == null ? -1 : Integer.parseInt(partition.utf8()));
    }

    /** The headers without those of a dead letter. */
    static Headers plain(LogRecord record) {
        Headers.Builder builder = new Headers.Builder();
        for (Header header : record.headers()) {
            if (!header.name().startsWith(PREFIX)) {
                builder.add(header.name(), header.value());
            }
        }
        return builder.build();
    }

    private static void add(List<Header> to, String name, String value) {
        to.add(new Header(name, Bytes.utf8(value)));
    }
}
