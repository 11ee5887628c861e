package io.clusterdb.events.broker;

import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogRecord;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** Where an event was published: where its record stands, or, for a replayed dead letter, what its headers say. */
record Origin(String topic, int partition, long offset, long appendedMillis) {
    static Origin of(LogRecord record) {
        if (!InternalTopics.isReplay(record.partition().topic())) {
            return new Origin(
                    record.partition().topic(), record.partition().partition(), record.offset(), record.timestamp());
        }
        return told(record);
    }

    /** Of a dead letter. */
    static Origin told(LogRecord record) {
        Map<String, String> headers = new HashMap<>();
        for (Headers.Header header : record.headers()) {
            if (header.value() != null) {
                headers.put(header.name(), header.value().utf8());
            }
        }
        return new Origin(
                headers.getOrDefault(DeadLetterRecord.TOPIC, record.partition().topic()),
                Integer.parseInt(headers.getOrDefault(DeadLetterRecord.PARTITION, "0")),
                Long.parseLong(headers.getOrDefault(DeadLetterRecord.OFFSET, "0")),
                Instant.parse(headers.getOrDefault(
                                DeadLetterRecord.APPENDED,
                                Instant.ofEpochMilli(record.timestamp()).toString()))
                        .toEpochMilli());
    }
}
