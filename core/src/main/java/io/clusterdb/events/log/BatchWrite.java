package io.clusterdb.events.log;

import io.clusterdb.events.Acks;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.LogWriter.Appended;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A closed batch on its way into a partition, with who waits for its records.
 *
 * <p>It keeps the sequence number that it was given first. When a commit that was reported as failed turns out to be
 * stored, the number is known to the partition, and the batch is answered instead of appended again.
 */
final class BatchWrite implements Committer.Write {
    private final EmbeddedWriter writer;
    private final TopicLogs topic;
    private final PartitionLog log;
    private final Bytes bytes;
    private final boolean keyed;
    private final int count;
    private final List<CompletableFuture<Appended>> waiters;
    private final long deadlineNanos;
    private final long reserved;
    private final List<BatchWrite> copies;
    private @Nullable EventsException refusal;
    private int retries;
    private long sequence = -1;
    private long baseOffset;

    /**
     * @param keyed whether a record of it has a key
     * @param waiters one for each record; none when nobody waits
     * @param copies of its records in other partitions: written in the same step
     */
    BatchWrite(
            EmbeddedWriter writer,
            TopicLogs topic,
            PartitionLog log,
            Bytes bytes,
            boolean keyed,
            int count,
            List<CompletableFuture<Appended>> waiters,
            long deadlineNanos,
            long reserved,
            List<BatchWrite> copies) {
        this.writer = writer;
        this.topic = topic;
        this.log = log;
        this.bytes = bytes;
        this.keyed = keyed;
        this.count = count;
        this.waiters = waiters;
        this.deadlineNanos = deadlineNanos;
        this.reserved = reserved;
        this.copies = copies;
    }

    /** It can't be written, for this. Nor can what goes in one step with it. */
    void refuse(EventsException why) {
        refusal = why;
    }

    /**
     * Looks whether it can be written, with its copies.
     *
     * @throws NotFoundException when its topic, or that of a copy, has been deleted
     */
    void check(List<PartitionLog> touched) {
        if (refusal != null) {
            throw refusal;
        }
        if (log.draft(touched).isDeleted()) {
            throw NotFoundException.topic(log.partition().topic(), List.of());
        }
        copies.forEach(copy -> copy.check(touched));
    }

    @Override
    public void prepare(Commit commit, List<PartitionLog> touched) {
        check(touched);
        add(commit, log.draft(touched));
        copies.forEach(copy -> copy.add(commit, copy.log.draft(touched)));
    }

    private void add(Commit commit, PartitionLog.Draft draft) {
        EmbeddedWriter.Identity identity = writer.identity(commit);
        ProducerSequence known = draft.sequence(identity.producer(), identity.epoch());
        long stored = sequence < 0 ? -1 : known.offsetOf((int) sequence);
        if (stored >= 0) {
            baseOffset = stored;
            return;
        }
        sequence = known.next();
        baseOffset = draft.end();
        long appendTime = draft.stampTime(writer.millis());
        new BatchBuilder.Stamp(baseOffset, appendTime, identity.producer(), identity.epoch(), (int) sequence)
                .on(bytes, identity.transactional() ? Batch.TRANSACTIONAL : 0);
        if (identity.transactional()) {
            draft.open(commit, identity.producer());
        }
        if (keyed && !topic.isKeyed()) {
            commit.put(Tables.KEYED, Tables.key(topic.stored().firstLog()), new byte[0]);
        }
        draft.append(commit, bytes, count, appendTime);
        draft.sequenced(identity.producer(), known.appended(count, baseOffset));
    }

    @Override
    public void committed() {
        if (keyed) {
            topic.keyed();
        }
        copies.forEach(BatchWrite::committed);
        if (!wantsSync()) {
            answer();
        }
    }

    @Override
    public boolean wantsSync() {
        return writer.acks() == Acks.ALL;
    }

    @Override
    public void synced() {
        copies.forEach(BatchWrite::synced);
        answer();
    }

    private void answer() {
        for (int i = 0; i < waiters.size(); i++) {
            waiters.get(i).complete(new Appended(log.partition(), baseOffset + i));
        }
        writer.release(reserved);
    }

    @Override
    public void failed(EventsException why) {
        copies.forEach(copy -> copy.failed(why));
        waiters.forEach(w -> w.completeExceptionally(why));
        writer.release(reserved);
    }

    @Override
    public void unknown(OutcomeUnknownException why) {
        failed(why);
    }

    @Override
    public boolean claimRetry(long nowNanos) {
        return retries++ < writer.retries() && nowNanos - deadlineNanos < 0;
    }
}
