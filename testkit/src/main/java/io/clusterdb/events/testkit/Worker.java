package io.clusterdb.events.testkit;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogMember;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;

/** A member that reads what it is given from the start, and gives back what others want when it is told to. */
final class Worker implements LogMember.Listener, AutoCloseable {
    private final Semaphore signals = new Semaphore(0);
    private final LogEngine log;
    private final LogMember member;
    private final boolean obliging;
    private final Set<TopicPartition> held = new TreeSet<>();
    private final Set<TopicPartition> revoked = new TreeSet<>();
    private final Set<TopicPartition> lost = new TreeSet<>();
    private final Set<TopicPartition> everRevoked = new TreeSet<>();
    private final List<LogRecord> records = new ArrayList<>();
    private int moves;

    /** @param obliging gives back what is revoked at once, without being told to {@link #release} it */
    Worker(LogEngine log, ConsumerGroup group, Set<String> topics, boolean obliging) {
        this.log = log;
        this.obliging = obliging;
        this.member = log.join(group, topics, this);
    }

    LogMember member() {
        return member;
    }

    /** What it has been given and has neither released nor lost. */
    Set<TopicPartition> held() {
        return held;
    }

    /** What it has been asked to give back and has not released. */
    Set<TopicPartition> revoked() {
        return revoked;
    }

    Set<TopicPartition> everRevoked() {
        return everRevoked;
    }

    Set<TopicPartition> lost() {
        return lost;
    }

    List<LogRecord> records() {
        return records;
    }

    Semaphore signals() {
        return signals;
    }

    /** How often it was assigned something. */
    int moves() {
        return moves;
    }

    /** Takes part. */
    List<Fetched> poll() {
        List<Fetched> fetched = member.poll(1_000);
        fetched.forEach(f -> records.addAll(f.records()));
        if (obliging && !revoked.isEmpty()) {
            release();
        }
        return fetched;
    }

    void release() {
        Set<TopicPartition> back = Set.copyOf(revoked);
        held.removeAll(back);
        revoked.clear();
        member.release(back);
    }

    @Override
    public void signal() {
        signals.release();
    }

    @Override
    public void assigned(Collection<TopicPartition> partitions) {
        moves++;
        held.addAll(partitions);
        partitions.forEach(p -> member.seek(p, log.bounds(p).start()));
    }

    @Override
    public void revoked(Collection<TopicPartition> partitions) {
        revoked.addAll(partitions);
        everRevoked.addAll(partitions);
    }

    @Override
    public void lost(Collection<TopicPartition> partitions) {
        lost.addAll(partitions);
        held.removeAll(partitions);
        revoked.removeAll(partitions);
    }

    @Override
    public void close() {
        held.clear();
        member.close();
    }
}
