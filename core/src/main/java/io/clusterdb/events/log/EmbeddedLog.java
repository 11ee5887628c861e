package io.clusterdb.events.log;

import io.clusterdb.events.Acks;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogMember;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.OpenTransaction;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** The log engine that runs in the user's own process, over a {@link Storage}. */
public final class EmbeddedLog implements LogEngine, StoreBackend {
    private static final long COMPACTED_FROM_BYTES = 4 << 20;
    private static final long EXPIRY_NANOS = Duration.ofMillis(500).toNanos();

    private final Facts facts;
    private final Storage storage;
    private final Environment environment;
    private final Catalog catalog;
    private final Retention retention;
    private final Committer committer;
    private final Compactor compactor;
    private final EmbeddedWriter internal;
    private final ReentrantLock changing = new ReentrantLock();
    private final Map<String, Membership> groups = new ConcurrentHashMap<>();
    private final Map<String, EmbeddedTransaction> transactions = new ConcurrentHashMap<>();

    /**
     * Opens what is in the storage. Transactions that a dead process left open are aborted.
     *
     * @param defaults retention of topics without their own, and the cap over all of them
     */
    public EmbeddedLog(Facts facts, Storage storage, RetentionPolicy defaults, Environment environment) {
        this.facts = facts;
        this.storage = storage;
        this.environment = environment;
        this.catalog = new Catalog(storage);
        this.retention = new Retention(catalog, storage, defaults, environment);
        this.committer = new Committer(storage, environment);
        this.internal = new EmbeddedWriter(this, Producer.defaults().withAcks(Acks.LEADER), false);
        settle(new Orphans(catalog, storage, environment));
        this.compactor = new Compactor(catalog, storage, committer, environment, COMPACTED_FROM_BYTES);
        committer.at(environment.nanos() + EXPIRY_NANOS, this::expireMembers);
    }

    /**
     * Opens what is in a storage, which is closed when that fails.
     *
     * @param defaults see the constructor
     */
    public static EmbeddedLog over(Storage storage, Facts facts, RetentionPolicy defaults, Environment environment) {
        try {
            return new EmbeddedLog(facts, storage, defaults, environment);
        } catch (RuntimeException | Error e) {
            storage.close();
            throw e;
        }
    }

    private void settle(Orphans orphans) {
        try {
            change(orphans);
        } catch (RuntimeException | Error e) {
            committer.close();
            throw e;
        }
    }

    private void expireMembers() {
        long now = environment.nanos();
        groups.values().forEach(g -> g.expire(now));
        if (!committer.isClosed()) {
            committer.at(now + EXPIRY_NANOS, this::expireMembers);
        }
    }

    Catalog catalog() {
        return catalog;
    }

    Committer committer() {
        return committer;
    }

    Environment environment() {
        return environment;
    }

    Membership membership(String group) {
        return groups.computeIfAbsent(group, g -> new Membership(this::partitionsOf));
    }

    private int partitionsOf(String topic) {
        TopicLogs logs = catalog.find(topic);
        return logs == null ? 0 : logs.partitions();
    }

    List<BatchWrite> internalBatches(List<NewRecord> records) {
        return internal.batches(records);
    }

    @Override
    public Facts facts() {
        return facts;
    }

    @Override
    public Topic createTopic(Topic topic) {
        change(new TopicWrite() {
            @Override
            Optional<TopicLogs> change(Commit commit) {
                return Optional.ofNullable(catalog.create(commit, topic));
            }
        });
        return catalog.topic(topic.name()).topic();
    }

    @Override
    public void alterTopic(Topic topic) {
        change(new TopicWrite() {
            @Override
            Optional<TopicLogs> change(Commit commit) {
                return Optional.of(catalog.alter(commit, topic));
            }
        });
    }

    @Override
    public void deleteTopic(String name) {
        change(new TopicDeletion(name));
    }

    /** One change of the catalog at a time: each sees the one before. */
    private void change(AdminWrite write) {
        changing.lock();
        try {
            committer.offer(write);
            environment.await(write.done());
        } finally {
            changing.unlock();
        }
        groups.values().forEach(Membership::topicsChanged);
    }

    @Override
    public Optional<Topic> topic(String name) {
        return Optional.ofNullable(catalog.find(name)).map(TopicLogs::topic);
    }

    @Override
    public Topic known(String name) {
        return catalog.topic(name).topic();
    }

    @Override
    public List<Topic> topics() {
        return catalog.list();
    }

    @Override
    public boolean hasKeys(String topic) {
        return catalog.topic(topic).isKeyed();
    }

    @Override
    public Bounds bounds(TopicPartition partition) {
        PartitionLog log = catalog.log(partition);
        PartitionLog.State state = log.state();
        long stable = state.stableEnd();
        Optional<OpenTransaction> holder = stable == state.end() ? Optional.empty() : holder(state, stable);
        return new Bounds(
                state.start(),
                stable,
                state.end(),
                holder,
                storage.extent(log.id()).bytes());
    }

    private Optional<OpenTransaction> holder(PartitionLog.State state, long stable) {
        return state.open().entrySet().stream()
                .filter(e -> e.getValue() == stable)
                .flatMap(e -> transactions.values().stream().filter(t -> t.isOf(e.getKey())))
                .map(EmbeddedTransaction::info)
                .findFirst();
    }

    @Override
    public long offsetAt(TopicPartition partition, Instant time) {
        return retention.offsetAt(catalog.log(partition), time.toEpochMilli());
    }

    @Override
    public Map<TopicPartition, Long> expiring() {
        return retention.expiring();
    }

