package io.clusterdb.events.broker;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.broker.ScheduleIndex.Entry;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.Headers.Header;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.MalformedBytesException;
import io.clusterdb.events.spi.NewRecord;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The records of the topic of schedules, by docs/formats/schedules.md: an event as it will be published with headers
 * before its own that say when and where to, the end of a schedule, the wish to cancel one, and the answer to that.
 */
final class ScheduleRecord {
    private static final String EVENT = "event/";
    private static final String CANCEL = "cancel/";

    private static final String PREFIX = "schedule_";
    private static final String DUE = "schedule_due";
    private static final String TOPIC = "schedule_topic";
    private static final String KEY = "schedule_key";
    private static final String EMPTY = "schedule_empty";
    private static final String REPLACES = "schedule_replaces";
    private static final String CANCELLED = "schedule_cancelled";
    private static final String REASON = "schedule_reason";

    private final LogRecord record;
    private final String key;
    private final Map<String, Bytes> own;

    private ScheduleRecord(LogRecord record, String key, Map<String, Bytes> own) {
        this.record = record;
        this.key = key;
        this.own = own;
    }

    // --- writing

    /** An event that is due later. */
    static NewRecord event(String id, NewRecord event, long dueMillis) {
        Headers.Builder headers =
                new Headers.Builder().add(DUE, Long.toString(dueMillis)).add(TOPIC, event.topic());
        if (event.key() != null) {
            headers.add(KEY, event.key());
        }
        if (event.value() == null) {
            headers.add(EMPTY, "1");
        }
        event.headers().forEach(h -> headers.add(h.name(), h.value()));
        return home(EVENT + id, event.value() == null ? Bytes.EMPTY : event.value(), headers.build());
    }

    /** The end of a schedule: it is delivered, or not to be. */
    static NewRecord end(String id, long dueMillis) {
        return home(
                EVENT + id,
                null,
                new Headers.Builder().add(DUE, Long.toString(dueMillis)).build());
    }

    /** This record again, behind the end of a schedule whose place it had taken already. */
    NewRecord again() {
        Headers.Builder headers = new Headers.Builder().add(REPLACES, Long.toString(record.offset()));
        for (Header header : record.headers()) {
            if (!header.name().equals(REPLACES)) {
                headers.add(header.name(), header.value());
            }
        }
        return home(key, record.value(), headers.build());
    }

    /** @param wish a name that nothing else has */
    static NewRecord cancel(String wish, String id) {
        return home(CANCEL + wish, Bytes.utf8(id), Headers.NONE);
    }

    static NewRecord cancelled(String wish, boolean wasPending) {
        Headers answer = new Headers.Builder()
                .add(CANCELLED, Boolean.toString(wasPending))
                .build();
        return home(CANCEL + wish, null, answer);
    }

    /** A copy, for when its topic won't take the event. */
    NewRecord undelivered(String why) {
        Headers.Builder headers = new Headers.Builder().add(REASON, why);
        record.headers().forEach(h -> headers.add(h.name(), h.value()));
        return new NewRecord(
                InternalTopics.UNDELIVERED.name(), NewRecord.BY_KEY, record.key(), record.value(), headers.build());
    }

    private static NewRecord home(String key, @Nullable Bytes value, Headers headers) {
        return new NewRecord(InternalTopics.SCHEDULES.name(), 0, Bytes.utf8(key), value, headers);
    }

    // --- reading

    /** @throws CorruptionException when it is none */
    static ScheduleRecord of(LogRecord record) {
        Map<String, Bytes> own = new HashMap<>();
        try {
            for (Header header : record.headers()) {
                Bytes value = header.value();
                if (!header.name().startsWith(PREFIX) || value == null) {
                    break;
                }
                own.put(header.name(), value);
            }
        } catch (MalformedBytesException e) {
            throw damaged(record, String.valueOf(e.getMessage()), e);
        }
        return new ScheduleRecord(
                record, record.key() == null ? "" : record.key().utf8(), own);
    }

    LogRecord record() {
        return record;
    }

    /** In bytes. */
    int size() {
        Bytes value = record.value();
        return (value == null ? 0 : value.length()) + record.headers().encoded().length();
    }

    boolean isEvent() {
        return key.startsWith(EVENT);
    }

    boolean isCancel() {
        return key.startsWith(CANCEL);
    }

    /** Whether it takes back what its key stood for. */
    boolean isEnd() {
        return record.value() == null;
    }

    /** Of the event that is scheduled. */
    String id() {
        return key.substring(EVENT.length());
    }

    String wish() {
        return key.substring(CANCEL.length());
    }

    /** The id of the event that somebody wishes to cancel. */
    String wished() {
        return Objects.requireNonNull(record.value()).utf8();
    }

    boolean wasPending() {
        return Boolean.parseBoolean(text(CANCELLED));
    }

    String topic() {
        return text(TOPIC);
    }

    /** Its place among the others. */
    Entry entry() {
        return new Entry(dueMillis(), record.offset());
    }

    long dueMillis() {
        return number(text(DUE));
    }

    /** The offset of the record that this one is a copy of; −1 when it is none. */
    long replaces() {
        return own.containsKey(REPLACES) ? number(text(REPLACES)) : -1;
    }

    /** The event as it is to be published. */
    NewRecord published() {
        return new NewRecord(
                topic(), NewRecord.BY_KEY, own.get(KEY), own.containsKey(EMPTY) ? null : record.value(), headers());
    }

    /** As {@link #published}, as if it stood where the schedule does. */
    LogRecord stored() {
        NewRecord event = published();
        return new LogRecord(
                record.partition(), record.offset(), record.timestamp(), event.key(), event.value(), event.headers());
    }

    private Headers headers() {
        return record.headers().behind(own.size());
    }

    private Bytes own(String name) {
        Bytes value = own.get(name);
        if (value == null) {
            throw damaged(record, "it has no " + name, null);
        }
        return value;
    }

    private String text(String name) {
        return own(name).utf8();
    }

    private long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw damaged(record, text + " is no number", e);
        }
    }

    private static CorruptionException damaged(LogRecord record, String why, @Nullable Throwable cause) {
        return CorruptionException.found("schedule record " + record.place(), why, cause);
    }
}
