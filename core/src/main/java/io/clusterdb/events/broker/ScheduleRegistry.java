package io.clusterdb.events.broker;

import io.clusterdb.events.Event;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Scheduled;
import io.clusterdb.events.Schedules;
import io.clusterdb.events.Topic;
import io.clusterdb.events.broker.ScheduleIndex.Entry;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The events that are due later, kept in a compacted topic by their ids. Thread-safe.
 *
 * <p>What is pending is what the log says, read in its order: an event is pending from its record on until the record
 * that ends it. Anybody writes the former, and {@link ScheduleDelivery} alone the latter. An end is that of one id and
 * one time, so it does not end what was scheduled anew, to another time, just before it.
 */
final class ScheduleRegistry implements Schedules {
    /** Of one partition: so all that is due is delivered in order, by one process. */
    static final TopicPartition HOME = new TopicPartition(InternalTopics.SCHEDULES.name(), 0);

    private static final Duration DECISION = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(200);
    private static final int PAGE = 200;

    /** Records so near to each other are read in one go: what is between them costs less than going there. */
    private static final long NEAR = 256;

    private final Broker broker;
    private final LogWriter writer;
    private final ScheduleIndex index = new ScheduleIndex();
    private final Set<String> displaced = new LinkedHashSet<>();
    private final Map<String, String> wishes = new LinkedHashMap<>();
    private final Map<String, CompletableFuture<Boolean>> asked = new HashMap<>();
    private long read;

    ScheduleRegistry(Broker broker) {
        this.broker = broker;
        this.writer = broker.engine().writer(Producer.defaults());
    }

    // --- scheduling

    /** Whether publish is to hold the event. What is due already is none of ours. */
    boolean isDueLater(Event event) {
        Instant time = event.deliverAt();
        return time != null
                && time.isAfter(Instant.ofEpochMilli(broker.environment().millis()));
    }

    /**
     * The record that holds an event. Everything that could make its topic refuse the event is checked now.
     *
     * @throws EventsException as publishing it would
     */
    NewRecord record(Topic target, Event event, String id) {
        Instant due = Objects.requireNonNull(event.deliverAt());
        if (target.config().deduplication() != null) {
            throw RejectedException.invalid(
                    "event " + id + " for topic " + target.name(),
                    "deliverAt",
                    due,
                    "no time: the topic has a deduplication window, and what is held is known by its id already");
        }
        NewRecord record = broker.record(target.name(), event, id, due);
        Publishing.requireFit("the event for topic " + target.name(), target, record);
        return ScheduleRecord.event(id, record, ceilMillis(due));
    }

    private static long ceilMillis(Instant time) {
        long millis = time.toEpochMilli();
        return Instant.ofEpochMilli(millis).equals(time) ? millis : millis + 1;
    }

    // --- asking

    @Override
    public List<Scheduled> list(@Nullable String topic, @Nullable Scheduled after, int limit) {
        refresh();
        List<Scheduled> page = new ArrayList<>();
        Entry last = after == null ? null : new Entry(ceilMillis(after.deliverAt()), after.number());
        while (page.size() < limit) {
            List<Entry> entries =
                    after(last, Long.MAX_VALUE, topic == null ? Math.min(PAGE, limit - page.size()) : PAGE);
            if (entries.isEmpty()) {
                break;
            }
            for (ScheduleRecord record : records(entries, Long.MAX_VALUE)) {
                if (page.size() < limit && (topic == null || topic.equals(record.topic()))) {
                    page.add(scheduled(record));
                }
            }
            last = entries.getLast();
        }
        return page;
    }

    @Override
    public Scheduled get(String id) {
        refresh();
        Entry entry = find(id);
        List<ScheduleRecord> found = entry == null ? List.of() : records(List.of(entry), Long.MAX_VALUE);
        if (found.isEmpty()) {
            throw NotFoundException.schedule(id);
        }
        return scheduled(found.getFirst());
    }

    private Scheduled scheduled(ScheduleRecord record) {
        return new Scheduled(
                record.record().offset(),
                record.id(),
                record.topic(),
                broker.event(record.stored()),
                Instant.ofEpochMilli(record.dueMillis()));
    }

    /** It is decided by who delivers, so that an event is delivered or cancelled, and never both. */
    @Override
    public boolean cancel(String id) {
        refresh();
        if (find(id) == null) {
            return refused();
        }
        String wish = broker.newId();
        CompletableFuture<Boolean> answer = ask(wish);
        broker.environment().await(writer.append(ScheduleRecord.cancel(wish, id)));
        long deadline = broker.environment().nanos() + DECISION.toNanos();
        while (!broker.environment().await(answer, LOOK)) {
            refresh();
            if (broker.environment().nanos() - deadline > 0) {
                throw OutcomeUnknownException.write(
                        "The wish to cancel event " + id, new TimeoutException("nobody answered in " + DECISION));
            }
        }
        return broker.environment().await(answer) || refused();
    }

