package io.clusterdb.events.store;

import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Projection;
import io.clusterdb.events.ProjectionStatus;
import io.clusterdb.events.Projections;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.View;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.Document;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/** The projections that run over one engine. */
final class OpenProjections implements Projections, AutoCloseable {
    private final StoreEngine engine;
    private final Environment environment;
    private final Map<String, ProjectionRun<?>> runs = new ConcurrentSkipListMap<>();

    OpenProjections(StoreEngine engine, Environment environment) {
        this.engine = engine;
        this.environment = environment;
    }

    @Override
    public synchronized <D> View<D> run(Projection<D> projection) {
        if (runs.containsKey(projection.name())) {
            throw RejectedException.configuredTwice("Projection " + projection.name(), false);
        }
        ProjectionRun<D> run = new ProjectionRun<>(engine, projection, environment);
        runs.put(projection.name(), run); // before appends may have to reckon with it
        try {
            run.begin();
        } catch (RuntimeException | Error e) {
            runs.remove(projection.name());
            run.close();
            throw e;
        }
        return new OpenView<>(engine, run);
    }

    @Override
    public List<ProjectionStatus> list() {
        return runs.values().stream()
                .<ProjectionStatus>map(ProjectionRun::status)
                .toList();
    }

    Optional<ProjectionRun<?>> find(String name) {
        return Optional.ofNullable(runs.get(name));
    }

    private ProjectionRun<?> get(String name) {
        return find(name).orElseThrow(() -> NotFoundException.projection(name, runs.keySet()));
    }

    /** Has appends leave alone what a program before this one had made inline, if nobody else has the store open. */
    void resume() {
        if (!engine.isShared()) {
            for (Document inline : engine.documents(StoreEngine.INLINE, "", Integer.MAX_VALUE)) {
                new Builds(engine, inline.key()).stopInline(environment);
            }
        }
    }

    @Override
    public synchronized void stop(String name) {
        ProjectionRun<?> run = runs.remove(name);
        if (run == null && engine.document(StoreEngine.INLINE, name) == null) {
            throw NotFoundException.projection(name, runs.keySet());
        }
        if (run != null) {
            run.close();
        }
        new Builds(engine, name).stopInline(environment);
    }

    @Override
    public void rebuild(String name) {
        get(name).rebuild();
    }

    @Override
    public void skip(String name, long position) {
        get(name).skip(position);
    }

    @Override
    public List<Skipped> skipped(String name) {
        ProjectionRun<?> run = get(name);
        return run.builds().skipped(run.answering());
    }

    @Override
    public void close() {
        runs.values().forEach(ProjectionRun::close);
    }
}
