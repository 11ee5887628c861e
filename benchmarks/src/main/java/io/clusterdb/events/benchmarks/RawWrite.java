package io.clusterdb.events.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What the machine can do: as many bytes as the events have, one chunk after the other into a file: events per second. */
final class RawWrite implements Side {
    private final Settings settings;
    private final ByteBuffer chunk;

    RawWrite(Settings settings) {
        this.settings = settings;
        chunk = ByteBuffer.allocateDirect(settings.number("chunk"));
    }

    @Override
    public double round() throws IOException {
        int count = settings.number("count");
        boolean synced = settings.text("acks").equals("all");
        long bytes = (long) count * (settings.number("size") + Payloads.OVERHEAD);
        Path file = Files.createTempFile(settings.work(), "raw", "");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            long start = System.nanoTime();
            for (long written = 0; written < bytes; written += channel.write(chunk.clear())) {
                if (synced && written > 0) {
                    channel.force(false);
                }
            }
            if (synced) {
                channel.force(false);
            }
            return count / ((System.nanoTime() - start) / 1e9);
        } finally {
            Files.delete(file);
        }
    }
}
