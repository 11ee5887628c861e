package io.clusterdb.events.testkit;

import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.Producer;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What the log contracts stand on: an engine, names that nobody else has, and short words for appending and reading. */
abstract class LogFixture {
    private static final String RUN =
            Integer.toString(ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE), 36);
    private static final AtomicInteger NAMES = new AtomicInteger();

    @TempDir
    Path home;

    LogEngine log;
    Patience patience;
    private final List<AutoCloseable> opened = new ArrayList<>();

    /** Opens the engine that is held to the contract; the second time on what the first has left. */
    protected abstract LogEngine open(Path home) throws Exception;

    /** How long anything may take. */
    protected Duration budget() {
        return Duration.ofSeconds(30);
    }

    @BeforeEach
    void openTheLog() throws Exception {
        patience = new Patience(budget());
        log = open(home);
    }

    @AfterEach
    void closeTheLog() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
        log.close();
    }

    /** Closes the engine and opens it again. */
    void reopen() throws Exception {
        closeTheLog();
        opened.clear();
        log = open(home);
    }

    /** Has it closed at the end of the test. */
    <T extends AutoCloseable> T opened(T resource) {
        opened.add(resource);
        return resource;
    }

    /** A name that no other test uses: engines may be shared. */
    static String name(String word) {
        return word + "-" + RUN + "-" + NAMES.incrementAndGet();
    }

    /** A new topic. */
    String topic(int partitions) {
        return log.createTopic(Topic.named(name("topic")).partitions(partitions))
                .name();
    }

    /** The only partition of a new topic. */
    TopicPartition partition() {
        return new TopicPartition(topic(1), 0);
    }

    LogWriter writer() {
        return writer(Producer.defaults());
    }

    LogWriter writer(Producer settings) {
        return opened(log.writer(settings));
    }

    Reading reading(IsolationLevel isolation) {
        return opened(new Reading(log, isolation, patience));
    }

    Reading reading() {
        return reading(IsolationLevel.READ_COMMITTED);
    }

    static NewRecord record(TopicPartition partition, String value) {
        return new NewRecord(partition.topic(), partition.partition(), null, Bytes.utf8(value), Headers.NONE);
    }

    static NewRecord keyed(TopicPartition partition, String key, String value) {
        return new NewRecord(
                partition.topic(), partition.partition(), Bytes.utf8(key), Bytes.utf8(value), Headers.NONE);
    }

    static NewRecord keyed(String topic, String key, String value) {
        return new NewRecord(topic, NewRecord.BY_KEY, Bytes.utf8(key), Bytes.utf8(value), Headers.NONE);
    }

    static NewRecord unkeyed(String topic, String value) {
        return new NewRecord(topic, NewRecord.BY_KEY, null, Bytes.utf8(value), Headers.NONE);
    }

    /** Appends values one after the other, each when the one before is there. */
    void append(TopicPartition partition, String... values) throws Exception {
        try (LogWriter writer = log.writer(Producer.defaults())) {
            for (String value : values) {
                patience.get(writer.append(record(partition, value)));
            }
        }
    }

    /** Appends {@code count} values, named after their numbers, as fast as it goes. */
    void appendNumbers(TopicPartition partition, int count) throws Exception {
        try (LogWriter writer = log.writer(Producer.defaults())) {
            List<CompletableFuture<LogWriter.Appended>> appends = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                appends.add(writer.append(record(partition, Integer.toString(i))));
            }
            for (CompletableFuture<LogWriter.Appended> append : appends) {
                patience.get(append);
            }
        }
    }

    /** The values that a committed reader finds now. */
    List<String> committed(TopicPartition partition) throws InterruptedException {
        return values(Reading.all(log, IsolationLevel.READ_COMMITTED, partition, patience));
    }

    /** The values that are in the log now. */
    List<String> uncommitted(TopicPartition partition) throws InterruptedException {
        return values(Reading.all(log, IsolationLevel.READ_UNCOMMITTED, partition, patience));
    }

    static List<String> values(List<LogRecord> records) {
        return records.stream().map(LogFixture::value).toList();
    }

    static String value(LogRecord record) {
        Bytes value = record.value();
        return value == null ? "(null)" : value.utf8();
    }

    static List<Long> offsets(List<LogRecord> records) {
        return records.stream().map(LogRecord::offset).toList();
    }

    static List<String> numbers(int from, int to) {
        List<String> all = new ArrayList<>();
        for (int i = from; i < to; i++) {
            all.add(Integer.toString(i));
        }
        return all;
    }
}