    @Override
    public CompletableFuture<Void> trim(TopicPartition partition, long before) {
        PartitionLog log = catalog.log(partition);
        if (before > log.state().end()) {
            throw RejectedException.outOfRange(
                    partition.toString(),
                    before,
                    log.state().start(),
                    log.state().end());
        }
        TrimWrite write = new TrimWrite(log, before);
        committer.offer(write);
        return write.done();
    }

    @Override
    public LogWriter writer(Producer settings) {
        return new EmbeddedWriter(this, settings, false);
    }

    @Override
    public LogTransaction begin(String owner, Duration timeout) {
        if (timeout.compareTo(EmbeddedTransaction.MAX_TIMEOUT) > 0) {
            throw RejectedException.invalid(
                    "transaction of " + owner, "timeout", timeout, "at most " + EmbeddedTransaction.MAX_TIMEOUT);
        }
        String id = "tx-" + Long.toHexString(environment.random().nextLong());
        EmbeddedTransaction transaction =
                new EmbeddedTransaction(this, new OpenTransaction(id, owner, environment.instant(), Map.of()), timeout);
        transactions.put(id, transaction);
        return transaction;
    }

    void ended(EmbeddedTransaction transaction) {
        transactions.remove(transaction.id());
    }

    @Override
    public List<OpenTransaction> transactions() {
        return transactions.values().stream()
                .map(EmbeddedTransaction::info)
                .sorted(Comparator.comparing(OpenTransaction::begun))
                .toList();
    }

    @Override
    public void abort(String id) {
        EmbeddedTransaction transaction = transactions.get(id);
        if (transaction == null) {
            throw NotFoundException.transaction(
                    id, transactions().stream().map(OpenTransaction::id).toList());
        }
        environment.await(transaction.abort("it was aborted by hand (events tx abort)"));
    }

    @Override
    public String type() {
        return facts.type();
    }

    /** A store in this log, which has to outlive it. */
    @Override
    public StoreEngine open(EventStore store, DataCodec codec, Environment storesEnvironment) {
        return new EmbeddedStore(this, storage, store, codec, () -> {});
    }

    /** A store in a log of its own, which is closed with it. */
    public static StoreEngine store(
            Storage storage, Facts facts, EventStore store, DataCodec codec, Environment environment) {
        EmbeddedLog log = over(storage, facts, RetentionPolicy.FOREVER, environment);
        try {
            return new EmbeddedStore(log, storage, store, codec, log::close);
        } catch (RuntimeException e) {
            log.close();
            throw e;
        }
    }

    @Override
    public EmbeddedReader reader(IsolationLevel isolation, Runnable signal) {
        return new EmbeddedReader(catalog, storage, isolation, signal);
    }

    @Override
    public LogMember join(ConsumerGroup group, Set<String> topics, LogMember.Listener listener) {
        return new EmbeddedMember(this, group, topics, listener);
    }

    @Override
    public Map<String, Set<TopicPartition>> members(String group) {
        Membership membership = groups.get(group);
        return membership == null ? Map.of() : membership.members();
    }

    /** Whatever fails of it, the storage is closed: it is nobody else's while this process has it. */
    @Override
    public void close() {
        try {
            abortAll();
            compactor.close();
        } finally {
            try {
                committer.close();
            } finally {
                storage.close();
            }
        }
    }

    private void abortAll() {
        List<CompletableFuture<?>> aborts = new ArrayList<>();
        transactions.values().forEach(t -> aborts.add(t.abort()));
        CompletableFuture<Void> all = CompletableFuture.allOf(aborts.toArray(new CompletableFuture<?>[0]));
        environment.await(all, Duration.ofSeconds(5));
    }

    /** A topic that is created or altered. */
    private abstract class TopicWrite extends AdminWrite {
        private Optional<TopicLogs> changed = Optional.empty();

        abstract Optional<TopicLogs> change(Commit commit);

        @Override
        public boolean makesRoom() {
            return true;
        }

        @Override
        public void prepare(Commit commit, List<PartitionLog> touched) {
            changed = change(commit);
        }

        @Override
        public void committed() {
            changed.ifPresent(catalog::put);
        }
    }

    /** A topic that goes, with its logs. */
    private final class TopicDeletion extends AdminWrite {
        private final String name;

        TopicDeletion(String name) {
            this.name = name;
        }

        @Override
        public boolean makesRoom() {
            return true;
        }

        @Override
        public void prepare(Commit commit, List<PartitionLog> touched) {
            catalog.delete(commit, name);
            TopicLogs topic = catalog.topic(name);
            for (int p = 0; p < topic.partitions(); p++) {
                try { // also one that nobody has used: who has found the topic may be about to
                    topic.log(p).draft(touched).delete();
                } catch (CorruptionException e) {
                    // Nobody can use what can't be read.
                }
            }
        }

        @Override
        public void committed() {
            catalog.drop(name);
            groups.values().forEach(group -> group.topicDeleted(name)); // before anything else can be written
        }
    }

    /** A start that moves. */
    private static final class TrimWrite extends AdminWrite {
        private final PartitionLog log;
        private final long before;

        TrimWrite(PartitionLog log, long before) {
            this.log = log;
            this.before = before;
        }

        @Override
        public boolean makesRoom() {
            return true;
        }

        @Override
        public void prepare(Commit commit, List<PartitionLog> touched) {
            PartitionLog.Draft draft = log.draft(touched);
            if (!draft.isDeleted() && before > draft.start()) {
                draft.trim(commit, before);
            }
        }
    }
}
