package io.clusterdb.events.log;

import java.util.Arrays;

/**
 * What one producer has appended to a partition: its epoch, the sequence number expected next, and where its last
 * batches went, so that a retried one is answered instead of appended (KIP-98). Immutable.
 */
final class ProducerSequence {
    /** As many batches as a Kafka producer may have in flight. */
    private static final int REMEMBERED = 5;

    private static final int MAX_SEQUENCE = Integer.MAX_VALUE;

    private final short epoch;
    private final int next;
    private final long[] recent;

    private ProducerSequence(short epoch, int next, long[] recent) {
        this.epoch = epoch;
        this.next = next;
        this.recent = recent;
    }

    static ProducerSequence first(short epoch) {
        return new ProducerSequence(epoch, 0, new long[0]);
    }

    short epoch() {
        return epoch;
    }

    int next() {
        return next;
    }

    /** This, with a batch that starts at {@link #next}. */
    ProducerSequence appended(int count, long baseOffset) {
        return appended(count, baseOffset, Math.min(recent.length, 2 * (REMEMBERED - 1)));
    }

    /** As {@link #appended}, forgetting nothing. */
    ProducerSequence appendedAndKept(int count, long baseOffset) {
        return appended(count, baseOffset, recent.length);
    }

    private ProducerSequence appended(int count, long baseOffset, int keep) {
        long[] all = new long[keep + 2];
        System.arraycopy(recent, recent.length - keep, all, 0, keep);
        all[keep] = next;
        all[keep + 1] = baseOffset;
        return new ProducerSequence(epoch, (int) (((long) next + count) & MAX_SEQUENCE), all);
    }

    /** The base offset of a remembered batch, −1 when none starts with that sequence number. */
    long offsetOf(int baseSequence) {
        for (int i = recent.length - 2; i >= 0; i -= 2) {
            if (recent[i] == baseSequence) {
                return recent[i + 1];
            }
        }
        return -1;
    }

    @Override
    public String toString() {
        return "epoch " + epoch + ", next " + next + ", recent " + Arrays.toString(recent);
    }
}
