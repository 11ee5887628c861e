package io.clusterdb.events.broker;

import io.clusterdb.events.spi.LogRecord;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** An unanswered event of one partition in one group. Only {@code token} and {@code startedNanos} are shared by threads. */
final class Entry {
    /** Until the next attempt: clocks can't tell every time that a duration can. */
    private static final Duration LONGEST_WAIT = Duration.ofDays(36_500);

    final long offset;

    @Nullable
    LogRecord record;

    State state = State.READY;
    int attempts;
    long dueMillis;
    long dueNanos;

    @Nullable
    Failure first;

    @Nullable
    Failure last;

    @Nullable
    Lane lane;

    /** Its answer rides in a transaction that is being committed: written down as answered, still leased until then. */
    boolean settling;
    /** Changes with each lease, so that an answer can name the lease it is for. */
    volatile long token;
    /** When its handling began; 0 as long as it has not. */
    volatile long startedNanos;

    /** See the table in {@link Delivery}. */
    enum State {
        READY,
        LEASED,
        PARKED,
        ANSWERED
    }

    Entry(long offset) {
        this.offset = offset;
    }

    LogRecord record() {
        if (record == null) {
            throw new IllegalStateException("entry " + offset + " has not been read");
        }
        return record;
    }

    boolean isLease(long answered) {
        return state == State.LEASED && token == answered;
    }

    void failed(Failure failure) {
        last = failure;
        if (first == null) {
            first = failure;
        }
    }

    /** It waits for its next attempt. */
    void park(Duration wait, Now now) {
        Duration atMost = wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
        state = State.PARKED;
        dueMillis = now.millis() + atMost.toMillis();
        dueNanos = now.nanos() + atMost.toNanos();
    }

    /** It was written down, and what was left of its wait is left of it now. */
    void resume(Now now) {
        if (state == State.PARKED) {
            dueNanos = now.nanos() + Duration.ofMillis(waitMillis(now)).toNanos();
        }
    }

    /** What it takes in memory, about. */
    long bytes() {
        if (record == null) {
            return 0;
        }
        return 64L
                + (record.key() == null ? 0 : record.key().length())
                + (record.value() == null ? 0 : record.value().length())
                + record.headers().encoded().length();
    }

    /** What is left of its wait. A calendar that went back since it failed does not make it longer. */
    private long waitMillis(Now now) {
        Failure failure = last;
        long whole = failure == null ? Long.MAX_VALUE : dueMillis - failure.millis();
        return Math.max(0, Math.min(dueMillis - now.millis(), whole));
    }
}
