package io.clusterdb.events.kafka;

import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.OpenTransaction;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;

/**
 * The transactions of a cluster: those begun here, and what is known of the others. Producers are kept for the next
 * transaction of the same owner, since a new one costs several round trips and a new transactional id stays with the
 * cluster for days. So the id of a transaction is that of its producer, and the next one has the same.
 */
final class Transactions implements Duty, AutoCloseable {
    private static final String PREFIX = "events-tx:";
    private static final String GROUP_PREFIX = "events-group:";
    private static final Executor SOON = CompletableFuture.delayedExecutor(5, TimeUnit.MILLISECONDS);

    private final Cluster cluster;
    private final Catalog catalog;
    private final Map<Kind, Queue<Slot>> idle = new ConcurrentHashMap<>();
    private final Set<String> slots = ConcurrentHashMap.newKeySet();
    private final Map<String, KafkaTransaction> open = new ConcurrentHashMap<>();
    private final Environment.Task task;

    /** Whose transactions a producer serves, and their time-out, which it has for good. */
    private record Kind(String owner, Duration timeout) {}

    /** A producer, and the thread on which its calls wait. */
    record Slot(String owner, Duration timeout, TransactionalProducer producer, SerialCalls calls) {
        void close() {
            calls.close();
            producer.close();
        }
    }

    Transactions(Cluster cluster, Catalog catalog) {
        this.cluster = cluster;
        this.catalog = catalog;
        this.task = cluster.environment().start("events-kafka-transactions", this);
    }

    /** The transactional id under which a group's work on a partition is committed, and by which it is fenced. */
    static String id(String group, TopicPartition partition) {
        return GROUP_PREFIX + group + ":" + partition.topic() + ":" + partition.partition();
    }

    // --- those begun here

    KafkaTransaction begin(String owner, Duration timeout) {
        Duration most = cluster.limits().maxTransaction();
        if (timeout.compareTo(most) > 0) {
            throw RejectedException.invalid(
                    "transaction of " + owner,
                    "timeout",
                    timeout,
                    "at most " + most + ", the cluster's transaction.max.timeout.ms");
        }
        Queue<Slot> free = idle.get(new Kind(owner, timeout));
        Slot slot = free == null ? null : free.poll();
        KafkaTransaction transaction =
                new KafkaTransaction(this, catalog, slot == null ? newSlot(owner, timeout) : slot);
        open.put(transaction.id(), transaction);
        task.wake();
        return transaction;
    }

    private Slot newSlot(String owner, Duration timeout) {
        String id = PREFIX + owner + ":"
                + Long.toHexString(cluster.environment().random().nextLong());
        TransactionalProducer producer = new TransactionalProducer(cluster, id, timeout);
        slots.add(id);
        return new Slot(owner, timeout, producer, new SerialCalls(cluster.environment(), "events-kafka-transaction"));
    }

    Environment environment() {
        return cluster.environment();
    }

    /** A transaction is over; its producer serves the next one, unless it can't. */
    void ended(KafkaTransaction transaction, Slot slot) {
        open.remove(transaction.id());
        if (slot.producer().isBroken()) {
            slots.remove(transaction.id());
            slot.close();
        } else {
            idle.computeIfAbsent(new Kind(slot.owner(), slot.timeout()), k -> new ConcurrentLinkedQueue<>())
                    .add(slot);
        }
    }

    /** Aborts what is open for too long. Kafka does that too, later, for those whose process has died. */
    @Override
    public long run() {
        long now = cluster.environment().nanos();
        long rest = WHEN_WOKEN;
        for (KafkaTransaction transaction : open.values()) {
            long left = transaction.deadlineNanos() - now;
            if (left <= 0) {
                transaction.timeOut();
            } else {
                rest = Math.min(rest, left);
            }
        }
        return rest;
    }

    // --- those of the cluster

