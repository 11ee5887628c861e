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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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
 *   declared = what answers  → that one goes on
 *   declared ≠ what answers  → the declared one is the target: it is made beside, up to the position of what answers
 *   target at that position  → one write makes it answer, if neither has moved meanwhile; effects begin behind it
 * </pre>
 *
 * <p>Of two processes that run it, each finds the other's progress where its own write is refused, and goes on from there.
 */
final class ProjectionRun<D> implements Duty, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProjectionRun.class);

    /** Pages of a build for each one of what answers. */
    private static final int BUILD_PAGES = 20;

    private static final long RETRY_NANOS = Duration.ofMillis(500).toNanos();

    /** After which it is seen what another process has done. */
    private static final long LOOK_NANOS = Duration.ofMillis(250).toNanos();

    private final StoreEngine engine;
    private final Projection<D> projection;
    private final Selection selection;
    private final Builds builds;
    private final Environment environment;
    private final StoreEngine.Watch watch;
    private final Environment.Task task;
    private final ConcurrentLinkedQueue<Waiter> waiters = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Long stoppedAt;
    private volatile boolean closed;

    /** Who waits for an append. */
    private record Waiter(AppendToken token, CompletableFuture<Void> applied) {}

    ProjectionRun(StoreEngine engine, Projection<D> projection, Environment environment) {
        this.engine = engine;
        this.projection = projection;
        this.selection = new Selection(Set.of(), projection.eventTypes());
        this.builds = new Builds(engine, projection.name());
        this.environment = environment;
        begin();
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

    private void begin() {
        Builds.FoundActive found = builds.active();
        try {
            if (found == null) {
                Build first = Build.begin(projection.version(), 0, engine.lastPosition());
                builds.write(List.of(
                        builds.change((Builds.FoundActive) null, new Build.Active(first.name(), null, null)),
                        builds.change(builds.find(first.name()), first)));
            } else if (isDeclared(found.active().name())) {
                return;
            } else if (found.active().target() == null
                    || !isDeclared(found.active().target())) {
                builds.target(found, beside(found.active()));
            }
        } catch (ConflictException e) {
            LOG.debug("Another process has begun projection {}", projection.name(), e);
        }
    }

    private boolean isDeclared(String build) {
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
        if (closed) {
            return WHEN_WOKEN;
        }
        try {
            boolean more = work();
            answerWaiters();
            return more ? AGAIN : LOOK_NANOS;
        } catch (ConflictException e) {
            LOG.debug("Another process has gone on with projection {}", projection.name(), e);
            return AGAIN;
        } catch (EventsException e) {
            if (!closed) {
                LOG.warn("Projection {} can't go on now; it is tried again", projection.name(), e);
            }
            return RETRY_NANOS;
        }
    }

    private boolean work() {
        Builds.FoundActive found = builds.begun();
        boolean more = false;
        if (isDeclared(found.active().name())) {
            more = advance(found.active().name(), Long.MAX_VALUE, false);
        }
        String target = found.active().target();
        if (target != null && isDeclared(target)) {
            long goal = builds.get(found.active().name()).build().position();
            for (int pages = 0; pages < BUILD_PAGES && advance(target, goal, true); pages++) {
                more = true;
            }
            more |= switched(found, target);
        }
        return more;
    }

    /** Makes the target answer, if it has come as far. */
    private boolean switched(Builds.FoundActive found, String target) {
        String answering = found.active().name();
        Builds.Found before = builds.get(answering);
        Builds.Found next = builds.get(target);
        if (next.build().position() < before.build().position()) {
            return next.build().failure() == null;
        }
        String dropped = found.active().previous();
        builds.write(List.of(
                builds.change(found, new Build.Active(target, /* target= */ null, answering)),
                builds.unchanged(before),
                builds.change(next, next.build().replayUntil(next.build().position()))));
        LOG.info("Projection {}: build {} answers from now on", projection.name(), target);
        if (dropped != null && !dropped.equals(target)) {
            builds.drop(dropped);
        }
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
        if (build.position() >= until || (build.failure() != null && Objects.equals(stoppedAt, build.position()))) {
            return false;
        }
        Page page = engine.all(build.position(), OpenStore.PAGE, selection);
        long end = Math.min(page.position(), until);
        if (end == build.position()) {
            return false;
        }
        EventStep<D> step = new EventStep<>(engine, projection, builds.documents(name));
        List<DocumentChange> skipped = new ArrayList<>();
        long replayUntil = beside ? Long.MAX_VALUE : build.replayUntil();
        Build after = handled(new Part(page.events(), end, replayUntil), build, step, skipped);
        if (after.position() == build.position() && Objects.equals(after.failure(), build.failure())) {
            return false;
        }
        List<DocumentChange> changes = new ArrayList<>(step.changes());
        changes.addAll(skipped);
        changes.add(builds.change(found, after));
        engine.write(changes);
        step.effects().forEach(this::perform);
        return after.failure() == null;
    }

    /** Events to handle, up to a position; those up to another one are replayed. */
    private record Part(List<DomainEvent> events, long end, long replayUntil) {}

    /** The build behind these events, or at the one that it stops at. */
    private Build handled(Part part, Build from, EventStep<D> step, List<DocumentChange> skipped) {
        Build build = from;
        for (DomainEvent event : part.events()) {
            long position = event.position();
            if (position > part.end()) {
                break;
            }
            boolean replay = position <= part.replayUntil();
            boolean told = build.toSkip().contains(position);
            String why = told ? "it was to be left out" : step.handle(event, replay);
            if (why == null) {
                build = build.at(position);
            } else if (told || !replay) {
                LOG.warn("Projection {} leaves out event {}: {}", projection.name(), event, why);
                skipped.add(builds.skipped(build.name(), new Skipped(position, event.toString(), why)));
                build = build.without(position);
            } else {
                LOG.error(
                        "Projection {}, build {}, stops at event {}: {}", projection.name(), build.name(), event, why);
                stoppedAt = build.position();
                return build.failing("event " + position + " (" + event + "): " + why);
            }
        }
        return build.at(part.end());
    }

    private void perform(Runnable effect) {
        environment.execute(() -> {
            try {
                effect.run();
            } catch (RuntimeException | LinkageError | AssertionError e) {
                LOG.warn("An effect of projection {} failed; it is not repeated", projection.name(), e);
            }
        });
    }

    // --- waiting

    /** @throws UnavailableException when it takes longer */
    void await(AppendToken token, Duration timeout) {
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
        long reached = builds.get(answering()).build().position();
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
