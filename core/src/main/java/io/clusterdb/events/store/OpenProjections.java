package io.clusterdb.events.store;

import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Projection;
import io.clusterdb.events.ProjectionStatus;
import io.clusterdb.events.Projections;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.View;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreEngine;
import java.util.List;
import java.util.Map;
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
        runs.put(projection.name(), run);
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
