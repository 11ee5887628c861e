package io.clusterdb.events.cli;

import io.clusterdb.events.Acks;
import io.clusterdb.events.ByteSize;
import io.clusterdb.events.Compression;
import io.clusterdb.events.Producer;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a benchmark does, as options. */
final class BenchOptions {
    private static final long MAX_EVENTS = 1L << 31;
    private static final long MAX_SIZE = 16 << 20;
    private static final int MAX_TOPICS = 100_000;

    @Option(names = "--events", paramLabel = "N", description = "How many are measured. Default: 500000.")
    private long events = 500_000;

    @Option(names = "--warmup", paramLabel = "N", description = "How many go before, unmeasured. Default: a tenth.")
    private @Nullable Long warmup;

    @Option(names = "--size", paramLabel = "SIZE", description = "Data of each event. Default: 1KiB.")
    private ByteSize size = ByteSize.kib(1);

    @Option(names = "--topics", paramLabel = "N", description = "Topics that they go to in turn. Default: 1.")
    private int topics = 1;

    @Option(
            names = {"-p", "--partitions"},
            paramLabel = "N",
            description = "Partitions of each topic. Default: 1.")
    private int partitions = 1;

    @Option(
            names = "--compression",
            paramLabel = "CODEC",
            description = "none (the default), gzip, snappy, lz4 or zstd.")
    private Compression compression = Compression.NONE;

    @Option(names = "--batch", paramLabel = "SIZE", description = "A batch is closed at this size. Default: 16KiB.")
    private @Nullable ByteSize batch;

    @Option(names = "--linger", paramLabel = "TIME", description = "How long a batch waits for more. Default: 0ms.")
    private @Nullable Duration linger;

    @Option(
            names = "--in-flight",
            paramLabel = "SIZE",
            description = "Bytes without an answer, at which publishing waits. Default: 32MiB.")
    private @Nullable ByteSize inFlight;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads that publish; for a replay, that read. Default: 1.")
    private int threads = 1;

    @Option(names = "--keep", description = "Leave the topics, whose names begin with bench-, where they are.")
    private boolean keep;

    /** @throws RejectedException naming the option that is out of its range */
    void check() {
        check("--events", events, 1, MAX_EVENTS);
        check("--warmup", warmup(), 0, MAX_EVENTS);
        check("--size", size.bytes(), 0, MAX_SIZE);
        check("--topics", topics, 1, MAX_TOPICS);
        check("--threads", threads, 1, 1_000);
    }

    private static void check(String option, long found, long least, long most) {
        if (found < least || found > most) {
            throw RejectedException.invalid("the benchmark", option, found, least + " to " + most);
        }
    }

    long events() {
        return events;
    }

    long warmup() {
        return warmup == null ? events / 10 : warmup;
    }

    int size() {
        return (int) size.bytes();
    }

    int topics() {
        return topics;
    }

    int partitions() {
        return partitions;
    }

    int threads() {
        return threads;
    }

    boolean keep() {
        return keep;
    }

    String compression() {
        return compression.name().toLowerCase(Locale.ROOT);
    }

    Topic topic(String name) {
        ByteSize most = ByteSize.bytes(
                Math.max(ByteSize.mib(1).bytes(), size.bytes() + ByteSize.kib(4).bytes()));
        return Topic.named(name).partitions(partitions).compression(compression).maxMessageSize(most);
    }

    Producer producer(Acks acks) {
        Producer producer = Producer.defaults().withAcks(acks);
        if (inFlight != null) {
            producer = producer.withMaxInFlight(inFlight);
        }
        if (batch != null) {
            producer = producer.withBatchSize(batch);
        }
        return linger == null ? producer : producer.withLinger(linger);
    }
}
