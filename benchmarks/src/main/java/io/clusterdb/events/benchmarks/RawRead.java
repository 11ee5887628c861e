package io.clusterdb.events.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** What the machine can do: as many bytes as the events have, read in chunks and checksummed: events per second. */
final class RawRead implements Side {
    private final Path file;
    private final ByteBuffer chunk;
    private final int count;

    RawRead(Settings settings) throws IOException {
        count = settings.number("count");
        chunk = ByteBuffer.allocateDirect(settings.number("chunk"));
        file = Files.createTempFile(settings.work(), "raw", "");
        long bytes = (long) count * (settings.number("size") + Payloads.OVERHEAD);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (long written = 0; written < bytes; ) {
                written += channel.write(chunk.clear());
            }
        }
    }

    @Override
    public double round() throws IOException {
        CRC32C checksum = new CRC32C();
        long start = System.nanoTime();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (channel.read(chunk.clear()) >= 0) {
                checksum.update(chunk.flip());
            }
        }
        return count / ((System.nanoTime() - start) / 1e9);
    }

    @Override
    public void close() throws IOException {
        Files.delete(file);
    }
}
