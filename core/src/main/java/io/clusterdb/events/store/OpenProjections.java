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
        runs.put(projection.name(), run);
        return new OpenView<>(engine, run);
    }

    @Override
    public List<ProjectionStatus> list() {
        return runs.values().stream()
                .<ProjectionStatus>map(ProjectionRun::status)
                .toList();
    }

    private ProjectionRun<?> find(String name) {
        ProjectionRun<?> run = runs.get(name);
        if (run == null) {
            throw NotFoundException.projection(name, runs.keySet());
        }
        return run;
    }

    @Override
    public void rebuild(String name) {
        find(name).rebuild();
    }

    @Override
    public void skip(String name, long position) {
        find(name).skip(position);
    }

    @Override
    public List<Skipped> skipped(String name) {
        ProjectionRun<?> run = find(name);
        return run.builds().skipped(run.answering());
    }

    @Override
    public void close() {
        runs.values().forEach(ProjectionRun::close);
    }
}
