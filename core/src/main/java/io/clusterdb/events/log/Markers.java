package io.clusterdb.events.log;

import io.clusterdb.events.Compression;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Headers;
import java.nio.ByteBuffer;

/** The control batches that end transactions, in Kafka's form: key = version, type; value = version, coordinator epoch. */
final class Markers {
    private static final short ABORT = 0;
    private static final short COMMIT = 1;
    private static final int NO_SEQUENCE = -1;

    private Markers() {}

    /** Ends a producer's transaction in one partition. */
    static void append(
            Commit commit, PartitionLog.Draft draft, EmbeddedWriter.Identity identity, boolean commits, long now) {
        Bytes marker = batch(commits);
        long appendTime = draft.stampTime(now);
        new BatchBuilder.Stamp(draft.end(), appendTime, identity.producer(), identity.epoch(), NO_SEQUENCE)
                .on(marker, Batch.CONTROL | Batch.TRANSACTIONAL);
        draft.close(commit, identity.producer(), draft.end(), commits);
        draft.append(commit, marker, 1, appendTime);
    }

    /** A marker that is still to be stamped. */
    static Bytes batch(boolean commits) {
        BatchBuilder builder = new BatchBuilder(Batch.HEADER + 32);
        ByteBuffer key = ByteBuffer.allocate(4).putShort((short) 0).putShort(commits ? COMMIT : ABORT);
        builder.add(Bytes.of(key.array()), Bytes.of(new byte[6]), Headers.NONE);
        return builder.close(Compression.NONE, 0);
    }
}
