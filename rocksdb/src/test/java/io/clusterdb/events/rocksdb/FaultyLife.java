package io.clusterdb.events.rocksdb;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Producer;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.testkit.Patience;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** A process that publishes while its disk is full or fails, and says what became of it. */
final class FaultyLife {
    private static final Patience PATIENCE = new Patience(Duration.ofSeconds(60));
    private static final Producer IMPATIENT = Producer.defaults().withDeliveryTimeout(Duration.ofMillis(500));
    private static final int CHUNK = 200_000;

    private final Path folder;
    private final Events events;
    private int next;

    private FaultyLife(Path folder) {
        this.folder = folder;
        this.events = Events.open(RocksDbLife.broker(folder));
        events.createTopic(Topic.named("kept"));
    }

    /** The first argument is the folder, the second how the disk fails. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        switch (arguments[1]) {
            case "publish" -> live(folder, FaultyLife::publishMany);
            case "fill" -> live(folder, FaultyLife::fill);
            case "be filled" -> live(folder, FaultyLife::beFilled);
            case "delete" -> live(folder, FaultyLife::deleteWhenFull);
            case "compact" -> compactWithoutSpace(folder);
            case "die" -> die(folder);
            case "open on a full disk" -> openOnFullDisk(folder);
            case "open" -> open(folder).close();
            default -> throw new IllegalArgumentException(arguments[1]);
        }
        say("closed");
    }

    /** What may happen to a disk. */
    private interface Fault {
        void happen(FaultyLife life) throws IOException;
    }

    private static void live(Path folder, Fault fault) throws IOException {
        FaultyLife life = new FaultyLife(folder);
        fault.happen(life);
        life.events.close();
    }

    @SuppressWarnings("SystemOut")
    private static void say(String line) {
        System.out.println(line);
    }

    private boolean publish() {
        String id = "kept-" + next++;
        try {
            events.publish("kept", Event.of("kept", new byte[500]).withId(id), IMPATIENT);
            say("kept " + id);
            return true;
        } catch (EventsException e) {
            say("refused " + e.code());
            return false;
        }
    }

    private void publishMany() {
        for (int refused = 0; next < 100 && refused < 5; ) {
            refused += publish() ? 0 : 1;
        }
        say("readable " + readable());
    }

    private long readable() {
        long count = 0;
        try (EventReader reader = events.read(LogQuery.of("kept"))) {
            while (!reader.isCaughtUp()) {
                Optional<?> event = reader.next(Duration.ofMillis(1));
                count += event.isPresent() ? 1 : 0;
            }
        }
        return count;
    }

    /** By its own events; a topic that is deleted makes room. */
    private void fill() {
        publish();
        events.createTopic(Topic.named("filler").maxMessageSize(ByteSize.mib(1)));
        byte[] data = random(CHUNK);
        PATIENCE.until("it is full", () -> {
            try {
                events.publish("filler", Event.of("filler", data), IMPATIENT);
                return false;
            } catch (EventsException e) {
                say("full " + e.code());
                return true;
            }
        });
        say("readable " + readable());
        events.deleteTopic("filler");
        PATIENCE.until("there is room again", this::publish);
    }

    private static byte[] random(int size) {
        byte[] data = new byte[size];
        new Random(1).nextBytes(data);
        return data;
    }

    /** To the last byte. */
    private static Path ballast(Path folder) {
        Path ballast = folder.resolveSibling("ballast");
        try (OutputStream out = Files.newOutputStream(ballast)) {
            for (byte[] bytes = new byte[4_096]; ; ) {
                out.write(bytes);
            }
        } catch (IOException e) {
            say("ballast " + e.getMessage());
        }
        return ballast;
    }

    /** By somebody else. */
    private void beFilled() throws IOException {
        publish();
        Path ballast = ballast(folder);
        publishUntilRefused();
        say("readable " + readable());
        Files.delete(ballast);
        PATIENCE.until("there is room again", this::publish);
    }

    private void publishUntilRefused() {
        for (int i = 0; i < 1_000 && publish(); i++) {
            // What was set apart for the journal's file may still take some.
        }
    }

    /** Where somebody else has filled the disk: to the last byte at first, and then almost. */
    private void deleteWhenFull() throws IOException {
        publish();
        for (String topic : List.of("one", "other")) {
            events.createTopic(Topic.named(topic).maxMessageSize(ByteSize.mib(1)));
            for (int i = 0; i < 20; i++) {
                events.publish(topic, Event.of("filler", random(CHUNK)));
            }
        }
        Path ballast = ballast(folder);
        publishUntilRefused();
        delete("one");
        shrink(ballast, 700_000);
        long before = JournalFiles.of(folder).bytes();
        delete("other");
        say(JournalFiles.of(folder).bytes() < before - 10 * CHUNK ? "freed" : "not freed");
        PATIENCE.until("it can write", this::publish);
    }

    private void delete(String topic) {
        try {
            events.deleteTopic(topic);
            say("deleted " + topic);
        } catch (EventsException e) {
            say("not deleted " + e.code());
        }
    }

    /** Which RocksDB does with its fourth file; the file itself has room. */
    private static void compactWithoutSpace(Path folder) throws IOException {
        Files.createDirectories(folder);
        try (Rows rows = Rows.open(folder, RocksDb.at(folder), true)) {
            for (byte file = 0; file < 3; file++) {
                writeFile(rows, file);
            }
            Path ballast = ballast(folder);
            shrink(ballast, 18 * CHUNK);
            writeFile(rows, (byte) 3);
            long begun = System.nanoTime(); // it can't be asked whether it has failed
            PATIENCE.until("a second is over", () -> System.nanoTime() - begun > 1_000_000_000);
            Files.delete(ballast);
            writeFile(rows, (byte) 4);
            say("flushed " + rows.isFlushed());
        }
    }

    private static void writeFile(Rows rows, byte file) throws IOException {
        try (WriteBatch batch = new WriteBatch()) {
            for (byte i = 0; i < 15; i++) {
                batch.put(new byte[] {i, file}, random(CHUNK));
            }
            rows.write(batch);
        } catch (RocksDBException e) {
            throw new IOException(e);
        }
        rows.flushNow();
    }

    private static void shrink(Path file, long by) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - by);
        }
    }

    private static LogEngine open(Path folder) {
        return RocksDb.at(folder).segmentSize(ByteSize.kib(64)).open(EventBroker.named("faulty"), new Threads());
    }

    /** In a transaction. */
    private static void die(Path folder) {
        LogEngine log = open(folder);
        log.createTopic(Topic.named("t"));
        NewRecord record = new NewRecord("t", 0, null, Bytes.utf8("value"), Headers.NONE);
        log.begin("faulty", Duration.ofMinutes(1)).append(record).join();
        Runtime.getRuntime().halt(0);
    }

    /** Of which the reserve alone is left, and not all of it. */
    private static void openOnFullDisk(Path folder) throws IOException {
        // Where it was not closed RocksDB leaves megabytes set apart, which would be there again when it is opened.
        Rows.open(folder.resolve("index"), RocksDb.at(folder), false).close();
        shrink(ballast(folder), 700_000);
        open(folder).close();
    }
}
