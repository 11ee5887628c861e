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

/** The projections over one engine, with those that run here. */
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
        return Builds.projections(engine).stream()
                .map(name -> new Builds(engine, name).status())
                .toList();
    }

    private Builds find(String name) {
        Builds builds = new Builds(engine, name);
        if (builds.active() == null) {
            throw NotFoundException.projection(name, Builds.projections(engine));
        }
        return builds;
    }

    Optional<ProjectionRun<?>> running(String name) {
        return Optional.ofNullable(runs.get(name));
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
        find(name).rebuild();
        goOn(name);
    }

    @Override
    public void skip(String name, long position) {
        find(name).skip(position);
        goOn(name);
    }

    /** One that another program runs finds it by looking. */
    private void goOn(String name) {
        ProjectionRun<?> here = runs.get(name);
        if (here != null) {
            here.goOn();
        }
    }

    @Override
    public List<Skipped> skipped(String name) {
        Builds builds = find(name);
        return builds.skipped(builds.begun().active().name());
    }

    @Override
    public void close() {
        runs.values().forEach(ProjectionRun::close);
    }
}
