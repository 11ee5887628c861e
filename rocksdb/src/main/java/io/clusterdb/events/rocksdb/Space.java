package io.clusterdb.events.rocksdb;

import io.clusterdb.events.UnavailableException;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keeps the disk from running full: what would take the last of it is refused before it is written, so that the index
 * can still be flushed and the folder be opened again.
 */
final class Space {
    private static final long RESERVE = 64 << 20;
    private static final int RESERVED_PART = 20;
    private static final long LOOK_EVERY = 1 << 20;

    private final Path folder;
    private long unchecked = LOOK_EVERY;
    private volatile boolean isShort;

    Space(Path folder) {
        this.folder = folder;
    }

    /**
     * Counts on room for a commit.
     *
     * @param frees whether it makes room: such a commit may take from the reserve
     * @throws UnavailableException when so much can't be written
     */
    void claim(long bytes, boolean frees) {
        if (frees) {
            return;
        }
        unchecked += bytes;
        if (unchecked < LOOK_EVERY) {
            return;
        }
        try {
            FileStore store = Files.getFileStore(folder);
            long usable = store.getUsableSpace();
            long reserve = Math.min(RESERVE, store.getTotalSpace() / RESERVED_PART);
            isShort = usable - bytes < reserve;
            if (isShort) {
                throw UnavailableException.diskFull(
                        folder.toString(),
                        usable + " bytes are free, of which " + reserve + " are kept in reserve; " + bytes
                                + " were to be written",
                        null);
            }
            unchecked = 0;
        } catch (IOException e) {
            throw UnavailableException.storageFailed(folder.toString(), e);
        }
    }

    /** Whether the last claim that was looked at was refused. */
    boolean isShort() {
        return isShort;
    }

    /** As {@link #isFull(Path, IOException)}, of a write. */
    boolean isFull(IOException e) {
        return isFull(folder, e);
    }

    /** Whether that is what the operating system says when the disk is full, which it may say in any language. */
    static boolean isFull(Path folder, IOException e) {
        String message = String.valueOf(e.getMessage());
        if (message.contains("No space left") || message.contains("Disk quota exceeded")) {
            return true;
        }
        try {
            return Files.getFileStore(folder).getUsableSpace() < LOOK_EVERY;
        } catch (IOException unknown) {
            e.addSuppressed(unknown);
            return false;
        }
    }
}
