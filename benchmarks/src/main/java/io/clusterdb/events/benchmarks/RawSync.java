package io.clusterdb.events.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What the machine can do: one event's bytes appended to a file that is big enough, and fdatasync: median microseconds. */
final class RawSync implements Side {
    private final Path file;
    private final FileChannel channel;
    private final ByteBuffer bytes;
    private final long[] nanos;

    RawSync(Settings settings) throws IOException {
        nanos = new long[settings.number("count")];
        bytes = ByteBuffer.allocateDirect(settings.number("size") + Payloads.OVERHEAD);
        file = Files.createTempFile(settings.work(), "raw", "");
        channel = FileChannel.open(file, StandardOpenOption.WRITE);
        for (int n = 0; n < nanos.length; n++) {
            channel.write(bytes.clear());
        }
        channel.force(true);
    }

    @Override
    public double round() throws IOException {
        channel.position(0);
        for (int n = 0; n < nanos.length; n++) {
            long start = System.nanoTime();
            channel.write(bytes.clear());
            channel.force(false);
            nanos[n] = System.nanoTime() - start;
        }
        return EventsPublishOne.median(nanos) / 1e3;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.delete(file);
    }
}
