package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Events;
import io.clusterdb.events.testkit.LostPower.Unsynced;
import io.clusterdb.events.testkit.SystemCalls.Call;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * What survives the loss of power, on an engine that keeps a folder: the system calls of a few lives, two of them
 * killed, are read from a trace, and what a disk may hold is made again from them at many moments.
 */
@TestInstance(Lifecycle.PER_CLASS) // the lives take long: one trace serves all tests
public abstract class PowerLossContract extends CrashFixture {
    private static final int STATES = Sweep.size(300, 3_000);
    private static final int STATES_OF_A_TRACE = 300;
    private static final List<Unsynced> KINDS = List.copyOf(EnumSet.allOf(Unsynced.class));
    private static final int DRAIN_EVERY = 25;

    private CrashedProcess process;
    private Path folder = Path.of("data");
    private List<Call> calls = List.of();

    @BeforeEach
    final void prepare() throws IOException {
        process = new CrashedProcess(home, jvmOptions(), main());
        if (calls.isEmpty()) {
            live();
        }
    }

    private void live() throws IOException {
        Path lived = Files.createTempDirectory(home, "lives");
        folder = lived.resolve("data");
        List<SystemCalls.Life> lives = new ArrayList<>();
        for (String kill : List.of("35", "", "20", "")) {
            Path trace = lived.resolve("trace" + lives.size());
            List<String> strace = new ArrayList<>(SystemCalls.options(trace));
            if (!kill.isEmpty()) {
                strace.addAll(List.of("-e", "inject=fdatasync:signal=KILL:when=" + kill));
            }
            int exit = process.trace(strace, List.of(folder.toString(), "life" + lives.size()), line -> {});
            assertThat(exit).as(process.errors()).isEqualTo(kill.isEmpty() ? 0 : CrashedProcess.KILLED);
            Path left = lived.resolve("left" + lives.size());
            copy(folder, left);
            lives.add(new SystemCalls.Life(trace, left));
        }
        calls = SystemCalls.read(folder, lives);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(f -> Files.isDirectory(f) || Files.isRegularFile(f))
                    .toList()) { // a socket can't be copied
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    @Test
    void with_acks_all_a_completed_sync_of_the_event_precedes_its_acknowledgement() {
        long all = 0;
        long unsyncedLeader = 0;
        for (Call call : calls) {
            if (call instanceof Call.Said said
                    && said.text().startsWith("event ")
                    && said.text().contains(" steady ")) {
                List<String> words = List.of(said.text().split(" ", -1));
                boolean synced = isSynced(words.get(5), said.began());
                if (words.get(1).equals("ALL")) {
                    all++;
                    assertThat(synced)
                            .as("%s is synced before it is acknowledged", words.get(5))
                            .isTrue();
                } else if (!synced) {
                    unsyncedLeader++;
                }
            }
        }
        assertThat(all).as("acknowledgements looked at").isGreaterThan(30);
        assertThat(unsyncedLeader)
                .as("acknowledgements that did not wait for a sync")
                .isPositive();
    }

    @Test
    void a_completed_sync_precedes_what_a_store_acknowledges() {
        long acknowledged = 0;
        for (Call call : calls) {
            if (call instanceof Call.Said said && said.text().startsWith("stored ")) {
                String id = said.text().split(" ", -1)[1];
                acknowledged++;
                assertThat(isSynced(id, said.began()))
                        .as("%s is synced before it is acknowledged", id)
                        .isTrue();
            }
        }
        assertThat(acknowledged).as("acknowledgements looked at").isGreaterThan(5);
    }

    private boolean isSynced(String id, int before) {
        byte[] wanted = id.getBytes(StandardCharsets.UTF_8);
        for (Call call : calls) {
            if (call instanceof Call.Write write && contains(write.bytes(), wanted)) {
                return calls.stream()
                        .anyMatch(c -> c instanceof Call.Sync sync
                                && sync.path().equals(write.file())
                                && sync.began() > write.ended()
                                && sync.ended() < before);
            }
        }
        return false;
    }

    private static boolean contains(byte[] bytes, byte[] wanted) {
        return new String(bytes, StandardCharsets.ISO_8859_1).contains(new String(wanted, StandardCharsets.ISO_8859_1));
    }

    @Test
    void what_was_synced_is_there_whatever_became_of_the_rest() throws IOException {
        long lost = 0;
        for (int seed = 0; seed < STATES; seed++) {
            if (seed > 0 && seed % STATES_OF_A_TRACE == 0) {
                live();
            }
            Random random = new Random(seed);
            int time = random.nextInt(calls.getLast().began() + 1);
            Unsynced unsynced = KINDS.get(seed % KINDS.size());
            LostPower power = new LostPower(folder, calls, time);
            Path state = Files.createDirectories(home.resolve("states")).resolve("data");
            power.restore(state, unsynced, random);
            lost += power.lost();
            try {
                check(state, time, seed % DRAIN_EVERY == 0);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": power lost at " + time + ", unsynced " + unsynced, e);
            }
            delete(state);
        }
        Sweep.note(
                "PowerLossContract",
                STATES + " states, a trace for each " + STATES_OF_A_TRACE + ", " + lost + " changes lost");
        assertThat(lost).as("changes lost in all states").isGreaterThan(STATES);
    }

    private void check(Path state, int time, boolean drain) {
        CrashLedger ledger = new CrashLedger(CrashLedger.End.POWER_LOSS);
        for (Call call : calls) {
            if (call instanceof Call.Said said && said.ended() <= time) {
                ledger.note(said.text());
            }
        }
        try (Events events = open(state)) {
            ledger.check(events);
            if (drain) {
                ledger.drain(events);
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
