package io.clusterdb.events.broker;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DeadLetter;
import io.clusterdb.events.DeadLetters;
import io.clusterdb.events.Disposition;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.Filter;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Problem;
import io.clusterdb.events.filter.Expression;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters, as their users see them. Which of them are settled (replayed or purged) is kept like delivery: a mark,
 * and below it those that are not. A page is settled and delivered again in one transaction.
 */
final class DeadLetterOffice implements DeadLetters {
    private static final int PAGE = 200;

    private final Broker broker;

    DeadLetterOffice(Broker broker) {
        this.broker = broker;
    }

    /** The name under which it is kept what is settled: none that a group can have. */
    private static String ledger(String group) {
        return group + "/replay";
    }

    private TopicPartition topicOf(String group) {
        ConsumerGroup known = broker.registry().get(group);
        return new TopicPartition(Broker.defaultDeadLetterTopic(known.name()), 0);
    }

    // --- looking

    @Override
    public List<DeadLetter> list(String group, @Nullable Filter filter, long from, int limit) {
        List<DeadLetter> page = new ArrayList<>();
        visit(group, filter, from, record -> {
            page.add(letter(record));
            return page.size() < limit;
        });
        return page;
    }

    @Override
    public DeadLetter get(String group, long number) {
        List<DeadLetter> found = list(group, null, number, 1);
        if (found.isEmpty() || found.get(0).number() != number) {
            throw new NotFoundException(new Problem(
                    ErrorCode.UNKNOWN_DEAD_LETTER,
                    "Group " + group + " has no dead letter " + number,
                    "it was replayed or purged, or never existed",
                    "List them (events dlq list " + group + ")"));
        }
        return found.get(0);
    }

    private void visit(String group, @Nullable Filter filter, long from, Predicate<LogRecord> visitor) {
        TopicPartition source = topicOf(group);
        if (broker.engine().topic(source.topic()).isEmpty()) {
            return;
        }
        DeliveryLog.Written settled = settled(group, source);
        Expression wanted = filter == null ? null : Expression.condition(filter.expression());
        broker.scan().read(source, Math.max(from, settled.floor()), record -> {
            boolean open =
                    record.offset() >= settled.mark() || settled.entries().containsKey(record.offset());
            return !open || !matches(wanted, record) || visitor.test(record);
        });
    }

    private static boolean matches(@Nullable Expression wanted, LogRecord record) {
        return wanted == null
                || wanted.matches(new EventValues(Event.read(plain(record)), plain(record))) == Expression.Match.YES;
    }

    private DeliveryLog.Written settled(String group, TopicPartition source) {
        DeliveryLog.Written known =
                broker.deliveryLog().read(ledger(group), List.of(source)).get(source);
        return known == null ? new DeliveryLog.Written(0, new TreeMap<>()) : known;
    }

    private static LogRecord plain(LogRecord record) {
        return new LogRecord(
                record.partition(),
                record.offset(),
                record.timestamp(),
                record.key(),
                record.value(),
                DeadLetterRecord.plain(record));
    }

    private static DeadLetter letter(LogRecord record) {
        Map<String, String> headers = new HashMap<>();
        for (Headers.Header header : record.headers()) {
            if (header.value() != null) {
                headers.put(header.name(), header.value().utf8());
            }
        }
        return new DeadLetter(
                record.offset(),
                Event.read(plain(record)),
                headers.getOrDefault(DeadLetterRecord.TOPIC, ""),
                Integer.parseInt(headers.getOrDefault(DeadLetterRecord.PARTITION, "-1")),
                Long.parseLong(headers.getOrDefault(DeadLetterRecord.OFFSET, "-1")),
                instant(headers, DeadLetterRecord.APPENDED, record),
                Integer.parseInt(headers.getOrDefault(DeadLetterRecord.ATTEMPTS, "0")),
                instant(headers, DeadLetterRecord.FIRST_FAILURE, record),
                instant(headers, DeadLetterRecord.LAST_FAILURE, record),
                headers.getOrDefault(DeadLetterRecord.ERROR, ""),
                headers.getOrDefault(DeadLetterRecord.MESSAGE, ""),
                Disposition.valueOf(headers.getOrDefault(DeadLetterRecord.DISPOSITION, "TERMINATED")));
    }

    private static Instant instant(Map<String, String> headers, String name, LogRecord record) {
        String text = headers.get(name);
        return text == null ? Instant.ofEpochMilli(record.timestamp()) : Instant.parse(text);
    }

    // --- settling

    @Override
    public synchronized long replay(String group, @Nullable Filter filter, long limit, boolean dryRun) {
        String target = InternalTopics.replay(group).name();
        return settle(
                group,
                filter,
                limit,
                dryRun ? null : record -> new NewRecord(target, 0, record.key(), record.value(), record.headers()));
    }

    @Override
    public synchronized long purge(String group, @Nullable Filter filter, long limit, boolean dryRun) {
        return settle(group, filter, limit, dryRun ? null : record -> null);
    }

    /** What becomes of a dead letter that is settled. */
    private interface Settling {
        /** A record to append in the same step, or null. */
        @Nullable
        NewRecord of(LogRecord record);
    }

    private long settle(String group, @Nullable Filter filter, long limit, @Nullable Settling settling) {
        long count = 0;
        long from = 0;
        while (count < limit) {
            List<LogRecord> page = new ArrayList<>();
            int size = (int) Math.min(PAGE, limit - count);
            visit(group, filter, from, record -> {
                page.add(record);
                return page.size() < size;
            });
            if (settling != null && !page.isEmpty()) {
                settlePage(group, page, settling);
            }
            count += page.size();
            if (page.size() < size) {
                return count;
            }
            from = page.get(page.size() - 1).offset() + 1;
        }
        return count;
    }

    private void settlePage(String group, List<LogRecord> page, Settling settling) {
        TopicPartition source = page.get(0).partition();
        List<NewRecord> records = new ArrayList<>();
        for (LogRecord record : page) {
            NewRecord more = settling.of(record);
            if (more != null) {
                records.add(more);
            }
        }
        DeliveryLog.Written before = settled(group, source);
        broker.deliveryLog().write(ledger(group), source, without(before, page), records);
        broker.write(records);
        long floor = settled(group, source).floor();
        broker.environment().await(broker.engine().trim(source, floor));
    }

    /** The mark behind a page, and what stays unsettled below it. */
    private Delivery.Changes without(DeliveryLog.Written before, List<LogRecord> page) {
        TopicPartition source = page.get(0).partition();
        long last = page.get(page.size() - 1).offset();
        SortedMap<Long, Entry> open = new TreeMap<>(before.entries());
        broker.scan().read(source, before.mark(), record -> {
            if (record.offset() <= last) {
                open.put(record.offset(), new Entry(record.offset()));
            }
            return record.offset() < last;
        });
        SortedMap<Long, List<Entry>> chunks = new TreeMap<>();
        long lowest = Math.min(before.floor(), page.get(0).offset());
        for (long chunk = Unanswered.chunkOf(lowest); chunk <= Unanswered.chunkOf(last); chunk++) {
            chunks.put(chunk, new ArrayList<>());
        }
        page.forEach(record -> open.remove(record.offset()));
        open.values()
                .forEach(entry -> chunks.computeIfAbsent(Unanswered.chunkOf(entry.offset), c -> new ArrayList<>())
                        .add(entry));
        return new Delivery.Changes(Math.max(before.mark(), last + 1), chunks, List.of());
    }
}
