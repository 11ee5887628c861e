package io.clusterdb.events.broker;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.Headers.Header;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.NewRecord;
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
        return new NewRecord(
                topic,
                NewRecord.BY_KEY,
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