    /** See {@link io.clusterdb.events.spi.LogEngine#transactions}. */
    List<OpenTransaction> list() {
        ListTransactionsOptions ongoing = new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING));
        List<OpenTransaction> all = new ArrayList<>();
        open.values().forEach(t -> all.add(t.info()));
        for (TransactionListing found : listed(ongoing)) {
            if (!slots.contains(found.transactionalId())) {
                described(found.transactionalId()).ifPresent(all::add);
            }
        }
        all.sort(Comparator.comparing(OpenTransaction::begun));
        return all;
    }

    private Collection<TransactionListing> listed(ListTransactionsOptions filter) {
        return cluster.await(
                "Transactions could not be listed",
                cluster.admin().listTransactions(filter).all());
    }

    private Optional<OpenTransaction> described(String id) {
        TransactionDescription found;
        try {
            found = cluster.await(
                    "Transaction " + id + " could not be read",
                    cluster.admin().describeTransactions(List.of(id)).description(id));
        } catch (RuntimeException e) {
            if (e.getCause() instanceof org.apache.kafka.common.errors.TransactionalIdNotFoundException) {
                return Optional.empty();
            }
            throw e;
        }
        OptionalLong begun = found.transactionStartTimeMs();
        return begun.isEmpty()
                ? Optional.empty()
                : Optional.of(new OpenTransaction(id, owner(id), Instant.ofEpochMilli(begun.getAsLong()), held(found)));
    }

    /** By what the partitions know of its producer. */
    private Map<TopicPartition, Long> held(TransactionDescription transaction) {
        Map<TopicPartition, Long> held = new TreeMap<>();
        if (transaction.topicPartitions().isEmpty()) {
            return held;
        }
        cluster.await(
                        "The partitions of a transaction could not be read",
                        cluster.admin()
                                .describeProducers(transaction.topicPartitions())
                                .all())
                .forEach((partition, state) -> held.put(
                        Cluster.ours(partition),
                        state.activeProducers().stream()
                                .filter(p -> p.producerId() == transaction.producerId())
                                .map(p -> p.currentTransactionStartOffset().orElse(-1))
                                .findFirst()
                                .orElse(-1L)));
        return held;
    }

    /** Aborts one, whoever has it: another process is fenced. */
    void abort(String id) {
        KafkaTransaction ours = open.get(id);
        if (ours != null) {
            environment().await(ours.abort("it was aborted by hand (events tx abort)"));
            return;
        }
        List<String> ongoing = list().stream().map(OpenTransaction::id).toList();
        if (!ongoing.contains(id)) {
            throw NotFoundException.transaction(id, ongoing);
        }
        String what = "Transaction " + id + " could not be aborted";
        cluster.await(what, cluster.admin().fenceProducers(List.of(id)).all());
        cluster.until(what, () -> described(id).isEmpty());
    }

    private static String owner(String id) {
        if (id.startsWith(PREFIX)) {
            return id.substring(PREFIX.length(), id.lastIndexOf(':'));
        }
        return id.startsWith(GROUP_PREFIX)
                ? "group " + id.substring(GROUP_PREFIX.length(), id.indexOf(':', GROUP_PREFIX.length()))
                : id;
    }

    /** The transaction that holds back a partition's committed readers. */
    Optional<OpenTransaction> holding(TopicPartition partition) {
        org.apache.kafka.common.TopicPartition kafkas = Cluster.kafkas(partition);
        List<ProducerState> producers = cluster.await(
                        "Producers of " + partition + " could not be read",
                        cluster.admin().describeProducers(List.of(kafkas)).partitionResult(kafkas))
                .activeProducers();
        Optional<Long> oldest = producers.stream()
                .filter(p -> p.currentTransactionStartOffset().isPresent())
                .min(Comparator.comparingLong(
                        p -> p.currentTransactionStartOffset().orElseThrow()))
                .map(ProducerState::producerId);
        if (oldest.isEmpty()) {
            return Optional.empty();
        }
        ListTransactionsOptions its = new ListTransactionsOptions().filterProducerIds(Set.of(oldest.get()));
        return listed(its).stream().findFirst().flatMap(t -> info(t.transactionalId()));
    }

    private Optional<OpenTransaction> info(String id) {
        KafkaTransaction ours = open.get(id);
        return ours == null ? described(id) : Optional.of(ours.info());
    }

    /** Completed when the transactions of Events that are being ended now have their markers written. */
    CompletableFuture<Void> settled() {
        return ending().thenCompose(ids -> ids.isEmpty() ? CompletableFuture.completedFuture(null) : settled(ids));
    }

    private CompletableFuture<Void> settled(Set<TransactionListing> before) {
        return CompletableFuture.supplyAsync(() -> null, SOON)
                .thenCompose(nothing -> ending())
                .thenCompose(now -> {
                    now.retainAll(before);
                    return now.isEmpty() ? CompletableFuture.completedFuture(null) : settled(now);
                });
    }

    private CompletableFuture<Set<TransactionListing>> ending() {
        ListTransactionsOptions filter = new ListTransactionsOptions().filterStates(TransactionalProducer.ENDING);
        return Cluster.translated(
                        "Transactions could not be listed",
                        cluster.admin().listTransactions(filter).all())
                .thenApply(all -> all.stream()
                        .filter(t -> t.transactionalId().startsWith(PREFIX)
                                || t.transactionalId().startsWith(GROUP_PREFIX))
                        .collect(Collectors.toSet()));
    }

    /** Aborts what is open. */
    @Override
    public void close() {
        task.close();
        for (KafkaTransaction transaction : List.copyOf(open.values())) {
            try {
                transaction.abort().join();
            } catch (CompletionException e) {
                // It is being ended by somebody else.
            }
        }
        idle.values().forEach(free -> free.forEach(Slot::close));
        idle.clear();
    }
}
