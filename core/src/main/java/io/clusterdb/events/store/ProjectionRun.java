package io.clusterdb.events.store;

import io.clusterdb.events.AppendToken;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Projection;
import io.clusterdb.events.Projections.Skipped;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import io.clusterdb.events.spi.StoreEngine.Page;
import io.clusterdb.events.spi.StoreEngine.Selection;
import io.clusterdb.events.spi.StoreReader;
import io.clusterdb.events.spi.StoreTransaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the documents of a projection up to the events.
 *
 * <pre>
 *   no build yet             → the declared version is made and answers at once
 *   declared = what answers  → that one goes on; a target of another version is abandoned
 *   declared ≠ what answers  → the declared one is the target: it is made beside, up to the position of what answers
 *   another was declared     → this one rests, until that one has stood still for long
 *   target at that position  → one write makes it answer, if neither has moved meanwhile; effects begin behind it
 * </pre>
 *
 * <p>One that is declared inline is made so when it answers, and one that is to answer instead of an inline one does, in an
 * exclusive transaction ({@link #handOver}): appends wait, the last events are handled, and from then on each append changes its
 * documents ({@link InlineAppends}). That build's position is the last one, whatever that is. It is written down again when
 * appends are to leave it alone ({@link Builds#stopInline}).
 *
 * <p>Of two processes that run it, each finds the other's progress where its own write is refused, and goes on from there.
 */
final class ProjectionRun<D> implements Duty, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProjectionRun.class);

    /** Pages of a build for each one of what answers. */
    private static final int BUILD_PAGES = 20;

    /** Of declaring it: each time another process has gone on meanwhile. */
    private static final int MAX_ATTEMPTS = 100;

    private static final int HURRIED_ROUNDS = 5;
    private static final long RETRY_NANOS = Duration.ofMillis(500).toNanos();

    /** After which it is seen what another process has done. */
    private static final long LOOK_NANOS = Duration.ofMillis(250).toNanos();

    /** After which what is handled is stored, in the middle of a page: a transaction open for long holds up the order. */
    private static final long STEP_NANOS = Duration.ofMillis(250).toNanos();

    private final StoreEngine engine;
    private final Projection<D> projection;
    private final Selection selection;
    private final Builds builds;
    private final Environment environment;
    private final StoreEngine.Watch watch;
    private final Environment.Task task;
    private final ConcurrentLinkedQueue<Waiter> waiters = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Long stoppedAt;
    private final Standstill others = new Standstill();
    private volatile boolean begun;
    private volatile boolean closed;

    /** Who waits for an append. */
    private record Waiter(AppendToken token, CompletableFuture<Void> applied) {}

    ProjectionRun(StoreEngine engine, Projection<D> projection, Environment environment) {
        this.engine = engine;
        this.projection = projection;
        this.selection = new Selection(Set.of(), projection.eventTypes());
        this.builds = new Builds(engine, projection.name());
        this.environment = environment;
        this.task = environment.start("events-projection-" + projection.name(), this);
        this.watch = engine.watch(task::wake);
    }

    Projection<D> projection() {
        return projection;
    }

    Builds builds() {
        return builds;
    }

    /** The name of the build that answers. */
    String answering() {
        return builds.begun().active().name();
    }

    // --- which build is made

    /** To be called once. */
    void begin() {
        declare();
        hurry();
        begun = true;
        task.wake();
    }

    private void declare() {
        for (int attempt = 1; ; attempt++) {
            try {
                declare(builds.active());
                return;
            } catch (ConflictException e) {
                if (attempt == MAX_ATTEMPTS) {
                    throw e;
                }
                LOG.debug("Another process has gone on with projection {}", projection.name(), e);
            }
        }
    }

    private void declare(Builds.@Nullable FoundActive found) {
        if (found == null) {
            Build first = Build.begin(projection.version(), 0, engine.lastPosition());
            builds.write(List.of(
                    builds.change((Builds.FoundActive) null, Build.Active.first(first)),
                    builds.change(builds.find(first.name()), first)));
            return;
        }
        String target = found.active().target();
        if (isDeclared(found.active().name())) {
            if (target != null && !isDeclared(target)) {
                builds.abandon(found);
            }
            if (!projection.isInline()) {
                stopInline();
            }
        } else if (target == null || !isDeclared(target)) {
            builds.target(found, beside(found.active()));
        }
    }

    /** Makes it inline before anybody sees it, if little is missing. */
    private void hurry() {
        try {
            Build build = builds.get(answering()).build();
            if (projection.isInline() && engine.lastPosition() - build.position() <= OpenStore.PAGE) {
                for (int round = 0; round < HURRIED_ROUNDS && work(); round++) {
                    LOG.debug("Projection {}: round {} of catching up", projection.name(), round);
                }
            }
        } catch (ConflictException | UnavailableException e) {
            LOG.debug("Projection {} becomes inline later", projection.name(), e);
        }
    }

    /** Has appends leave it alone. */
    void stopInline() {
        builds.stopInline(environment);
    }

    /** Whether its declared version is to answer instead of the one that does. */
    boolean isToFollow() {
        String target = builds.begun().active().target();
        return target != null && isDeclared(target);
    }

    boolean isDeclared(String build) {
        return build.startsWith(projection.version() + ".");
    }

    /** The build of the declared version that answered before, or a new one. */
    private Build beside(Build.Active active) {
        String previous = active.previous();
        Builds.Found kept = previous == null || !isDeclared(previous) ? null : builds.find(previous);
        return kept == null ? builds.next(projection.version(), active) : kept.build();
    }

    /** Goes on now: somebody has told it to leave out an event, or to be made anew. */
    void goOn() {
        stoppedAt = null;
        task.wake();
    }

    // --- the round

    @Override
    public long run() {
        if (closed || !begun) {
            return WHEN_WOKEN;
        }
        try {
            boolean more = work();
            answerWaiters();
            return more ? AGAIN : LOOK_NANOS;
        } catch (ConflictException e) {
            if (e.getCause() != null) {
                LOG.warn("Projection {} can't go on now; it is tried again", projection.name(), e);
                return RETRY_NANOS;
            }
            LOG.debug("Another process has gone on with projection {}", projection.name(), e);
            return AGAIN;
        } catch (EventsException e) {
            others.blind();
            if (!closed) {
                LOG.warn("Projection {} can't go on now; it is tried again", projection.name(), e);
            }
            return RETRY_NANOS;
        }
    }

    /**
     * A version that was declared later has the say as long as somebody runs it: an older program may have been started
     * once more while it was being replaced.
     */
    private boolean declaredAgain(Builds.FoundActive found, String later) {
        Build theirs = builds.get(later).build();
        if (!others.isWatching()) {
            String own = projection.name() + " " + projection.version();
            LOG.warn("Projection {} rests, as version {} was declared later", own, theirs.version());
        }
        // What answers and has failed is left alone: both would fail there in turns.
        boolean mayGoOn =
                theirs.failure() == null || !later.equals(found.active().name());
        boolean isLate = mayGoOn && theirs.reached(Long.MAX_VALUE) < engine.lastPosition();
        if (!others.isAbandoned(theirs, isLate, environment.nanos())) {
            return false;
        }
        LOG.warn(
                "Projection {}: nobody goes on with version {}; version {} is declared again",
                projection.name(),
                theirs.version(),
                projection.version());
        others.end();
        declare(found);
        return true;
    }

    private boolean work() {
        Builds.FoundActive found = builds.begun();
        boolean more = false;
        String name = found.active().name();
        String target = found.active().target();
        if (isDeclared(name)) {
            more = advance(name, Long.MAX_VALUE, false);
            if (projection.isInline() && (target == null || isDeclared(target))) {
                more |= handOver(found, name); // also while it is made anew
            }
        }
        if (target != null && isDeclared(target)) {
            long last = engine.lastPosition(); // first: what is inline then has handled all up to there
            Build answers = builds.get(name).build();
            long goal = answers.reached(last);
            for (int pages = 0; pages < BUILD_PAGES && advance(target, goal, true); pages++) {
                more = true;
            }
            more |= answers.inline() ? handOver(found, target) : switched(found, target);
        }
        String declared = target == null ? name : target;
        boolean holdsUp = !isDeclared(name)
                || (projection.isInline() && !builds.get(name).build().inline());
        if (isDeclared(declared) || !holdsUp) {
            others.end();
            return more;
        }
        return declaredAgain(found, declared) || more;
    }

    /**
     * Handles the last events while appends wait, and has a build answer that is inline from then on, if it is declared so.
     *
     * @return whether there is more to do now
     */
    private boolean handOver(Builds.FoundActive found, String name) {
        Build near = builds.get(name).build();
        if (near.inline() || near.failure() != null || engine.lastPosition() - near.position() > OpenStore.PAGE) {
            return false;
        }
        Optional<StoreTransaction> exclusive = engine.exclusive();
        if (exclusive.isEmpty()) {
            return false;
        }
        EventStep<D> step;
        try (StoreTransaction alone = exclusive.get()) {
            step = step(new StepWork(engine, alone), name);
            Builds.Found next = builds.get(alone.reader(), name);
            if (next.build().inline()) {
                return false; // another process was faster
            }
            boolean beside = !name.equals(found.active().name());
            if (beside
                    && !builds.get(alone.reader(), found.active().name())
                            .build()
                            .inline()) {
                return true; // it has been taken out, and what came since is new to this one too
            }
            Build reached = withRest(alone.reader(), next.build(), step, beside);
            if (reached == null) {
                return true;
            }
            List<DocumentChange> changes = new ArrayList<>(step.changes());
            changes.add(builds.change(next, reached.inline(projection.isInline())));
            changes.add(builds.inline(projection.isInline() ? name : null));
            changes.addAll(
                    beside
                            ? answersInstead(alone.reader(), found, name)
                            : List.of(builds.change(found, found.active())));
            alone.write(changes);
        }
        String how = projection.isInline() ? "inline" : "behind the appends";
        LOG.info("Projection {}: build {} answers, {}", projection.name(), name, how);
        step.performEffects();
        dropFormer(found, name);
        return false;
    }

    /** The build behind all events; null when one of them fails, which is for {@link #advance} to note. */
    private @Nullable Build withRest(StoreReader alone, Build from, EventStep<D> step, boolean beside) {
        long last = alone.lastPosition();
        Build build = from;
        while (build.position() < last) {
            Page page = alone.all(build.position(), OpenStore.PAGE, selection);
            List<DocumentChange> skipped = new ArrayList<>();
            Part part = new Part(page.events(), page.position(), beside ? Long.MAX_VALUE : build.replayUntil());
            Build after = handled(part, build, step, skipped);
            if (after.failure() != null || !skipped.isEmpty() || after.position() == build.position()) {
                return null;
            }
            build = after;
        }
        return beside ? build.replayUntil(last) : build;
    }

    /** What makes a build answer instead of one that is inline. */
    private List<DocumentChange> answersInstead(StoreReader alone, Builds.FoundActive found, String name) {
        Builds.Found before = builds.get(alone, found.active().name());
        Build left = before.build().inline(false).at(alone.lastPosition()).left();
        return List.of(builds.change(found, found.active().answeredBy(name, left.name())), builds.change(before, left));
    }

    /** The build before the one before is not needed any more. */
    private void dropFormer(Builds.FoundActive found, String answering) {
        String former = found.active().previous();
        if (former != null
                && !former.equals(answering)
                && !answering.equals(found.active().name())) {
            builds.drop(former);
        }
    }

    /** Makes the target answer, if it has come as far. */
    private boolean switched(Builds.FoundActive found, String target) {
        String answering = found.active().name();
        Builds.Found before = builds.get(answering);
        if (before.build().inline()) {
            return true; // by another process, since it was looked at: then appends have to wait
        }
        Builds.Found next = builds.get(target);
        if (next.build().position() < before.build().position()) {
            return next.build().failure() == null;
        }
        builds.write(List.of(
                builds.change(found, found.active().answeredBy(target, answering)),
                builds.change(before, before.build().left()),
                builds.change(next, next.build().replayUntil(next.build().position()))));
        LOG.info("Projection {}: build {} answers from now on", projection.name(), target);
        dropFormer(found, target);
        return true;
    }

    /**
     * Handles the next events, up to a position.
     *
     * @param beside whether the build is being made beside the one that answers: all is replayed then
     * @return whether there may be more
     */
    private boolean advance(String name, long until, boolean beside) {
        Builds.Found found = builds.get(name);
        Build build = found.build();
        if (build.inline()
                || build.position() >= until
                || (build.failure() != null && Objects.equals(stoppedAt, build.position()))) {
            return false;
        }
        Page page = engine.all(build.position(), OpenStore.PAGE, selection);
        long end = Math.min(page.position(), until);
        if (end == build.position()) {
            return false;
        }
        long replayUntil = beside ? Long.MAX_VALUE : build.replayUntil();
        List<DocumentChange> changes = new ArrayList<>();
        try (StepWork work = new StepWork(engine, /* appends= */ false)) {
            EventStep<D> step = step(work, name);
            Build after = handled(new Part(page.events(), end, replayUntil), build, step, changes);
            if (after.position() == build.position() && Objects.equals(after.failure(), build.failure())) {
                return false;
            }
            changes.addAll(step.changes());
            changes.add(builds.change(found, after));
            work.write(changes);
            step.performEffects();
            return after.failure() == null;
        }
    }

    /** What handles events for a build. */
    EventStep<D> step(StepWork work, String build) {
        return new EventStep<>(work, projection, builds.documents(build), environment);
    }

    /** Events to handle, up to a position; those up to another one are replayed. */
    private record Part(List<DomainEvent> events, long end, long replayUntil) {}

    /** An event as people are told of it. */
    private static String shown(DomainEvent event) {
        return event.type() + " of " + event.aggregateType() + " " + event.aggregateId() + ", version "
                + event.version();
    }

    /** The build behind these events or, where they take long, some of them; or at the one that it stops at. */
    private Build handled(Part part, Build from, EventStep<D> step, List<DocumentChange> skipped) {
        Build build = from;
        long begin = environment.nanos();
        for (DomainEvent event : part.events()) {
            long position = event.position();
            if (position > part.end()) {
                break;
            }
            boolean replay = position <= part.replayUntil();
            boolean told = build.toSkip().contains(position);
            Throwable thrown = told ? null : step.handle(event, replay);
            String why = told ? "it was to be left out" : thrown == null ? null : thrown.toString();
            if (why == null) {
                build = build.at(position);
            } else if (told || !replay) {
                LOG.warn("Projection {} leaves out event {}: {}", projection.name(), event, why);
                skipped.add(builds.skipped(build.name(), new Skipped(position, shown(event), why)));
                build = build.without(position);
            } else {
                LOG.error(
                        "Projection {}, build {}, stops at event {}: {}", projection.name(), build.name(), event, why);
                stoppedAt = build.position();
                return build.failing("event " + position + " (" + shown(event) + "): " + why);
            }
            if (environment.nanos() - begin >= STEP_NANOS) {
                return build;
            }
        }
        return build.at(part.end());
    }

    // --- waiting

    /** @throws UnavailableException when it takes longer */
    void await(AppendToken token, Duration timeout) {
        if (builds.get(answering()).build().inline()) {
            return;
        }
        CompletableFuture<Void> applied = new CompletableFuture<>();
        Waiter waiter = new Waiter(token, applied);
        waiters.add(waiter);
        task.wake();
        if (!environment.await(applied, timeout)) {
            waiters.remove(waiter);
            throw UnavailableException.notApplied(builds.status(), timeout);
        }
    }

    private void answerWaiters() {
        if (waiters.isEmpty()) {
            return;
        }
        long reached = builds.get(answering()).build().reached(Long.MAX_VALUE);
        waiters.removeIf(waiter -> {
            long position = engine.position(waiter.token());
            boolean isApplied = position > 0 && position <= reached;
            if (isApplied) {
                waiter.applied().complete(null);
            }
            return isApplied;
        });
    }

    @Override
    public void close() {
        closed = true;
        watch.close();
        task.close();
    }
}
