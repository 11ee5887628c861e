package io.clusterdb.events.broker;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.broker.Delivered.Answer;
import io.clusterdb.events.broker.Step.Answered;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogMember;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member of a group at work. Each round reads, takes in what handlers have answered, and writes down, as one
 * {@link Step}, those answers, the dead letters that come of them, and the attempts of what is handed out next. Only
 * when that is written are the answers confirmed and the events handed out. Rounds go on while a step is being written,
 * so that the next one carries all that has gathered.
 *
 * @param <T> where its events go
 */
final class Dispatcher<T extends Outlet> implements Duty, LogMember.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);
    private static final long RETRY_NANOS = Duration.ofMillis(100).toNanos();

    private final Broker broker;
    private final Environment environment;
    private final ConsumerGroup group;
    private final Subscription subscription;
    private final T outlet;
    private final Intake intake;
    private final Environment.Task task;
    private final Map<TopicPartition, Assigned> assigned = new ConcurrentSkipListMap<>();
    private final ConcurrentLinkedQueue<Answered> answers = new ConcurrentLinkedQueue<>();
    private final Settlements settlements = new Settlements();
    private final Freeing freeing;
    private final Expirations expirations;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private @Nullable LogMember member;
    private @Nullable CompletableFuture<Void> writing;
    private Step step = new Step();
    private Step written = new Step();
    private long retryAtNanos = Long.MIN_VALUE;
    private int turn;
    private volatile boolean started;
    private volatile boolean paused;
    private volatile boolean closing;
    private volatile boolean ended;

    Dispatcher(Broker broker, ConsumerGroup group, Subscription subscription, Function<Dispatcher<T>, T> outlets) {
        this.broker = broker;
        this.environment = broker.environment();
        this.group = group;
        this.subscription = subscription;
        this.outlet = outlets.apply(this);
        this.intake = new Intake(broker, group, subscription);
        this.freeing = new Freeing(broker, group.name());
        this.expirations = new Expirations(group.name(), assigned);
        this.task = environment.start("events-group-" + group.name(), this);
        this.started = true;
    }

    // --- what other threads call

    T outlet() {
        return outlet;
    }

    Event event(LogRecord record) {
        return broker.event(record);
    }

    ConsumerGroup group() {
        return group;
    }

    Freeing freeing() {
        return freeing;
    }

    /** @param done null when nobody waits */
    void answer(Delivered message, Answer answer, @Nullable CompletableFuture<Void> done) {
        take(message, answer, done);
        signal();
        refuseIfEnded();
    }

    /** As {@link #answer}, when a signal follows. */
    void take(Delivered message, Answer answer, @Nullable CompletableFuture<Void> done) {
        answers.add(new Answered(message, answer, done));
    }

    /** Answers messages together with a transaction; completed when that is committed. */
    CompletableFuture<Void> settle(Settlement settlement) {
        CompletableFuture<Void> done = settlements.add(settlement);
        signal();
        refuseIfEnded();
        return done;
    }

    /**
     * Events of a partition below an offset are about to be deleted: none that waits for its retry is to be lost.
     *
     * @return done when none waits any more; empty when the partition is not held here
     */
    Optional<CompletableFuture<Void>> expiring(TopicPartition partition, long start) {
        Optional<CompletableFuture<Void>> done = expirations.ask(partition, start);
        signal();
        refuseIfEnded();
        return done;
    }

    @Override
    public void signal() {
        if (started) {
            task.wake();
        }
    }

    void await(CompletableFuture<Void> future) {
        environment.await(future);
    }

    long nanos() {
        return environment.nanos();
    }

    Duration timeout() {
        return subscription.processor().timeout();
    }

    Failure failure(String error, String message) {
        return new Failure(environment.millis(), error, message);
    }

    void pause(boolean value) {
        paused = value;
        signal();
    }

    /** Hands out nothing more. */
    void stop() {
        closing = true;
        signal();
    }

    /** Stops, waits for what is out, and leaves the group. */
    void close(Duration drain) {
        stop();
        if (!environment.await(closed, drain)) {
            LOG.warn("Group {}: some handlers had not answered after {}; their events come again", group.name(), drain);
        }
        task.close();
        finishLast();
        if (member != null) {
            leave();
        }
        ended = true;
        refuseIfEnded();
        broker.dispatchers().remove(this);
    }

    /** Tells who waits what became of the last step; what it would have handed out comes again. */
    private void finishLast() {
        CompletableFuture<Void> last = writing;
        if (last != null) {
            environment.await(last.handle((done, failure) -> null));
            writing = null;
            if (last.isCompletedExceptionally()) {
                written.into(step, last.exceptionNow());
            } else {
                written.written();
            }
        }
    }

    /** Nobody takes answers any more: who waits for one is told. */
    private void refuseIfEnded() {
        if (!ended) {
            return;
        }
        for (Answered next = answers.poll(); next != null; next = answers.poll()) {
            refuse(next);
        }
        settlements.refuse(RejectedException.closed("The subscription of group " + group.name()));
        expirations.refuse();
    }

    // --- the round

    @Override
    public long run() {
        Now now = Now.of(environment);
        finishWriting(now);
        attend(now);
        takeAnswers(now);
        for (Assigned part : assigned.values()) {
            part.delivery().tick(now).forEach(outlet::expired);
        }
        expirations.work(intake, step, now, writing != null);
        freeing.work(assigned, writing != null);
        if (member == null) {
            settlements.next(); // refuses all, as none of their messages is in hand any more
        } else if (writing == null && now.nanos() >= retryAtNanos) {
            write(now);
        }
        giveBack();
        if (closing && writing == null && answers.isEmpty() && leasedCount() == 0) {
            closed.complete(null);
        }
        return rest(now);
    }

    private int leasedCount() {
        int count = 0;
        for (Assigned part : assigned.values()) {
            count += part.delivery().leasedCount();
        }
        return count;
    }

    /** Is a member as long as somebody takes events. */
    private void attend(Now now) {
        boolean active = outlet.isActive(now.nanos());
        if (active && member == null && !closing) {
            member = broker.engine().join(group, intake.topics(), this);
        } else if (!active && member != null && writing == null) {
            leave();
        }
        if (member != null) {
            read(member);
        }
    }

    private void leave() {
        lost(List.copyOf(assigned.keySet()));
        member().close();
        member = null;
    }

    private LogMember member() {
        if (member == null) {
            throw new IllegalStateException("not a member of group " + group.name());
        }
        return member;
    }

    private void read(LogMember from) {
        try {
            intake.read(from, assigned.values(), closing || paused);
        } catch (EventsException e) {
            if (!Intake.isOutOfRange(e) || !recovered(from)) {
                LOG.error("Group {} can't go on reading", group.name(), e);
                outlet.fail(e, true);
            }
        }
    }

    private boolean recovered(LogMember from) {
        boolean all = true;
        for (Assigned part : assigned.values()) {
            try {
                all &= intake.recover(from, part);
            } catch (NotFoundException e) {
                LOG.debug("Group {} is about to lose {}: its topic is gone", group.name(), part.partition(), e);
            }
        }
        return all;
    }

    private void takeAnswers(Now now) {
        for (Answered next = answers.poll(); next != null; next = answers.poll()) {
            try {
                take(next, now);
            } catch (RuntimeException e) { // nobody is to wait for ever for an answer that can't be taken
                LOG.error(
                        "Group {} could not take the answer {} to {}", group.name(), next.answer(), next.message(), e);
                next.fail(e);
            }
        }
    }

    private void take(Answered next, Now now) {
        if (!next.message().apply(next.answer(), now)) {
            refuse(next);
        } else {
            if (next.answer() instanceof Answer.Skipped skipped) {
                broker.recordSkip(group.name(), next.message(), skipped.reason());
            }
            step.answers.add(next);
        }
    }

    private void refuse(Answered answered) {
        CompletableFuture<Void> done = answered.done();
        if (done != null) {
            done.completeExceptionally(answered.message().leaseLost());
        } else if (!(answered.answer() instanceof Answer.Released)) {
            LOG.warn(
                    "Group {}: {}", group.name(), answered.message().leaseLost().getMessage());
        }
    }

    // --- writing down

    private void write(Now now) {
        Step next = step;
        next.settlement = settlements.next();
        if (!closing && !paused) {
            takeRuns(next, now);
        }
        for (Assigned part : assigned.values()) {
            if (part.delivery().isDirty()) {
                next.changes.put(part, part.delivery().changes());
            }
        }
        step = new Step();
        written = next;
        writing = next.isEmpty() ? CompletableFuture.completedFuture(null) : submit(next);
        if (writing.isDone()) {
            finishWriting(now);
        } else {
            writing.whenComplete((done, failure) -> signal());
        }
    }

    private CompletableFuture<Void> submit(Step next) {
        try {
            Notes notes = Notes.of(broker, subscription, next.changes);
            return next.settlement == null
                    ? member().commit(notes.floors(), notes.records())
                    : next.settlement.transaction().commit(member(), notes.floors(), notes.records());
        } catch (RuntimeException e) { // refused before it was begun: what is in the step is not to be lost either
            return CompletableFuture.failedFuture(e);
        }
    }

    private void takeRuns(Step next, Now now) {
        List<Assigned> parts = List.copyOf(assigned.values());
        int leased = leasedCount();
        int idle = 0;
        int room = outlet.room(next.runs.size(), leased);
        while (room > 0 && idle < parts.size()) {
            Assigned part = parts.get(Math.floorMod(turn++, parts.size()));
            List<Delivered> run = part.isRevoked() ? List.of() : takeRun(part, room, now);
            if (run.isEmpty()) {
                idle++;
            } else {
                idle = 0;
                leased += run.size();
                next.runs.add(run);
                room = outlet.room(next.runs.size(), leased);
            }
        }
    }

    /** A fair share of what is ready, so that all who have room get something. */
    private List<Delivered> takeRun(Assigned part, int room, Now now) {
        int share = part.delivery().readyCount() / room + 1;
        List<Delivered> run = new ArrayList<>();
        for (Entry entry : part.delivery().take(outlet.runLength(share), now)) {
            if (DeadLetterRecord.isFreeing(entry.record())) {
                part.delivery().done(entry, entry.token);
                freeing.ask(entry.record());
            } else {
                run.add(new Delivered(this, part, entry));
            }
        }
        return run;
    }

    private void finishWriting(Now now) {
        if (writing == null || !writing.isDone()) {
            return;
        }
        boolean done = !writing.isCompletedExceptionally();
        Throwable why = done ? null : writing.exceptionNow();
        writing = null;
        if (why == null) {
            written.written();
            written.runs.forEach(outlet::give);
        } else {
            written.into(step, why);
            notWritten(why, now);
        }
        written = new Step();
    }

    private void notWritten(Throwable why, Now now) {
        step.dropGone().forEach(this::refuse);
        step.failExpirations(why); // they are asked again: other partitions are not to wait for these
        boolean isTopicGone = why instanceof NotFoundException;
        if (isTopicGone) {
            broker.renewDeadLetters(group, subscription);
        }
        if (written.settlement != null) {
            return;
        }
        retryAtNanos = now.nanos() + RETRY_NANOS;
        LOG.warn("Group {} could not write down its progress; it tries again", group.name(), why);
        if (!(why instanceof UnavailableException || why instanceof ConflictException || isTopicGone)) {
            outlet.fail(why instanceof RuntimeException e ? e : new IllegalStateException(why), false);
        }
    }

    // --- partitions come and go

    @Override
    public void assigned(Collection<TopicPartition> partitions) {
        Now now = Now.of(environment);
        for (Assigned part : intake.assign(partitions, now)) {
            assigned.put(part.partition(), part);
            member().seek(
                            part.partition(),
                            part.delivery().wanted(part.delivery().floor()));
        }
    }

    @Override
    public void revoked(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            Assigned part = assigned.get(partition);
            if (part == null) {
                member().release(List.of(partition));
            } else {
                part.revoke();
                member().drop(partition);
            }
        }
    }

    @Override
    public void lost(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            Assigned part = assigned.remove(partition);
            if (part != null) {
                part.lose();
            }
        }
        step.dropGone().forEach(this::refuse);
    }

    /** Releases the revoked partitions of which nothing is out and nothing unwritten. */
    private void giveBack() {
        List<TopicPartition> done = new ArrayList<>();
        for (Assigned part : assigned.values()) {
            Delivery delivery = part.delivery();
            if (part.isRevoked() && writing == null && delivery.leasedCount() == 0 && !delivery.isDirty()) {
                done.add(part.partition());
            }
        }
        if (!done.isEmpty()) {
            lost(done);
            member().release(done);
        }
    }

    private long rest(Now now) {
        if (!answers.isEmpty() || (member != null && intake.hasMore())) {
            return AGAIN;
        }
        long rest =
                Math.min(outlet.restNanos(), group.config().heartbeatInterval().toNanos());
        for (Assigned part : assigned.values()) {
            rest = Math.min(rest, part.delivery().nextTickNanos() - now.nanos());
        }
        if (retryAtNanos > now.nanos()) {
            rest = Math.min(rest, retryAtNanos - now.nanos());
        }
        return Math.max(1, rest);
    }
}
