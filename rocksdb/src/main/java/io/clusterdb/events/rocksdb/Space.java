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

    /** A flush writes some more than its rows. */
    private static final long FLUSH = 256 << 10;

    private final Path folder;
    private final FileStore store;
    private long unchecked = LOOK_EVERY;
    private volatile boolean isShort;

    Space(Path folder) throws IOException {
        this(folder, Files.getFileStore(folder));
    }

    Space(Path folder, FileStore store) {
        this.folder = folder;
        this.store = store;
    }

    /**
     * Counts on room for a commit that does not make any.
     *
     * @throws UnavailableException when so much can't be written
     */
    void claim(long bytes) {
        unchecked += bytes;
        if (unchecked >= LOOK_EVERY) {
            isShort = left(bytes) < reserve();
            if (isShort) {
                throw full(bytes);
            }
            unchecked = 0;
        }
    }

    /**
     * Counts on room for what is moved. That is no more at the end, but is so at first: it may take one half of the
     * reserve, and the other is for the flush after which what it was moved from is deleted.
     *
     * @throws UnavailableException when so much can't be written
     */
    void claimToMove(long bytes) {
        if (!hasRoomToMove(bytes)) {
            throw full(bytes);
        }
    }

    /** Whether so much can be moved: what can't be moved whole takes room and gives none back. */
    boolean hasRoomToMove(long bytes) {
        return hasLeft(bytes, reserve() / 2);
    }

    /** Whether rows can be flushed: where that fails for want of space, RocksDB takes no more. */
    boolean hasRoomToFlush(long bytes) {
        return hasLeft(bytes, FLUSH);
    }

    private boolean hasLeft(long bytes, long least) {
        try {
            return store.getUsableSpace() - bytes >= least;
        } catch (IOException e) {
            return false;
        }
    }

    private long left(long bytes) {
        try {
            return store.getUsableSpace() - bytes;
        } catch (IOException e) {
            throw UnavailableException.storageFailed(folder.toString(), e);
        }
    }

    private long reserve() {
        try {
            return Math.min(RESERVE, store.getTotalSpace() / RESERVED_PART);
        } catch (IOException e) {
            return RESERVE;
        }
    }

    private UnavailableException full(long bytes) {
        return UnavailableException.diskFull(
                folder.toString(),
                left(0) + " bytes are free, of which " + reserve() + " are kept in reserve; " + bytes
                        + " were to be written",
                null);
    }

    /** Whether the last claim that was looked at was refused, or a write has found no space since. */
    boolean isShort() {
        return isShort;
    }

    /** Also whether a claim would be refused that is not looked at: somebody else may have filled the disk. */
    boolean isShortNow() {
        return isShort || !hasLeft(0, reserve());
    }

    /** As {@link #isFull(Path, IOException)}, of a write: the next claim is looked at. */
    boolean isFull(IOException e) {
        if (!isFull(folder, e)) {
            return false;
        }
        isShort = true;
        unchecked = LOOK_EVERY;
        return true;
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
