package io.clusterdb.events.kafka;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogMember;
import io.clusterdb.events.spi.LogReader;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.OpenTransaction;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/**
 * The log engine on an Apache Kafka cluster. Its duties wait for the cluster, each on a thread of its own: an environment
 * that runs all of them on one thread is not for this engine.
 */
final class KafkaLog implements LogEngine {
    private static final Facts FACTS = new Facts(Kafka.TYPE, true, EnumSet.allOf(Trait.class));

    private final Cluster cluster;
    private final Catalog catalog;
    private final Transactions transactions;
    private final Offsets offsets;

    KafkaLog(Cluster cluster, EventBroker broker) {
        this.cluster = cluster;
        this.catalog = new Catalog(cluster, new TopicSettings(broker.replication()));
        this.transactions = new Transactions(cluster, catalog);
        this.offsets =
                new Offsets(cluster, catalog, transactions, broker.retention().time());
    }

    @Override
    public Facts facts() {
        return FACTS;
    }

    @Override
    public Topic createTopic(Topic topic) {
        return catalog.create(topic);
    }

    @Override
    public void alterTopic(Topic topic) {
        catalog.alter(topic);
    }

    @Override
    public void deleteTopic(String name) {
        catalog.delete(name);
    }

    @Override
    public Optional<Topic> topic(String name) {
        return catalog.find(name);
    }

    @Override
    public Topic known(String name) {
        return catalog.known(name).topic();
    }

    @Override
    public List<Topic> topics() {
        return catalog.list();
    }

    /** Whether it has records: Kafka does not say of which kind they are. */
    @Override
    public boolean hasKeys(String topic) {
        return offsets.hasRecords(topic);
    }

    @Override
    public Bounds bounds(TopicPartition partition) {
        return offsets.bounds(partition);
    }

    @Override
    public long offsetAt(TopicPartition partition, Instant time) {
        return offsets.offsetAt(partition, time);
    }

    @Override
    public Map<TopicPartition, Long> expiring() {
        return offsets.expiring();
    }

    @Override
    public CompletableFuture<Void> trim(TopicPartition partition, long before) {
        return offsets.trim(partition, before);
    }

    @Override
    public LogWriter writer(Producer settings) {
        return cluster.opened(new KafkaWriter(cluster, catalog, transactions, settings));
    }

    @Override
    public LogTransaction begin(String owner, Duration timeout) {
        return transactions.begin(owner, timeout);
    }

    @Override
    public List<OpenTransaction> transactions() {
        return transactions.list();
    }

    @Override
    public void abort(String transaction) {
        transactions.abort(transaction);
    }

    @Override
    public LogReader reader(IsolationLevel isolation, Runnable signal) {
        return cluster.opened(newReader(isolation, signal));
    }

    private KafkaReader newReader(IsolationLevel isolation, Runnable signal) {
        return new KafkaReader(cluster, catalog, offsets, isolation, signal);
    }

    @Override
    public LogMember join(ConsumerGroup group, Set<String> topics, LogMember.Listener listener) {
        Duration session = group.config().sessionTimeout();
        Cluster.Limits limits = cluster.limits();
        if (session.compareTo(limits.minSession()) < 0 || session.compareTo(limits.maxSession()) > 0) {
            throw RejectedException.invalid(
                    "consumer group " + group.name(),
                    "sessionTimeout",
                    session,
                    limits.minSession() + " to " + limits.maxSession()
                            + ", the cluster's group.min.session.timeout.ms and group.max.session.timeout.ms");
        }
        KafkaReader reader = newReader(group.config().isolationLevel(), listener::signal);
        Membership membership = new Membership(cluster, transactions, group, topics, listener::signal);
        KafkaMember.Parts parts = new KafkaMember.Parts(reader, membership);
        return cluster.opened(new KafkaMember(cluster, catalog, group, listener, parts));
    }

    @Override
    public Map<String, Set<TopicPartition>> members(String group) {
        Map<String, Set<TopicPartition>> all = new TreeMap<>();
        for (ConsumerGroupDescription found : described(group)) {
            for (MemberDescription member : found.members()) {
                Set<TopicPartition> held = new TreeSet<>();
                member.assignment().topicPartitions().forEach(p -> held.add(Cluster.ours(p)));
                all.put(member.consumerId(), held);
            }
        }
        return all;
    }

    private Collection<ConsumerGroupDescription> described(String group) {
        try {
            String what = "The members of group " + group + " could not be read";
            return cluster.await(
                            what,
                            cluster.admin()
                                    .describeConsumerGroups(List.of(group))
                                    .all())
                    .values();
        } catch (EventsException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return List.of();
            }
            throw e;
        }
    }

    @Override
    public void close() {
        cluster.closeOpen();
        transactions.close();
        catalog.close();
        cluster.close();
    }
}
