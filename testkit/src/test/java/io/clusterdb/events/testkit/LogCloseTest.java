package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Producer;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Topic;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.NewRecord;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A log is closed whatever comes due meanwhile. */
class LogCloseTest {
    private final Simulation simulation = new Simulation(1);

    @Test
    void a_log_closes_whose_timers_come_due_meanwhile() {
        LogEngine log = new EmbeddedLog(
                new LogEngine.Facts("memory", false), new MemoryStorage(), RetentionPolicy.FOREVER, simulation);
        log.createTopic(Topic.named("t"));
        CompletableFuture<Void> last = log.writer(Producer.defaults())
                .append(new NewRecord("t", 0, null, Bytes.utf8("value"), Headers.NONE))
                .thenRun(() -> simulation.pass(Duration.ofSeconds(1)));

        log.close();

        assertThat(last).isCompleted();
    }
}
