package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.Compression;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Topic;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.LogWriter.Appended;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.spi.TopicPartition;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A library for compression that can't be loaded: who needs it is told, and the others go on. */
class FailingCodecTest {
    private static final Path CORE = Path.of("..", "core", "src", "main", "java");

    @Test
    void who_publishes_what_can_not_be_packed_is_told() throws Throwable {
        Mutant missing = new Mutant(
                "a library is missing",
                "io/clusterdb/events/log/Codec.java",
                "case ZSTD -> new ZstdOutputStream(to);",
                "case ZSTD -> throw new NoClassDefFoundError(\"ordered by the test\");");
        Method run = missing.load(CORE).loadClass(Run.class.getName()).getDeclaredMethod("run");
        run.setAccessible(true);
        try {
            run.invoke(null);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** In classes of its own, of which one is faulty. */
    static final class Run {
        private static final Producer PACKED = Producer.defaults()
                .withCompression(Compression.ZSTD)
                .withMaxInFlight(ByteSize.kib(64))
                .withDeliveryTimeout(Duration.ofSeconds(5));

        private Run() {}

        static void run() throws Exception {
            LogEngine log = new EmbeddedLog(
                    new LogEngine.Facts("memory", false), new MemoryStorage(), RetentionPolicy.FOREVER, new Threads());
            log.createTopic(Topic.named("t"));
            log.createTopic(Topic.named("copies"));
            LogWriter packed = log.writer(PACKED);
            LogWriter plain = log.writer(Producer.defaults());
            for (int size : new int[] {10, 1_000, 40_000, 40_000, 40_000}) { // waiting, and filling a batch by itself
                assertRefused(packed.append(record("t", size)));
                assertRefused(packed.append(record("t", size), List.of(record("copies", size))));
            }

            assertThat(plain.append(record("t", 10)).get(30, TimeUnit.SECONDS).offset())
                    .isZero();
            assertThat(Reading.all(
                            log,
                            IsolationLevel.READ_UNCOMMITTED,
                            new TopicPartition("copies", 0),
                            new Patience(Duration.ofSeconds(30))))
                    .isEmpty();
            log.close();
        }

        private static NewRecord record(String topic, int size) {
            return new NewRecord(topic, 0, null, Bytes.of(new byte[size]), Headers.NONE);
        }

        private static void assertRefused(CompletableFuture<Appended> append) {
            assertThatThrownBy(() -> append.get(30, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(UnavailableException.class)
                    .hasMessageContaining("Nothing was written")
                    .hasMessageContaining("ordered by the test");
        }
    }
}
