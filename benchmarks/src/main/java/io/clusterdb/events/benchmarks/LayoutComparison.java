package io.clusterdb.events.benchmarks;

import io.clusterdb.events.Acks;
import io.clusterdb.events.ByteSize;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Topic;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.rocksdb.RocksDb;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogReader;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.spi.TopicPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * Measures the two layouts of docs/adr/0002 under the same embedded log: the journal with RocksDB as index, and
 * everything in RocksDB by time. Rounds alternate; each figure is the median of them.
 *
 * <p>Arguments: the folder to work in, records per round (1 KB each), rounds.
 */
public final class LayoutComparison {
    private static final int PARTITIONS = 10;
    private static final String[] FIGURES = {
        "write leader MB/s", "write all MB/s", "bytes written per byte", "replay MB/s", "retention ms", "recovery ms"
    };

    private final Path work;
    private final int records;
    private final byte[] payload = new byte[1024];

    private LayoutComparison(Path work, int records) {
        this.work = work;
        this.records = records;
        new Random(1).nextBytes(payload);
    }

    public static void main(String[] args) throws IOException {
        LayoutComparison comparison = new LayoutComparison(Path.of(args[0]), Integer.parseInt(args[1]));
        int rounds = Integer.parseInt(args[2]);
        List<double[]> journal = new ArrayList<>();
        List<double[]> buckets = new ArrayList<>();
        comparison.round(true);
        comparison.round(false);
        for (int i = 0; i < rounds; i++) {
            journal.add(comparison.round(true));
            buckets.add(comparison.round(false));
        }
        System.out.printf("%-26s %12s %12s%n", "median of " + rounds, "journal", "buckets");
        for (int f = 0; f < FIGURES.length; f++) {
            System.out.printf("%-26s %12.1f %12.1f%n", FIGURES[f], median(journal, f), median(buckets, f));
        }
    }

    private static double median(List<double[]> rounds, int figure) {
        double[] values = rounds.stream().mapToDouble(r -> r[figure]).sorted().toArray();
        return values[values.length / 2];
    }

    private LogEngine open(boolean journal, Path folder) {
        if (journal) {
            return RocksDb.at(folder).open(EventBroker.named("layout"), new Threads());
        }
        return over(new BucketStorage(folder));
    }

    private static LogEngine over(BucketStorage storage) {
        return new EmbeddedLog(new LogEngine.Facts("buckets", true), storage, RetentionPolicy.FOREVER, new Threads());
    }

    private double[] round(boolean journal) throws IOException {
        Path folder = Files.createTempDirectory(work, "layout");
        Path crashed = Files.createTempDirectory(work, "layout-crashed");
        double megabytes = records * (double) payload.length / 1e6;
        double[] figures = new double[FIGURES.length];
        long before = bytesWritten();
        LogEngine log = open(journal, folder);
        log.createTopic(Topic.named("t").partitions(PARTITIONS));
        figures[0] = megabytes / write(log, Acks.LEADER);
        figures[1] = megabytes / write(log, Acks.ALL);
        figures[3] = 2 * megabytes / replay(log);
        long copied = copy(folder, crashed);
        figures[5] = recover(journal, crashed);
        long start = System.nanoTime();
        for (int p = 0; p < PARTITIONS; p++) {
            TopicPartition partition = new TopicPartition("t", p);
            log.trim(partition, log.bounds(partition).end()).join();
        }
        figures[4] = (System.nanoTime() - start) / 1e6;
        log.close();
        figures[2] = (bytesWritten() - before - copied) / 2e6 / megabytes;
        delete(folder);
        delete(crashed);
        System.out.println((journal ? "journal " : "buckets ") + Arrays.toString(figures));
        return figures;
    }

    /** Opens what a crash would have left: the files as they are while the log is open. */
    private double recover(boolean journal, Path crashed) {
        long start = System.nanoTime();
        if (journal) {
            LogEngine log = open(true, crashed);
            double millis = (System.nanoTime() - start) / 1e6;
            log.close();
            return millis;
        }
        BucketStorage storage = new BucketStorage(crashed);
        storage.close();
        return storage.recoveryMillis();
    }

    private static long copy(Path from, Path to) throws IOException {
        long before = bytesWritten();
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
        return bytesWritten() - before;
    }

    private double write(LogEngine log, Acks acks) {
        Producer settings = Producer.defaults()
                .withAcks(acks)
                .withBatchSize(ByteSize.bytes(16_384))
                .withLinger(Duration.ofMillis(10));
        long start = System.nanoTime();
        try (LogWriter writer = log.writer(settings)) {
            CompletableFuture<?> last = CompletableFuture.completedFuture(null);
            List<CompletableFuture<?>> all = new ArrayList<>();
            for (int i = 0; i < records; i++) {
                last = writer.append(new NewRecord("t", i / 16 % PARTITIONS, null, Bytes.of(payload), Headers.NONE));
                if (i % 1000 == 0) {
                    all.add(last);
                }
            }
            writer.flush();
            last.join();
            all.forEach(CompletableFuture::join);
        }
        return (System.nanoTime() - start) / 1e9;
    }

    private double replay(LogEngine log) {
        long start = System.nanoTime();
        long seen = 0;
        try (LogReader reader = log.reader(IsolationLevel.READ_COMMITTED, () -> {})) {
            for (int p = 0; p < PARTITIONS; p++) {
                reader.seek(new TopicPartition("t", p), 0);
            }
            for (List<Fetched> page = reader.poll(10_000); !page.isEmpty(); page = reader.poll(10_000)) {
                seen += page.stream().mapToInt(f -> f.records().size()).sum();
            }
        }
        if (seen != 2L * records) {
            throw new IllegalStateException("read " + seen + " of " + 2L * records);
        }
        return (System.nanoTime() - start) / 1e9;
    }

    /** What this process has handed to the disk, by the kernel's own count. */
    private static long bytesWritten() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/io"))) {
            if (line.startsWith("write_bytes:")) {
                return Long.parseLong(line.substring(13).strip());
            }
        }
        return 0;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
