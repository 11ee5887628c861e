package io.clusterdb.events.rocksdb;

import io.clusterdb.events.CorruptionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * How far the journal is durable, kept outside of it: what is damaged below is Corruption, what is damaged above is the
 * torn tail of a crash. It is written after each sync of the journal, alternately into two slots, and never ahead of
 * what is durable; it need not be synced itself.
 */
final class DurableMark implements AutoCloseable {
    static final String FILE = "durable";
    private static final int SLOT = 64;

    private final FileChannel channel;
    private long position;
    private long sequence;
    private int slot;

    private DurableMark(FileChannel channel) {
        this.channel = channel;
    }

    static DurableMark create(Path folder) throws IOException {
        DurableMark mark = new DurableMark(FileChannel.open(
                folder.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
        mark.set(0, 0);
        mark.set(0, 0);
        mark.channel.force(true);
        return mark;
    }

    static DurableMark open(Path folder) throws IOException {
        Path path = folder.resolve(FILE);
        if (!Files.exists(path)) {
            throw CorruptionException.found("the file " + path, "it is missing", null);
        }
        DurableMark mark = new DurableMark(FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
        boolean first = mark.load(0);
        boolean second = mark.load(1);
        if (!first && !second) {
            mark.close();
            throw CorruptionException.found("the file " + path, "neither of its two slots is readable", null);
        }
        return mark;
    }

    private boolean load(int from) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(20);
        channel.read(bytes, (long) from * SLOT);
        bytes.flip();
        if (bytes.remaining() < 20 || bytes.getInt(16) != Checksum.of(bytes.getLong(0), bytes.getLong(8))) {
            return false;
        }
        if (bytes.getLong(8) >= sequence) {
            position = bytes.getLong(0);
            sequence = bytes.getLong(8);
            slot = 1 - from;
        }
        return true;
    }

    /** The journal is durable up to here. */
    synchronized void set(long newPosition, long newSequence) throws IOException {
        if (newPosition < position) {
            return;
        }
        position = newPosition;
        sequence = newSequence;
        ByteBuffer bytes = ByteBuffer.allocate(20)
                .putLong(position)
                .putLong(sequence)
                .putInt(Checksum.of(position, sequence))
                .flip();
        channel.write(bytes, (long) slot * SLOT);
        slot = 1 - slot;
    }

    /** Behind the last frame that is durable. */
    synchronized long position() {
        return position;
    }

    /** Of the last frame that is durable. */
    synchronized long sequence() {
        return sequence;
    }

    @Override
    public void close() throws IOException {
        channel.force(false);
        channel.close();
    }
}
