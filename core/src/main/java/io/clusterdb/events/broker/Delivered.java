package io.clusterdb.events.broker;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.Disposition;
import io.clusterdb.events.Event;
import io.clusterdb.events.Message;
import io.clusterdb.events.spi.LogRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One lease of an event, as its handler sees it. */
final class Delivered implements Message {
    private final Dispatcher<?> dispatcher;
    private final Assigned assigned;
    private final Entry entry;
    private final LogRecord record;
    private final long token;
    private final int attempt;
    private final Event event;
    private final AtomicBoolean answered = new AtomicBoolean();
    private volatile @Nullable Answer said;

    Delivered(Dispatcher<?> dispatcher, Assigned assigned, Entry entry) {
        this.dispatcher = dispatcher;
        this.assigned = assigned;
        this.entry = entry;
        this.record = entry.record();
        this.token = entry.token;
        this.attempt = entry.attempts;
        this.event = dispatcher.event(DeadLetterRecord.published(record));
    }

    /** What a handler says of a message. */
    sealed interface Answer {
        /** See {@link Message#commit}. */
        record Done() implements Answer {}

        /** See {@link Message#commitUpTo}. */
        record DoneUpTo() implements Answer {}

        /** See {@link Message#nack}; a delay of null is what the backoff says. */
        record Failed(Failure failure, @Nullable Duration delay) implements Answer {}

        /** See {@link Message#term}. */
        record Terminated(Failure failure, Disposition disposition) implements Answer {}

        /** See {@link Message#skip}. */
        record Skipped(String reason) implements Answer {}

        /** Not handled. */
        record Released() implements Answer {}
    }

    /** Takes what its handler says; false when the lease is over. Called by the dispatcher's thread only. */
    boolean apply(Answer answer, Now now) {
        if (assigned.isGone()) {
            return false;
        }
        Delivery delivery = assigned.delivery();
        return switch (answer) {
            case Answer.Done done -> delivery.done(entry, token);
            case Answer.DoneUpTo done -> delivery.doneUpTo(entry, token);
            case Answer.Failed failed -> delivery.failed(entry, token, failed.failure(), failed.delay(), now);
            case Answer.Terminated term -> delivery.terminated(entry, token, term.failure(), term.disposition());
            case Answer.Skipped skipped -> delivery.done(entry, token);
            case Answer.Released released -> delivery.released(entry, token, now);
        };
    }

    Assigned assigned() {
        return assigned;
    }

    Entry entry() {
        return entry;
    }

    long token() {
        return token;
    }

    Dispatcher<?> dispatcher() {
        return dispatcher;
    }

    LogRecord record() {
        return record;
    }

    /** What its handler has answered by itself. */
    @Nullable
    Answer said() {
        return said;
    }

    boolean isAnswered() {
        return answered.get();
    }

    /** Its handling begins now: from here on it counts against the time-out. */
    void start(long nanos) {
        if (entry.token == token) {
            entry.startedNanos = nanos;
        }
    }

    @Override
    public Event payload() {
        return event;
    }

    @Override
    public String topic() {
        return Origin.of(record).topic();
    }

    @Override
    public int partition() {
        return Origin.of(record).partition();
    }

    @Override
    public long offset() {
        return Origin.of(record).offset();
    }

    @Override
    public Instant appended() {
        return Instant.ofEpochMilli(Origin.of(record).appendedMillis());
    }

    @Override
    public int attempt() {
        return attempt;
    }

    @Override
    public void commit() {
        answer(new Answer.Done());
    }

    @Override
    public void commitUpTo() {
        answer(new Answer.DoneUpTo());
    }

    @Override
    public void nack() {
        answer(new Answer.Failed(dispatcher.failure("nack", "the handler said nack"), null));
    }

    @Override
    public void nack(Duration delay) {
        if (delay.isNegative()) {
            throw new IllegalArgumentException("a delay is zero or more, found " + delay);
        }
        answer(new Answer.Failed(dispatcher.failure("nack", "the handler said nack"), delay));
    }

    @Override
    public void term(String reason) {
        answer(new Answer.Terminated(dispatcher.failure("term", reason), Disposition.TERMINATED));
    }

    @Override
    public void skip(String reason) {
        answer(new Answer.Skipped(reason));
    }

    @Override
    public void inProgress() {
        if (answered.get() || entry.token != token || assigned.isGone()) {
            throw leaseLost();
        }
        entry.startedNanos = dispatcher.nanos();
        dispatcher.outlet().touch();
    }

    private void answer(Answer answer) {
        if (!claimed()) {
            throw ConflictException.leaseLost(place(), "it was answered before");
        }
        said = answer;
        CompletableFuture<Void> done = new CompletableFuture<>();
        dispatcher.outlet().touch();
        dispatcher.answer(this, answer, done);
        dispatcher.await(done);
    }

    /** Whether the answer that follows is the first one; only that counts. */
    boolean claimed() {
        return answered.compareAndSet(false, true);
    }

    /** Takes {@link #claimed} back: the answer did not come to pass. */
    void unclaim() {
        answered.set(false);
    }

    ConflictException leaseLost() {
        return ConflictException.leaseLost(
                place(),
                "its lease of attempt " + attempt + " has ended: the time-out of " + dispatcher.timeout()
                        + " passed, or the partition moved to another member");
    }

    private String place() {
        return topic() + "-" + partition() + "@" + offset();
    }

    @Override
    public String toString() {
        return place() + ", attempt " + attempt;
    }
}
