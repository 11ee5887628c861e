package io.clusterdb.events.testkit;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.Producer;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogMember;
import io.clusterdb.events.spi.LogReader;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.OpenTransaction;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** An engine that accepts everything and does nothing. */
final class HollowLog implements LogEngine {
    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    private final Facts facts;

    HollowLog(Facts facts) {
        this.facts = facts;
    }

    @Override
    public Facts facts() {
        return facts;
    }

    @Override
    public Topic createTopic(Topic topic) {
        return topic;
    }

    @Override
    public void alterTopic(Topic topic) {
        // Accepted.
    }

    @Override
    public void deleteTopic(String name) {
        // Accepted.
    }

    @Override
    public Optional<Topic> topic(String name) {
        return Optional.empty();
    }

    @Override
    public Topic known(String name) {
        return Topic.named(name);
    }

    @Override
    public List<Topic> topics() {
        return List.of();
    }

    @Override
    public boolean hasKeys(String topic) {
        return false;
    }

    @Override
    public Bounds bounds(TopicPartition partition) {
        return new Bounds(0, 0, 0, Optional.empty(), 0);
    }

    @Override
    public long offsetAt(TopicPartition partition, Instant time) {
        return 0;
    }

    @Override
    public Map<TopicPartition, Long> expiring() {
        return Map.of();
    }

    @Override
    public CompletableFuture<Void> trim(TopicPartition partition, long before) {
        return DONE;
    }

    @Override
    public LogWriter writer(Producer settings) {
        return new HollowWriter();
    }

    @Override
    public LogTransaction begin(String owner, Duration timeout) {
        return new HollowTransaction();
    }

    @Override
    public List<OpenTransaction> transactions() {
        return List.of();
    }

    @Override
    public void abort(String transaction) {
        // Accepted.
    }

    @Override
    public LogReader reader(IsolationLevel isolation, Runnable signal) {
        return new HollowMember();
    }

    @Override
    public LogMember join(ConsumerGroup group, Set<String> topics, LogMember.Listener listener) {
        return new HollowMember();
    }

    @Override
    public Map<String, Set<TopicPartition>> members(String group) {
        return Map.of();
    }

    @Override
    public void close() {
        // Nothing is held.
    }

    private static CompletableFuture<LogWriter.Appended> appended(NewRecord record) {
        TopicPartition partition = new TopicPartition(record.topic(), Math.max(0, record.partition()));
        return CompletableFuture.completedFuture(new LogWriter.Appended(partition, 0));
    }

    private static final class HollowWriter implements LogWriter {
        @Override
        public CompletableFuture<Appended> append(NewRecord record, List<NewRecord> copies) {
            return appended(record);
        }

        @Override
        public void flush() {
            // Nothing is held back.
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }

    private static final class HollowTransaction implements LogTransaction {
        @Override
        public String id() {
            return "";
        }

        @Override
        public CompletableFuture<LogWriter.Appended> append(NewRecord record, List<NewRecord> copies) {
            return appended(record);
        }

        @Override
        public CompletableFuture<Void> commit(List<NewRecord> records) {
            return DONE;
        }

        @Override
        public CompletableFuture<Void> commit(
                LogMember member, Map<TopicPartition, Long> floors, List<NewRecord> records) {
            return DONE;
        }

        @Override
        public CompletableFuture<Void> abort() {
            return DONE;
        }
    }

    private static final class HollowMember implements LogMember {
        @Override
        public void seek(TopicPartition partition, long offset) {
            // Accepted.
        }

        @Override
        public void drop(TopicPartition partition) {
            // Accepted.
        }

        @Override
        public void pause(TopicPartition partition) {
            // Accepted.
        }

        @Override
        public void resume(TopicPartition partition) {
            // Accepted.
        }

        @Override
        public List<Fetched> poll(int maxRecords) {
            return List.of();
        }

        @Override
        public CompletableFuture<Void> commit(Map<TopicPartition, Long> floors, List<NewRecord> records) {
            return DONE;
        }

        @Override
        public void release(Collection<TopicPartition> partitions) {
            // Accepted.
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
