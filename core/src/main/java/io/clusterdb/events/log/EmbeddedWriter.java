package io.clusterdb.events.log;

import io.clusterdb.events.Acks;
import io.clusterdb.events.Compression;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Gathers records into batches and hands these to the committer: at once without a linger, else when it is over or
 * enough full batches wait.
 */
final class EmbeddedWriter implements LogWriter, Committer.Source {
    /** So many bytes of full batches are worth a write of their own. */
    private static final long FULL_BYTES = 256 << 10;

    private final Catalog catalog;
    private final Committer committer;
    private final Environment environment;
    private final Producer settings;
    private final boolean transactional;
    private final Map<PartitionLog, Accumulator> accumulators = new ConcurrentHashMap<>();
    private final Map<String, Sticky> sticky = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Accumulator> full = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Accumulator> active = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean signalled = new AtomicBoolean();
    private final AtomicBoolean lingering = new AtomicBoolean();
    private final AtomicLong fullBytes = new AtomicLong();
    private final InFlight inFlight;
    private volatile boolean lingerOver;
    private volatile boolean closed;
    private volatile @Nullable Identity identity;

    /** Who writes, in the terms of the batch format. */
    record Identity(long producer, short epoch, boolean transactional) {}

    /** A record that its topic takes, and that has its room among what waits. */
    record Admitted(
            TopicLogs topic, PartitionLog log, NewRecord record, List<Accumulator.Copy> alongside, long bytes) {}

    /** The partition that records without a key go to for now. Its races only cost evenness. */
    private static final class Sticky {
        private int partition;
        private long bytes;

        Sticky(int partition) {
            this.partition = partition;
        }
    }

    EmbeddedWriter(EmbeddedLog log, Producer settings, boolean transactional) {
        this.catalog = log.catalog();
        this.committer = log.committer();
        this.environment = log.environment();
        this.settings = settings;
        this.transactional = transactional;
        this.inFlight = new InFlight(settings.maxInFlight().bytes());
    }

    @Override
    public CompletableFuture<Appended> append(NewRecord record, List<NewRecord> copies) {
        return add(admit(record, copies));
    }

    /** Waits for room. What is admitted is to be added, or its bytes released. */
    Admitted admit(NewRecord record, List<NewRecord> copies) {
        if (closed) {
            throw RejectedException.closed("The writer");
        }
        TopicLogs topic = catalog.topic(record.topic());
        int size = check(topic, record);
        List<Accumulator.Copy> alongside = List.of();
        long all = size;
        if (!copies.isEmpty()) {
            alongside = alongside(copies);
            for (NewRecord copy : copies) {
                all += copy.size();
            }
        }
        PartitionLog log = topic.log(partition(record, topic, size));
        if (!inFlight.reserve(all, settings.deliveryTimeout())) {
            throw UnavailableException.publishTimeout(
                    record.topic(),
                    settings.deliveryTimeout(),
                    settings.maxInFlight() + " (maxInFlight) were waiting to be written");
        }
        return new Admitted(topic, log, record, alongside, all);
    }

    CompletableFuture<Appended> add(Admitted admitted) {
        PartitionLog log = admitted.log();
        Accumulator accumulator = accumulator(admitted.topic(), log);
        CompletableFuture<Appended> waiter = settings.acks() == Acks.NONE ? null : new CompletableFuture<>();
        Accumulator.Added added;
        try {
            added = accumulator.add(admitted.topic(), admitted.record(), admitted.alongside(), waiter);
        } catch (RuntimeException | Error e) {
            release(admitted.bytes());
            throw e;
        }
        announce(accumulator, added);
        return waiter == null ? CompletableFuture.completedFuture(new Appended(log.partition(), -1)) : waiter;
    }

    private Accumulator accumulator(TopicLogs topic, PartitionLog log) {
        Accumulator accumulator = accumulators.get(log);
        return accumulator == null
                ? accumulators.computeIfAbsent(log, l -> new Accumulator(this, topic, l))
                : accumulator;
    }

    private List<Accumulator.Copy> alongside(List<NewRecord> copies) {
        List<Accumulator.Copy> all = new ArrayList<>(copies.size());
        for (NewRecord copy : copies) {
            TopicLogs topic = catalog.topic(copy.topic());
            PartitionLog log = topic.log(partition(copy, topic, check(topic, copy)));
            accumulator(topic, log); // so that logs() knows it
            all.add(new Accumulator.Copy(topic, log, copy));
        }
        return all;
    }

    /** The size of a record that its topic takes. */
    private static int check(TopicLogs topic, NewRecord record) {
        checkKey(topic, record);
        int size = record.size();
        long limit = topic.topic().config().maxMessageSize().bytes();
        if (size > limit) {
            throw RejectedException.tooLarge(
                    "the event for topic " + record.topic(), size, limit, "the topic's maxMessageSize");
        }
        return size;
    }

