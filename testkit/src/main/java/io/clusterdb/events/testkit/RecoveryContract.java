package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Events;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * What survives kill -9, on an engine that keeps a folder. A process lives a {@link CrashWorkload}, is killed at a
 * system call or at a line it says, and the next one goes on in the same folder; every now and then the folder is
 * opened here and compared with what the lives have said. A few folders at a time.
 */
public abstract class RecoveryContract extends CrashFixture {
    private static final int KILLS = Sweep.size(200, 10_000);
    private static final int SWEEPS = 3;
    private static final int LIVES_OF_A_FOLDER = 10;
    private static final int LIFE_KILLED_IN_CLOSE = 5;
    private static final int CALLS_OF_SET_UP = 12;
    private static final List<String> CALLS =
            List.of("fdatasync", "fsync", "pwrite64", "ftruncate", "rename", "unlink", "mkdir");
    private static final Pattern CALL = Pattern.compile("(\\d+) +(\\w+)\\(.*");

    /** The phases that a life says, and two that are told by the file at which it was killed. */
    private static final List<String> PHASES = List.of(
            "open",
            "topics",
            "publish",
            "transaction",
            "delivery",
            "schedule",
            "retention",
            "route",
            "store",
            "close",
            "new segment",
            "checkpoint");

    private final Map<String, Integer> kills = new ConcurrentSkipListMap<>();
    private final AtomicInteger killed = new AtomicInteger();
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicInteger folders = new AtomicInteger();

    /** A system call at which a process is killed: the first of its threads that makes so many of them. */
    private record Point(String call, int count) {
        List<String> strace(Path trace) {
            return List.of(
                    "-o",
                    trace.toString(),
                    "-y",
                    "-e",
                    "trace=" + call,
                    "-e",
                    "inject=" + call + ":signal=KILL:when=" + count);
        }
    }

    @Test
    void what_was_acknowledged_survives_kill_9_at_any_moment() throws IOException {
        List<String> options = jvmOptions();
        List<Point> points = points(options);
        CompletableFuture<?>[] sweeps = new CompletableFuture<?>[SWEEPS];
        for (int i = 0; i < sweeps.length; i++) {
            sweeps[i] = CompletableFuture.runAsync(() -> sweep(options, points), task -> new Thread(task).start());
        }
        CompletableFuture.allOf(sweeps).join();
        assertThat(killed.get()).as("kills").isGreaterThanOrEqualTo(KILLS);
        assertThat(kills.keySet()).as("phases of %s", kills).containsAll(PHASES);
    }

    /** The calls that an undisturbed life makes, of each kind up to the number of the busiest thread. */
    private List<Point> points(List<String> options) throws IOException {
        Lives lives = new Lives(home.resolve("undisturbed"), options, List.of());
        String calls = String.join(",", CALLS);
        lives.traced(List.of("-o", lives.trace.toString(), "-e", "trace=" + calls), "undisturbed");
        lives.check(true);
        Map<String, Integer> counts = new HashMap<>();
        Map<String, Integer> most = new TreeMap<>();
        for (String line : Files.readAllLines(lives.trace)) {
            Matcher call = CALL.matcher(line);
            if (call.matches()) {
                int count = counts.merge(call.group(1) + call.group(2), 1, Integer::sum);
                most.merge(call.group(2), count, Math::max);
            }
        }
        List<Point> points = new ArrayList<>();
        most.forEach((call, count) -> {
            for (int n = 1; n <= count; n++) {
                points.add(new Point(call, n));
            }
        });
        return points;
    }

    private void sweep(List<String> options, List<Point> points) {
        try {
            while (!isOver()) {
                Path place = home.resolve("sweep" + folders.incrementAndGet());
                new Lives(place, options, points).liveAndDie();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            over.set(true); // whether this one is done or has failed, the other need not go on
        }
    }

    private boolean isOver() {
        return over.get() || killed.get() >= KILLS;
    }

    /** Lives that go on with one folder. */
    private final class Lives {
        private final String name;
        private final Path folder;
        private final Path trace;
        private final CrashedProcess process;
        private final List<Point> points;
        private final List<Point> setUp;
        private final CrashLedger ledger = new CrashLedger(CrashLedger.End.KILL);
        private final Random random;
        private String phase = "open";

        Lives(Path place, List<String> options, List<Point> points) throws IOException {
            this.name = String.valueOf(place.getFileName());
            this.folder = place.resolve("data");
            this.trace = place.resolve("trace");
            this.process = new CrashedProcess(Files.createDirectories(place), options, main());
            this.points = points;
            this.setUp =
                    points.stream().filter(p -> p.count() <= CALLS_OF_SET_UP).toList();
            this.random = new Random(name.hashCode());
        }

        void liveAndDie() throws IOException {
            for (int life = 0; life < LIVES_OF_A_FOLDER && !isOver(); life++) {
                phase = "open";
                if (life == 0) {
                    killAtCall(pick(setUp), name + "x" + life);
                } else if (life % 2 == 0) {
                    killAtCall(pick(points), name + "x" + life);
                } else {
                    killAtLine(name + "x" + life, life == LIFE_KILLED_IN_CLOSE);
                }
                if (life % 4 == 0) {
                    check(false);
                }
            }
            check(true);
            Sweep.note(
                    "RecoveryContract",
                    killed + " kills on " + folders + " folders, at " + points.size() + " system calls and at lines; "
                            + kills);
        }

        private Point pick(List<Point> from) {
            return from.get(random.nextInt(from.size()));
        }

        private void killAtCall(Point point, String life) throws IOException {
            if (traced(point.strace(trace), life)) {
                count(phase);
                List<String> calls = Files.readAllLines(trace).stream()
                        .filter(line -> CALL.matcher(line).matches())
                        .toList();
                countFile(calls.isEmpty() ? "" : calls.getLast());
            }
        }

        private boolean traced(List<String> strace, String life) throws IOException {
            return ended(process.trace(strace, List.of(folder.toString(), life), this::note));
        }

        private void countFile(String call) {
            if (call.contains("/journal")) {
                count("new segment");
            } else if (call.contains("/index")) {
                count("checkpoint");
            }
        }

        private void killAtLine(String life, boolean inClose) throws IOException {
            int[] line = {random.nextInt(200)};
            int spins = random.nextInt(200_000);
            boolean died = ended(process.run(List.of(folder.toString(), life), (said, running) -> {
                note(said);
                if (inClose ? said.equals("phase close") : line[0]-- == 0) {
                    for (int i = 0; i < spins; i++) {
                        Thread.onSpinWait();
                    }
                    running.destroyForcibly(); // the handle leaves the output readable
                }
            }));
            if (died) {
                count(phase);
            }
        }

        /** Whether it was killed. */
        private boolean ended(int exit) throws IOException {
            assertThat(exit)
                    .as("exit code in phase %s; it said %s", phase, process.errors())
                    .isIn(0, CrashedProcess.KILLED);
            killed.addAndGet(exit == 0 ? 0 : 1);
            return exit != 0;
        }

        private void count(String where) {
            kills.merge(where, 1, Integer::sum);
        }

        private void note(String line) {
            if (line.startsWith("phase ")) {
                phase = line.substring("phase ".length());
            }
            ledger.note(line);
        }

        void check(boolean drain) {
            try (Events events = open(folder)) {
                ledger.check(events);
                if (drain) {
                    ledger.drain(events);
                }
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(name + " after the lives so far, the last killed in phase " + phase, e);
            }
        }
    }
}