    /** What says no is made durable first: a wish may be so already, and would be decided anew after a loss of power. */
    private boolean refused() {
        broker.environment().await(broker.engine().trim(HOME, 0)); // done when all before it is synced
        return false;
    }

    private synchronized CompletableFuture<Boolean> ask(String wish) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        asked.put(wish, answer);
        return answer;
    }

    // --- what is pending

    synchronized @Nullable Entry first() {
        return index.first();
    }

    synchronized @Nullable Entry find(String id) {
        return index.find(id);
    }

    synchronized List<Entry> after(@Nullable Entry after, long untilMillis, int limit) {
        return index.after(after, untilMillis, limit);
    }

    /** Wishes to cancel that nobody has answered yet, with the ids they are about. */
    synchronized Map<String, String> wishes() {
        return new LinkedHashMap<>(wishes);
    }

    /** Ids of which a record stands before the end of another of that id, and so would be lost to compaction. */
    synchronized Set<String> displaced() {
        return new HashSet<>(displaced);
    }

    synchronized long position() {
        return read;
    }

    /**
     * Reads records of what is pending, in one pass over the log.
     *
     * @param maxBytes of the records: those that are due first, as many as fit, and the very first in any case
     * @return in the order of the entries, without those that are gone
     */
    List<ScheduleRecord> records(Collection<Entry> entries, long maxBytes) {
        long[] offsets = entries.stream().mapToLong(Entry::offset).sorted().toArray();
        Earliest earliest = new Earliest(maxBytes);
        try (Scan.Pages pages = broker.scan().open()) {
            for (int from = 0, to; from < offsets.length; from = to) {
                to = nearTo(offsets, from);
                pages.read(HOME, offsets[from], offsets[to - 1] + 1, record -> {
                    if (Arrays.binarySearch(offsets, record.offset()) >= 0) {
                        earliest.add(ScheduleRecord.of(record.copy()));
                    }
                    return true;
                });
            }
        }
        return List.copyOf(earliest.records.values());
    }

    /** Behind the last offset to be read in one go with one. */
    private static int nearTo(long[] offsets, int from) {
        int to = from + 1;
        while (to < offsets.length && offsets[to] - offsets[to - 1] <= NEAR) {
            to++;
        }
        return to;
    }

    /** Of records that come in any order, those that are due first. */
    private static final class Earliest {
        private final TreeMap<Entry, ScheduleRecord> records = new TreeMap<>();
        private final long maxBytes;
        private long bytes;
        private @Nullable Entry end;

        Earliest(long maxBytes) {
            this.maxBytes = maxBytes;
        }

        void add(ScheduleRecord record) {
            Entry entry = record.entry();
            if (end != null && entry.compareTo(end) > 0) {
                return;
            }
            records.put(entry, record);
            bytes += record.size();
            while (bytes > maxBytes && records.size() > 1) {
                Map.Entry<Entry, ScheduleRecord> last = records.pollLastEntry();
                bytes -= last.getValue().size();
                end = last.getKey();
            }
        }
    }

    // --- the log

    private synchronized void refresh() {
        read = Math.max(read, broker.scan().read(HOME, read, record -> {
            take(record);
            return true;
        }));
    }

    /** Takes in what follows the {@link #position}; what was before is known. */
    synchronized void take(Fetched fetched) {
        fetched.records().forEach(this::take);
        read = Math.max(read, fetched.next());
    }

    private void take(LogRecord record) {
        if (record.offset() < read) {
            return;
        }
        ScheduleRecord next = ScheduleRecord.of(record);
        if (next.isEvent()) {
            if (next.isEnd()) {
                end(next);
            } else {
                begin(next);
            }
        } else if (next.isCancel()) {
            if (next.isEnd()) {
                answered(next);
            } else {
                wishes.put(next.wish(), next.wished());
            }
        }
        read = record.offset() + 1;
    }

    private void begin(ScheduleRecord next) {
        Entry before = index.find(next.id());
        if (next.replaces() >= 0 && before != null && before.offset() != next.replaces()) {
            displaced.add(next.id());
            return;
        }
        displaced.remove(next.id());
        index.put(next.id(), next.entry());
    }

    private void end(ScheduleRecord end) {
        Entry entry = index.find(end.id());
        if (entry == null) {
            return;
        }
        if (entry.dueMillis() == end.dueMillis()) {
            index.remove(end.id());
            displaced.remove(end.id());
        } else {
            displaced.add(end.id());
        }
    }

    private void answered(ScheduleRecord answer) {
        wishes.remove(answer.wish());
        CompletableFuture<Boolean> waiting = asked.remove(answer.wish());
        if (waiting != null) {
            waiting.complete(answer.wasPending());
        }
    }

    void close() {
        writer.close();
    }
}
