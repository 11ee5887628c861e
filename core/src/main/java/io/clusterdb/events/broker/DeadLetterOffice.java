package io.clusterdb.events.broker;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DeadLetter;
import io.clusterdb.events.DeadLetters;
import io.clusterdb.events.Disposition;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Filter;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Problem;
import io.clusterdb.events.filter.Expression;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    private static final long PAGE_BYTES = 4 << 20;

    private final Broker broker;

    DeadLetterOffice(Broker broker) {
        this.broker = broker;
    }

    /** The name under which it is kept what is settled: none that a group can have. */
    static String ledger(String group) {
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
        Expression wanted = condition(group, filter);
        visit(group, from, record -> !matches(wanted, record) || visitor.test(record));
    }

    /** @param visitor false = enough */
    private void visit(String group, long from, Predicate<LogRecord> visitor) {
        TopicPartition source = topicOf(group);
        if (broker.engine().topic(source.topic()).isEmpty()) {
            return;
        }
        DeliveryLog.Written settled = settled(group, source);
        broker.scan().read(source, Math.max(from, settled.floor()), record -> {
            boolean open =
                    record.offset() >= settled.mark() || settled.entries().containsKey(record.offset());
            return !open || visitor.test(record);
        });
    }

    /** An expression names what was published, where it was. */
    private boolean matches(@Nullable Expression wanted, LogRecord record) {
        return wanted == null || Conditions.selects(wanted, broker.values(published(record)));
    }

    /** As it was published; a record that is none of a dead letter stays where it is. */
    private static LogRecord published(LogRecord record) {
        if (record.headers().last(DeadLetterRecord.TOPIC) == null) {
            return record;
        }
        Origin origin = Origin.told(record);
        return new LogRecord(
                new TopicPartition(origin.topic(), origin.partition()),
                origin.offset(),
                origin.appendedMillis(),
                record.key(),
                record.value(),
                DeadLetterRecord.plain(record));
    }

    private DeliveryLog.Written settled(String group, TopicPartition source) {
        DeliveryLog.Written known =
                broker.deliveryLog().read(ledger(group), List.of(source)).get(source);
        return known == null ? new DeliveryLog.Written(0, new TreeMap<>(), Set.of()) : known;
    }

    private DeadLetter letter(LogRecord record) {
        Map<String, String> headers = new HashMap<>();
        for (Headers.Header header : record.headers()) {
            if (header.value() != null) {
                headers.put(header.name(), header.value().utf8());
            }
        }
        return new DeadLetter(
                record.offset(),
                broker.event(published(record)),
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
    public long replay(String group, @Nullable Filter filter, long limit, boolean dryRun) {
        return settle(group, wanted(group, filter), limit, dryRun ? null : record -> again(group, record));
    }

    @Override
    public long purge(String group, @Nullable Filter filter, long limit, boolean dryRun) {
        return settle(group, wanted(group, filter), limit, dryRun ? null : record -> null);
    }

    private Predicate<LogRecord> wanted(String group, @Nullable Filter filter) {
        Expression wanted = condition(group, filter);
        return record -> matches(wanted, record);
    }

    private @Nullable Expression condition(String group, @Nullable Filter filter) {
        return broker.conditions().of(filter, broker.registry().get(group).topics());
    }

    private static NewRecord again(String group, LogRecord record) {
        return new NewRecord(InternalTopics.replay(group).name(), 0, record.key(), record.value(), record.headers());
    }

    /** What becomes of a dead letter that is settled. */
    private interface Settling {
        /** A record to append in the same step, or null. */
        @Nullable
        NewRecord of(LogRecord record);
    }

    private synchronized long settle(
            String group, Predicate<LogRecord> wanted, long limit, @Nullable Settling settling) {
        long count = 0;
        long from = 0;
        boolean more = true;
        while (more && count < limit) {
            List<LogRecord> page = new ArrayList<>();
            int size = (int) Math.min(PAGE, limit - count);
            visit(group, from, record -> {
                if (wanted.test(record)) {
                    page.add(record);
                }
                return !isFull(page, size);
            });
            if (settling != null && !page.isEmpty()) {
                settlePage(group, page, settling);
            }
            count += page.size();
            more = isFull(page, size);
            from = page.isEmpty() ? from : page.get(page.size() - 1).offset() + 1;
        }
        if (settling != null) {
            freeSettled(group);
        }
        return count;
    }

    /** A page is written in one piece, so it has a limit in bytes too. */
    private static boolean isFull(List<LogRecord> page, int size) {
        long bytes = 0;
        for (LogRecord record : page) {
            bytes += record.value() == null ? 0 : record.value().length();
        }
        return page.size() >= size || bytes >= PAGE_BYTES;
    }

    // --- keys that are parked behind their dead letters

    /** Has the keys flow again of which no dead letter is left, when what was replayed of them has been handled. */
    private void freeSettled(String group) {
        Map<TopicPartition, Set<Bytes>> parked = new HashMap<>();
        broker.deliveryLog()
                .read(group, broker.partitionsOf(broker.registry().get(group)))
                .forEach((p, written) -> {
                    if (!written.parkedKeys().isEmpty()) {
                        parked.put(p, new HashSet<>(written.parkedKeys()));
                    }
                });
        if (parked.isEmpty()) {
            return;
        }
        visit(group, 0, record -> {
            Set<Bytes> keys = parked.getOrDefault(DeadLetterRecord.origin(record), new HashSet<>());
            keys.removeIf(key -> isOf(record, key));
            return true;
        });
        List<NewRecord> marks = new ArrayList<>();
        String replay = InternalTopics.replay(group).name();
        parked.forEach((origin, keys) -> keys.forEach(key -> marks.add(DeadLetterRecord.freeing(replay, origin, key))));
        if (!marks.isEmpty()) {
            broker.write(marks);
        }
    }

    /** Whether a dead letter is of a parked key; the empty key is that of a whole partition. */
    private static boolean isOf(LogRecord letter, Bytes key) {
        return key.length() == 0 || key.equals(letter.key());
    }

    /** Replays what has come for a key since it was replayed; false when there is nothing, so that it can flow again. */
    boolean replayMore(String group, TopicPartition origin, Bytes key) {
        return settle(
                        group,
                        record -> isOf(record, key)
                                && DeadLetterRecord.origin(record).equals(origin),
                        Long.MAX_VALUE,
                        record -> again(group, record))
                > 0;
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
        return new Delivery.Changes(Math.max(before.mark(), last + 1), chunks, List.of(), Map.of());
    }
}
