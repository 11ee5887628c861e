package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Topic;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.LogWriter.Appended;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.spi.TopicPartition;
import io.clusterdb.events.testkit.FaultyStorage.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A record and its copies are all there or none, whatever the storage does. */
class CopiesTest {
    private static final TopicPartition SOURCE = new TopicPartition("source", 0);
    private static final TopicPartition COPIES = new TopicPartition("copies", 0);
    private static final Patience PATIENCE = new Patience(Duration.ofSeconds(30));

    private final MemoryStorage kept = new MemoryStorage();
    private final FaultyStorage storage = new FaultyStorage(kept);
    private final LogEngine log =
            new EmbeddedLog(new LogEngine.Facts("faulty", true), storage, RetentionPolicy.FOREVER, new Threads());

    @BeforeEach
    void createTopics() {
        log.createTopic(Topic.named("source"));
        log.createTopic(Topic.named("copies"));
    }

    @AfterEach
    void close() {
        storage.release();
        log.close();
    }

    private static NewRecord record(TopicPartition to, String value) {
        return new NewRecord(to.topic(), to.partition(), null, Bytes.utf8(value), Headers.NONE);
    }

    private static CompletableFuture<Appended> append(LogWriter writer, String value) {
        return writer.append(record(SOURCE, value), List.of(record(COPIES, value)));
    }

    private List<String> values(TopicPartition partition) throws Exception {
        List<String> values = new ArrayList<>();
        for (LogRecord record : Reading.all(log, IsolationLevel.READ_UNCOMMITTED, partition, PATIENCE)) {
            values.add(LogFixture.value(record));
        }
        return values;
    }

    @ParameterizedTest
    @EnumSource(names = {"FULL", "FULL_THOUGH_APPLIED"})
    void a_write_that_is_tried_again_is_there_once(Fault fault) throws Exception {
        LogWriter writer = log.writer(Producer.defaults());
        append(writer, "a").join();

        storage.failCommit(fault);
        append(writer, "b").join();
        append(writer, "c").join();

        assertThat(values(SOURCE)).containsExactly("a", "b", "c");
        assertThat(values(COPIES)).containsExactly("a", "b", "c");
    }

    @Test
    void a_write_that_fails_leaves_neither() throws Exception {
        LogWriter writer = log.writer(Producer.defaults());
        append(writer, "a").join();

        storage.failCommit(Fault.STOPPED);
        assertThatThrownBy(() -> append(writer, "b").join()).hasMessageContaining("EV-4");

        assertThat(values(SOURCE)).containsExactly("a");
        assertThat(values(COPIES)).containsExactly("a");
    }

    @Test
    void a_copy_whose_topic_is_deleted_meanwhile_takes_its_record_along() throws Exception {
        LogWriter writer = log.writer(Producer.defaults().withLinger(Duration.ofSeconds(100)));
        CompletableFuture<Appended> append = append(writer, "a");
        log.deleteTopic("copies");
        writer.flush();

        assertThatThrownBy(append::join).hasMessageContaining("EV-2001");
        assertThat(values(SOURCE)).isEmpty();
    }
}
