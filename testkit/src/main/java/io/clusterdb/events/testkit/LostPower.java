package io.clusterdb.events.testkit;

import io.clusterdb.events.testkit.SystemCalls.Call;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

/**
 * What a disk may hold of a folder when power is lost: of each file what was synced, and of the later writes any, whole
 * or some of their sectors; of each directory the names that were synced, and of the later changes the first few.
 */
final class LostPower {
    private final Path folder;
    private final Map<Path, File> directories = new TreeMap<>();
    private final Map<Path, File> named = new HashMap<>();
    private final IdentityHashMap<Call, File> created = new IdentityHashMap<>();
    private long lost;

    /** What becomes of a write that was not synced. */
    enum Unsynced {
        /** All of them are lost. */
        LOST,
        /** All of them are there. */
        KEPT,
        /** Each is lost or there. */
        ANY,
        /** Each is lost, there, or torn into sectors of which some are there. */
        TORN
    }

    /** A file, whatever its name is, or a directory, which is its names. */
    private static final class File {
        private final List<Call> changes = new ArrayList<>();
        private final List<Call.Sync> syncs = new ArrayList<>();

        boolean isSynced(Call change) {
            return syncs.stream().anyMatch(s -> s.began() > change.ended());
        }
    }

    /**
     * Takes the calls up to a time.
     *
     * @param time calls that began later did not happen
     */
    LostPower(Path folder, List<Call> all, int time) {
        this.folder = folder;
        all.stream().filter(call -> call.began() <= time).forEach(call -> happened(call, time));
    }

    private void happened(Call call, int time) {
        switch (call) {
            case Call.Said said -> {}
            case Call.Create create -> created(create);
            case Call.Write write -> file(write.file()).changes.add(write);
            case Call.Truncate truncate -> file(truncate.file()).changes.add(truncate);
            case Call.MakeDirectory made -> directory(made.path()).changes.add(made);
            case Call.Rename rename -> {
                File file = named.remove(rename.from());
                if (file != null) {
                    named.put(rename.to(), file);
                    directory(rename.to()).changes.add(rename);
                }
            }
            case Call.Remove remove -> {
                named.remove(remove.path());
                directory(remove.path()).changes.add(remove);
            }
            case Call.Sync sync -> {
                if (sync.ended() <= time) {
                    File file = named.get(sync.path());
                    (file == null ? directories.computeIfAbsent(sync.path(), p -> new File()) : file).syncs.add(sync);
                }
            }
        }
    }

    private void created(Call.Create create) {
        File file = named.get(create.file());
        if (file == null) {
            file = new File();
            named.put(create.file(), file);
            created.put(create, file);
            directory(create.file()).changes.add(create);
        } else if (create.truncates()) {
            file.changes.add(new Call.Truncate(create.began(), create.ended(), create.file(), 0));
        }
    }

    /** A file without a name is nobody's any more. */
    private File file(Path path) {
        return named.getOrDefault(path, new File());
    }

    private File directory(Path of) {
        return directories.computeIfAbsent(of.getParent(), p -> new File());
    }

    /** Writes and changes of names that the states made so far lack. */
    long lost() {
        return lost;
    }

    /** Makes a state that the disk may be in. */
    void restore(Path to, Unsynced unsynced, Random random) throws IOException {
        Map<Path, File> names = new TreeMap<>();
        List<Path> made = new ArrayList<>();
        directories.values().forEach(directory -> {
            int kept = kept(directory, unsynced, random);
            lost += directory.changes.size() - kept;
            directory.changes.subList(0, kept).forEach(change -> apply(change, names, made));
        });
        for (Path directory : made) {
            Path copy = to.resolve(folder.relativize(directory));
            if (isIn(copy)) {
                Files.createDirectory(copy);
            }
        }
        for (Map.Entry<Path, File> file : names.entrySet()) {
            Path copy = to.resolve(folder.relativize(file.getKey()));
            if (isIn(copy)) {
                write(file.getValue(), copy, unsynced, random);
            }
        }
    }

    /** Whether there is a directory for it: what is in a directory that is lost is lost. */
    private static boolean isIn(Path path) {
        Path parent = path.getParent();
        return parent != null && Files.isDirectory(parent);
    }

    /** A file system keeps the order in which the names of a directory change. */
    private static int kept(File directory, Unsynced unsynced, Random random) {
        int synced = 0;
        int count = directory.changes.size();
        for (int i = 0; i < count; i++) {
            synced = directory.isSynced(directory.changes.get(i)) ? i + 1 : synced;
        }
        return switch (unsynced) {
            case LOST -> synced;
            case KEPT -> count;
            case ANY, TORN -> synced + random.nextInt(count - synced + 1);
        };
    }

    private void apply(Call change, Map<Path, File> names, List<Path> made) {
        switch (change) {
            case Call.Create create -> names.put(create.file(), Objects.requireNonNull(created.get(create)));
            case Call.MakeDirectory directory -> made.add(directory.path());
            case Call.Rename rename -> {
                File file = names.remove(rename.from());
                if (file != null) {
                    names.put(rename.to(), file);
                }
            }
            case Call.Remove remove -> {
                names.remove(remove.path());
                made.remove(remove.path());
            }
            default -> throw new IllegalStateException("no change of names: " + change);
        }
    }

    private void write(File file, Path to, Unsynced unsynced, Random random) throws IOException {
        try (FileChannel channel = FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (Call change : file.changes) {
                boolean kept = file.isSynced(change)
                        || unsynced == Unsynced.KEPT
                        || (unsynced != Unsynced.LOST && random.nextBoolean());
                if (kept && change instanceof Call.Truncate truncate) {
                    resize(channel, truncate.length());
                } else if (kept && change instanceof Call.Write write) {
                    put(channel, write.position(), write.bytes());
                } else if (unsynced == Unsynced.TORN && change instanceof Call.Write write) {
                    tear(channel, write, random);
                    lost++;
                } else {
                    lost++;
                }
            }
        }
    }

    private static void resize(FileChannel channel, long length) throws IOException {
        if (length < channel.size()) {
            channel.truncate(length);
        } else if (length > channel.size()) {
            put(channel, length - 1, new byte[1]);
        }
    }

    private static void put(FileChannel channel, long position, byte[] bytes) throws IOException {
        channel.write(ByteBuffer.wrap(bytes), position);
    }

    /** Sectors are written whole or not at all. */
    private static void tear(FileChannel channel, Call.Write write, Random random) throws IOException {
        int sector = random.nextBoolean() ? 512 : 4096;
        long end = write.position() + write.bytes().length;
        for (long at = write.position(); at < end; ) {
            long next = Math.min(end, (at / sector + 1) * sector);
            if (random.nextBoolean()) {
                int from = (int) (at - write.position());
                channel.write(ByteBuffer.wrap(write.bytes(), from, (int) (next - at)), at);
            }
            at = next;
        }
    }
}
