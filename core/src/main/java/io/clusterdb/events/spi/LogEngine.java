package io.clusterdb.events.spi;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.Producer;
import io.clusterdb.events.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Topics of partitioned logs, at the height of what Apache Kafka does: records in, records out, transactions, group
 * membership. Everything above (events, filters, delivery, retries, dead letters) is written once, over this.
 *
 * <p>Thread-safe. Unless said otherwise a method may wait for the engine, and throws
 * {@link io.clusterdb.events.NotFoundException} for an unknown topic or partition and
 * {@link io.clusterdb.events.UnavailableException} when nothing could be done.
 */
public interface LogEngine extends AutoCloseable {
    /** What is true of this engine and not of every engine. */
    Facts facts();

    /** Creates a topic unless there is one of that name; the answer is the one there is. Durable when it returns. */
    Topic createTopic(Topic topic);

    /** Gives a topic other settings, or more partitions. Durable when it returns. */
    void alterTopic(Topic topic);

    /** Deletes a topic and its records. Durable when it returns. */
    void deleteTopic(String name);

    Optional<Topic> topic(String name);

    /** The topic as it was some seconds ago at most: nobody is asked who is far away. */
    Topic known(String name);

    /** All topics, sorted by name. */
    List<Topic> topics();

    /** Whether the topic has, or may have, records with keys. */
    boolean hasKeys(String topic);

    Bounds bounds(TopicPartition partition);

    /** The offset of the first record appended at that time or later; the end of the log when there is none. */
    long offsetAt(TopicPartition partition, Instant time);

    /**
     * Partitions whose first records are due to be deleted by their retention, with the offset below which they are.
     * An engine that deletes by itself tells some time before it does.
     */
    Map<TopicPartition, Long> expiring();

    /** Deletes the records below an offset. The bounds show it when the future is done. */
    CompletableFuture<Void> trim(TopicPartition partition, long before);

    /** A writer with these settings. */
    LogWriter writer(Producer settings);

    /**
     * Begins a transaction.
     *
     * @param owner shown in {@link #transactions}
     * @param timeout after which it is aborted when it is still open
     * @throws io.clusterdb.events.RejectedException when the time-out is above the engine's maximum
     */
    LogTransaction begin(String owner, Duration timeout);

    /** Transactions that are open, oldest first. */
    List<OpenTransaction> transactions();

    /** Aborts a transaction of whomever; its owner's next call fails. Returns when it is no longer open. */
    void abort(String transaction);

    /** @param signal see {@link LogReader}; it must not wait */
    LogReader reader(IsolationLevel isolation, Runnable signal);

    /**
     * Joins a group.
     *
     * @param topics of which the member wants partitions
     */
    LogMember join(ConsumerGroup group, Set<String> topics, LogMember.Listener listener);

    /** Members of a group that live, with the partitions each holds. */
    Map<String, Set<TopicPartition>> members(String group);

    @Override
    void close();

    /**
     * What differs between engines, each asserted both ways by the contract suites.
     *
     * @param type the word for the engine in configuration
     * @param survivesClose false when closing forgets everything
     * @param traits empty for an engine that does all by itself
     */
    record Facts(String type, boolean survivesClose, Set<Trait> traits) {
        public Facts {
            traits = Set.copyOf(traits);
        }

        public Facts(String type, boolean survivesClose) {
            this(type, survivesClose, Set.of());
        }

        public boolean has(Trait trait) {
            return traits.contains(trait);
        }
    }

    /** Something that an engine does its own way. */
    enum Trait {
        /**
         * Holds the copies that a topic's replication factor asks for, and refuses a topic that asks for more than it
         * has nodes, or for another number once it exists. Without it there is one copy, whatever is asked for.
         */
        REPLICATES,
        /** Deletes by size itself, whole segments at a time, and does not tell it by {@link LogEngine#expiring}. */
        DELETES_SEGMENTS,
        /** Refuses to trim a topic that is compacted and nothing else. */
        KEEPS_COMPACTED,
        /** Refuses a topic whose name differs from another's in {@code .} and {@code _} only. */
        DOT_IS_UNDERSCORE,
        /** Takes records from other processes too: nobody here knows all ids, so topics can't have a deduplication window. */
        SHARED
    }
}