    private static void checkKey(TopicLogs topic, NewRecord record) {
        if (record.key() == null && topic.topic().config().cleanupPolicy().compacts()) {
            throw RejectedException.keyMissing(record.topic());
        }
    }

    private int partition(NewRecord record, TopicLogs topic, int size) {
        if (record.partition() != NewRecord.BY_KEY) {
            return record.partition();
        }
        if (record.key() != null) {
            return Partitioner.partition(record.key(), topic.partitions());
        }
        Sticky current = sticky.computeIfAbsent(record.topic(), t -> new Sticky(anyOf(topic)));
        current.bytes += size;
        if (current.bytes > settings.batchSize().bytes()) {
            current.bytes = size;
            current.partition = anyOf(topic);
        }
        return Math.min(current.partition, topic.partitions() - 1);
    }

    private int anyOf(TopicLogs topic) {
        return environment.random().nextInt(topic.partitions());
    }

    private void announce(Accumulator accumulator, Accumulator.Added added) {
        boolean atOnce = settings.linger().isZero();
        if (added.first()) {
            active.add(accumulator);
            if (atOnce) {
                signal();
            } else if (lingering.compareAndSet(false, true)) {
                committer.at(environment.nanos() + settings.linger().toNanos(), this::endLinger);
            }
        }
        if (added.filled()) {
            full.add(accumulator);
            if (atOnce || fullBytes.addAndGet(batchSize()) >= FULL_BYTES) {
                signal();
            }
        }
    }

    private void signal() {
        if (signalled.compareAndSet(false, true)) {
            committer.ready(this);
        }
    }

    private void endLinger() {
        lingering.set(false);
        lingerOver = true;
        signal();
    }

    @Override
    public void drainTo(Deque<Committer.Write> writes) {
        signalled.set(false);
        fullBytes.set(0);
        for (Accumulator next = full.poll(); next != null; next = full.poll()) {
            next.takeFull(writes);
        }
        if (settings.linger().isZero() || lingerOver) {
            lingerOver = false;
            for (Accumulator next = active.poll(); next != null; next = active.poll()) {
                next.takeAll(writes);
            }
        }
    }

    @Override
    public void flush() {
        lingerOver = true;
        signal();
    }

    /** Allotted with the first batch. Committer only. */
    Identity identity(Commit commit) {
        Identity known = identity;
        if (known == null) {
            known = new Identity(catalog.newProducer(commit), (short) 0, transactional);
            identity = known;
        }
        return known;
    }

    /** The first offset of what it has open in each partition that it has written to. */
    Map<TopicPartition, Long> held() {
        Identity known = identity;
        Map<TopicPartition, Long> held = new TreeMap<>();
        if (known != null) {
            for (PartitionLog log : accumulators.keySet()) {
                Long first = log.state().open().get(known.producer());
                if (first != null) {
                    held.put(log.partition(), first);
                }
            }
        }
        return held;
    }

    boolean isOf(long producer) {
        Identity known = identity;
        return known != null && known.producer() == producer;
    }

    void release(long bytes) {
        inFlight.release(bytes);
    }

    Acks acks() {
        return settings.acks();
    }

    int retries() {
        return settings.retries();
    }

    int batchSize() {
        return (int) settings.batchSize().bytes();
    }

    Compression compression(TopicLogs topic) {
        return settings.compression() == null ? topic.topic().config().compression() : settings.compression();
    }

    long deadline() {
        return environment.nanos() + settings.deliveryTimeout().toNanos();
    }

    long millis() {
        return environment.millis();
    }

    /** What was appended before is written; nothing more is taken. */
    @Override
    public void close() {
        closed = true;
        flush();
    }

    /** The batches of records that go in one step with others, one batch for each partition. */
    List<BatchWrite> batches(List<NewRecord> records) {
        Map<PartitionLog, List<NewRecord>> byLog = new LinkedHashMap<>();
        Map<PartitionLog, TopicLogs> topics = new HashMap<>();
        for (NewRecord record : records) {
            TopicLogs topic = catalog.topic(record.topic());
            checkKey(topic, record);
            PartitionLog log = topic.log(partition(record, topic, record.size()));
            byLog.computeIfAbsent(log, l -> new ArrayList<>()).add(record);
            topics.put(log, topic);
        }
        List<BatchWrite> batches = new ArrayList<>();
        byLog.forEach((log, ofLog) -> {
            TopicLogs topic = Objects.requireNonNull(topics.get(log));
            Accumulator accumulator = new Accumulator(this, topic, log);
            ofLog.forEach(record -> accumulator.add(topic, record, List.of(), null));
            accumulator.takeAll(batches);
        });
        return batches;
    }

    /** The partitions that were written to. */
    Set<PartitionLog> logs() {
        return accumulators.keySet();
    }
}
