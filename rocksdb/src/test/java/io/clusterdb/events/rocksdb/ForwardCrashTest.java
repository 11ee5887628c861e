package io.clusterdb.events.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.StoredEvent;
import io.clusterdb.events.Topic;
import io.clusterdb.events.testkit.CrashedProcess;
import io.clusterdb.events.testkit.Patience;
import io.clusterdb.events.testkit.Sweep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A store in a folder of its own is forwarded to a broker in another one, by processes that are killed at any moment:
 * every event comes to the topic once, and to the copy {@code store:<name>}, in the order of the store.
 */
class ForwardCrashTest {
    private static final int KILLS = Sweep.size(12, 300);
    private static final int KILLS_OF_A_FOLDER = 50;
    private static final int EVENTS = 120;
    private static final String TOPIC = "order-events";
    private static final String COPY = "store:orders";
    private static final Patience PATIENCE = new Patience(Duration.ofSeconds(60));

    private final Random random = new Random(Sweep.seed());
    private final Set<String> stored = new HashSet<>();

    @TempDir
    private Path home;

    /** A life. */
    static final class Life {
        private Life() {}

        public static void main(String[] arguments) {
            Random random = new Random(arguments[1].hashCode());
            try (Events events = open(Path.of(arguments[0]))) {
                events.createTopic(Topic.named(TOPIC).partitions(3));
                events.createConsumerGroup(ConsumerGroup.of("readers", COPY));
                for (int i = 0; i < EVENTS; i++) {
                    List<DomainEvent> together = new ArrayList<>();
                    for (int n = random.nextInt(3); n >= 0; n--) {
                        together.add(event(arguments[1] + "-" + i + "-" + n, "o-" + random.nextInt(5)));
                    }
                    events.storeEvents(together);
                    together.forEach(event -> System.out.println("stored " + event.id()));
                }
                System.out.println("closing");
            }
        }

        private static DomainEvent event(String id, String aggregate) {
            return DomainEvent.of("Order", aggregate, 0, "order.changed", Map.of("id", id))
                    .withId(id);
        }
    }

    private static Events open(Path folder) {
        return Events.open(
                EventBroker.named("crash")
                        .store(RocksDb.at(folder.resolve("broker")).segmentSize(ByteSize.kib(64))),
                EventStore.named("orders")
                        .store(RocksDb.at(folder.resolve("store")).segmentSize(ByteSize.kib(64)))
                        .forwardTo(TOPIC));
    }

    @Test
    void every_event_is_forwarded_once_in_order_through_kill_9_at_any_moment() throws IOException {
        CrashedProcess process = new CrashedProcess(home, RocksDbLife.jvmOptions(home), Life.class);
        int acknowledged = 0;
        for (int killed = 0; killed < KILLS; killed += KILLS_OF_A_FOLDER) {
            stored.clear();
            kill(process, Files.createTempDirectory(home, "data"), Math.min(KILLS_OF_A_FOLDER, KILLS - killed));
            acknowledged += stored.size();
        }
        Sweep.note("ForwardCrashTest", KILLS + " kills, " + acknowledged + " events acknowledged");
    }

    private void kill(CrashedProcess process, Path folder, int kills) throws IOException {
        int killed = 0;
        for (int life = 0; killed < kills; life++) {
            List<String> arguments = List.of(folder.toString(), "life" + life);
            int exit = life % 2 == 0 ? killAtCall(process, arguments) : killAtLine(process, arguments);
            assertThat(exit).as(process.errors()).isIn(0, CrashedProcess.KILLED);
            killed += exit == 0 ? 0 : 1;
            if (life % 3 == 0 || killed == kills) {
                check(folder);
            }
        }
    }

    private int killAtCall(CrashedProcess process, List<String> arguments) throws IOException {
        String call = random.nextInt(3) == 0 ? "fdatasync" : "pwrite64";
        String at = "inject=" + call + ":signal=KILL:when=" + (1 + random.nextInt(300));
        List<String> strace = List.of("-o", home.resolve("trace").toString(), "-e", "trace=" + call, "-e", at);
        return process.trace(strace, arguments, this::said);
    }

    private int killAtLine(CrashedProcess process, List<String> arguments) throws IOException {
        int[] line = {random.nextInt(2 * EVENTS + 20)};
        int spins = random.nextInt(200_000);
        return process.run(arguments, (said, running) -> {
            said(said);
            if (line[0]-- == 0) {
                for (int i = 0; i < spins; i++) {
                    Thread.onSpinWait();
                }
                running.destroyForcibly();
            }
        });
    }

    private void said(String line) {
        if (line.startsWith("stored ")) {
            stored.add(line.substring("stored ".length()));
        }
    }

    private void check(Path folder) {
        try (Events events = open(folder)) {
            List<String> ids = new ArrayList<>();
            events.store().all().forEach(event -> ids.add(event.id()));
            Set<String> lost = new HashSet<>(stored);
            ids.forEach(lost::remove);
            assertThat(lost).isEmpty();
            PATIENCE.until(
                    "all is forwarded",
                    () -> events.forwards().stream()
                            .allMatch(forward -> forward.behind() == 0 && forward.failure() == null));
            if (events.topics().list().stream().anyMatch(topic -> topic.name().equals(TOPIC))) {
                checkTopic(events, ids);
            }
            if (events.forwards().size() == 2) {
                assertThat(read(events, COPY))
                        .extracting(copy -> copy.event().id())
                        .isEqualTo(ids);
            }
        }
    }

    private static void checkTopic(Events events, List<String> ids) {
        Map<Long, String> forwarded = new HashMap<>();
        Map<String, Long> versions = new HashMap<>();
        for (StoredEvent each : read(events, TOPIC)) {
            DomainEvent event = DomainEvent.of(each.event()).orElseThrow();
            assertThat(forwarded.put(event.position(), event.id()))
                    .as("%s is there once", event)
                    .isNull();
            assertThat(event.version())
                    .as("version of %s, in the order of its partition", event)
                    .isEqualTo(versions.merge(event.aggregateId(), 1L, Long::sum));
        }
        assertThat(forwarded).hasSize(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            assertThat(forwarded).containsEntry(i + 1L, ids.get(i));
        }
    }

    private static List<StoredEvent> read(Events events, String topic) {
        List<StoredEvent> all = new ArrayList<>();
        try (EventReader reader = events.read(LogQuery.of(topic))) {
            while (!reader.isCaughtUp()) {
                reader.next(Duration.ofMillis(10)).ifPresent(all::add);
            }
        }
        return all;
    }
}
