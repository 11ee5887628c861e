package io.clusterdb.events.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.Events;
import io.clusterdb.events.testkit.CrashLedger;
import io.clusterdb.events.testkit.CrashedProcess;
import io.clusterdb.events.testkit.Sweep;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every file of a folder is damaged in many ways: it is reported, or of no effect; nothing wrong is ever read. */
class DamageTest {
    private static final int FLIPS = Sweep.size(5, 50);

    @TempDir
    Path home;

    private final CrashLedger ledger = new CrashLedger(CrashLedger.End.KILL);
    private final Map<String, Integer> reported = new TreeMap<>();
    private final Map<String, Integer> withoutEffect = new TreeMap<>();
    private final Random random = new Random(7);

    /** Something that happens to a file. */
    private interface Damage {
        void happen(Path file) throws IOException;
    }

    @Test
    void damage_of_any_file_is_reported_or_of_no_effect() throws IOException {
        Path folder = live();
        for (Path file : files(folder)) {
            for (Map.Entry<String, Damage> damage : damages(Files.size(file)).entrySet()) {
                Path copy = copy(folder);
                Path victim = copy.resolve(folder.relativize(file));
                damage.getValue().happen(victim);
                look(copy, victim, damage.getKey());
                delete(copy);
            }
        }
        Sweep.note("DamageTest", "reported " + reported + ", without effect " + withoutEffect);
        Set<String> kinds = new TreeSet<>(reported.keySet());
        assertThat(kinds)
                .as("kinds of files of which damage was reported")
                .contains("CURRENT", "MANIFEST", "durable", "format", "journal", "sst");
        kinds.addAll(withoutEffect.keySet());
        assertThat(kinds).contains("IDENTITY", "LOCK", "LOG", "OPTIONS", "log");
    }

    /** Three lives that end well, so that all that was acknowledged is durable. */
    private Path live() throws IOException {
        Path folder = home.resolve("data");
        CrashedProcess process = new CrashedProcess(home, RocksDbLife.jvmOptions(home), RocksDbLife.class);
        for (String life : List.of("one", "two", "three")) {
            int exit = process.run(List.of(folder.toString(), life), (line, running) -> ledger.note(line));
            assertThat(exit).as(process.errors()).isZero();
        }
        return folder;
    }

    private Map<String, Damage> damages(long size) {
        Map<String, Damage> damages = new TreeMap<>();
        damages.put("missing", Files::delete);
        damages.put("foreign bytes at the end", file -> write(file, Files.size(file), bytes(300)));
        if (size > 0) {
            damages.put("empty", file -> truncate(file, 0));
            damages.put("half of it", file -> truncate(file, size / 2));
            damages.put("a byte less", file -> truncate(file, size - 1));
            long page = random.nextLong(size) & -512;
            damages.put("zeros at " + page, file -> write(file, page, new byte[(int) Math.min(512, size - page)]));
            for (int i = 0; i < FLIPS; i++) {
                long at = random.nextLong(size);
                damages.put("another bit at " + at, file -> flip(file, at));
            }
        }
        return damages;
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static void write(Path file, long at, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), at);
        }
    }

    private static void truncate(Path file, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        }
    }

    private void flip(Path file, long at) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) at] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, bytes);
    }

    private void look(Path folder, Path victim, String damage) {
        String kind = kind(victim);
        try (Events events = RocksDbLife.open(folder)) {
            ledger.check(events);
            withoutEffect.merge(kind, 1, Integer::sum);
        } catch (CorruptionException e) {
            assertThat(e).as("%s of %s", damage, victim).hasMessageContaining(folder.toString());
            reported.merge(kind, 1, Integer::sum);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(damage + " of " + victim, e);
        }
    }

    /** The name without its number. */
    private static String kind(Path file) {
        String name = String.valueOf(file.getFileName());
        String kind = name.replaceFirst("^\\d+\\.", "").replaceFirst("-\\d+$", "");
        return kind.replaceFirst("^LOG.*", "LOG");
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private Path copy(Path folder) throws IOException {
        Path copy = home.resolve("copy");
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(folder.relativize(file).toString()));
            }
        }
        return copy;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
