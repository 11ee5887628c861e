package io.clusterdb.events.testkit;

import io.clusterdb.events.Acks;
import io.clusterdb.events.ByteSize;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Topic;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogReader;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import io.clusterdb.events.testkit.FaultyStorage.Fault;
import io.clusterdb.events.testkit.LogModel.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One simulated life of an embedded log, drawn from a seed: writers with different acks and transactions append; the
 * disk is full, or says so; a sync fails; the process is killed and the power lost. What is then in the log is told to a
 * {@link LogModel}.
 */
final class DurabilityRun {
    private static final String TOPIC = "t";
    private static final int PARTITIONS = 2;

    private final Random random;
    private final Simulation simulation;
    private final MemoryStorage memory = MemoryStorage.withPowerLoss();
    private final boolean tears;
    private final LogModel model = new LogModel();
    private final List<LogWriter> writers = new ArrayList<>();
    private FaultyStorage storage = new FaultyStorage(memory);
    private LogEngine log;
    private int appended;
    private int begun;
    private int life;
    /** The storage may have said that something is not there though it is. */
    private boolean lied;

    private @Nullable LogTransaction transaction;
    private String transactionName = "";

    private DurabilityRun(long seed, boolean tears) {
        this.random = new Random(~seed);
        this.simulation = new Simulation(seed);
        this.tears = tears;
        this.log = open();
        log.createTopic(Topic.named(TOPIC).partitions(PARTITIONS));
    }

    static void run(long seed, int operations) {
        new DurabilityRun(seed, false).live(operations);
    }

    /** On a storage that applies half of a commit now and then: that is to be noticed. */
    static void runTorn(long seed, int operations) {
        new DurabilityRun(seed, true).live(operations);
    }

    private LogEngine open() {
        storage = new FaultyStorage(memory);
        LogEngine opened =
                new EmbeddedLog(new LogEngine.Facts("simulated", true), storage, RetentionPolicy.FOREVER, simulation);
        Producer small = Producer.defaults().withBatchSize(ByteSize.bytes(300));
        writers.clear();
        writers.add(opened.writer(small));
        writers.add(opened.writer(small.withAcks(Acks.LEADER).withLinger(Duration.ofMillis(20))));
        writers.add(opened.writer(Producer.defaults()));
        return opened;
    }

    private void live(int operations) {
        for (int i = 0; i < operations; i++) {
            operate();
        }
        crash(false);
    }

    private void operate() {
        int dice = random.nextInt(100);
        if (dice < 40) {
            append();
        } else if (dice < 65) {
            simulation.steps(1 + random.nextInt(15));
        } else if (dice < 70) {
            simulation.pass(Duration.ofMillis(random.nextInt(300)));
        } else if (dice < 80) {
            transact();
        } else if (dice < 85) {
            boolean lies = random.nextBoolean();
            lied |= lies;
            storage.failCommit(lies ? Fault.FULL_THOUGH_APPLIED : Fault.FULL);
        } else if (dice < 86) {
            storage.failSync();
        } else if (dice < 87) {
            storage.failCommit(tears ? Fault.TORN : Fault.STOPPED);
        } else if (dice < 96) {
            check();
        } else {
            crash(dice >= 98);
        }
    }

    // --- what is appended

    private void append() {
        int chosen = random.nextInt(writers.size());
        Answer promise = chosen == 1 ? Answer.WRITTEN : Answer.DURABLE;
        for (int i = 1 + random.nextInt(6); i > 0; i--) {
            String id = "e" + appended++;
            String writer = "w" + life + "." + chosen;
            model.appending(id, writer, null);
            tell(id, promise, writers.get(chosen).append(record(id)));
        }
    }

    private NewRecord record(String id) {
        Bytes value = Bytes.utf8(id + " " + "x".repeat(random.nextInt(80)));
        return new NewRecord(TOPIC, random.nextInt(PARTITIONS), null, value, Headers.NONE);
    }

    /** Answers that come after a crash are those of a process that is dead. */
    private void tell(String id, Answer promise, CompletableFuture<LogWriter.Appended> answer) {
        int now = life;
        answer.whenComplete((at, failure) -> {
            if (now != life) {
                return;
            }
            if (failure == null) {
                model.answered(id, promise, at.partition().partition(), at.offset());
            } else if (((EventsException) failure).code() != ErrorCode.OUTCOME_UNKNOWN && !lied) {
                model.answered(id, Answer.REFUSED, -1, -1);
            }
        });
    }

    private void transact() {
        if (transaction == null) {
            transaction = log.begin("test", Duration.ofMinutes(1));
            transactionName = "x" + begun++;
        }
        int dice = random.nextInt(10);
        if (dice < 6) {
            String id = "e" + appended++;
            model.appending(id, transactionName, transactionName);
            tell(id, Answer.WRITTEN, transaction.append(record(id)));
        } else {
            end(transaction, transactionName, dice < 9);
            transaction = null;
        }
    }

    private void end(LogTransaction ending, String name, boolean commits) {
        int now = life;
        if (commits) {
            model.committing(name);
            ending.commit().whenComplete((done, failure) -> {
                if (now == life && failure == null) {
                    model.committed(name);
                }
            });
        } else {
            model.aborted(name);
            ending.abort();
        }
    }

    // --- what is found

    private void check() {
        List<String> seen = new ArrayList<>();
        List<Long> ends = new ArrayList<>();
        for (int p = 0; p < PARTITIONS; p++) {
            TopicPartition partition = new TopicPartition(TOPIC, p);
            Bounds bounds = log.bounds(partition);
            if (transaction == null && log.transactions().isEmpty() && bounds.stableEnd() != bounds.end()) {
                throw new AssertionError("no transaction is open, but one holds " + bounds);
            }
            SortedMap<Long, String> found = read(partition, bounds.stableEnd());
            model.check(p, found, bounds.stableEnd());
            seen.addAll(found.values());
            ends.add(bounds.stableEnd());
        }
        model.checkTransactions(seen, ends);
    }

    private SortedMap<Long, String> read(TopicPartition partition, long end) {
        SortedMap<Long, String> found = new TreeMap<>();
        try (LogReader reader = log.reader(IsolationLevel.READ_COMMITTED, () -> {})) {
            reader.seek(partition, 0);
            for (long next = 0; next < end; ) {
                for (Fetched fetched : reader.poll(10)) {
                    next = fetched.next();
                    fetched.records().forEach(r -> found.put(r.offset(), id(r)));
                }
            }
        }
        return found;
    }

    private static String id(LogRecord record) {
        Bytes value = record.value();
        String text = value == null ? "" : value.utf8();
        return text.substring(0, text.indexOf(' '));
    }

    private void crash(boolean losesPower) {
        simulation.kill();
        life++;
        lied = false;
        transaction = null;
        if (losesPower) {
            memory.losePower(random.nextInt(memory.unsynced() + 1));
            model.lostPower();
        } else {
            model.killed();
        }
        log = open();
        check();
    }
}
