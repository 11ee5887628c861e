package io.clusterdb.events.store;

import io.clusterdb.events.AppendToken;
import io.clusterdb.events.Filter;
import io.clusterdb.events.ProjectionStatus;
import io.clusterdb.events.View;
import io.clusterdb.events.filter.Expression;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.Document;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import tools.jackson.databind.json.JsonMapper;

/** The documents of the build that answers. */
record OpenView<D>(StoreEngine engine, ProjectionRun<D> run) implements View<D> {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Override
    public Optional<D> get(String key) {
        Bytes found = engine.document(collection(), key);
        return Optional.ofNullable(found).map(bytes -> decode(key, bytes));
    }

    private String collection() {
        return run.builds().documents(run.answering());
    }

    private D decode(String key, Bytes bytes) {
        return EventStep.decode(run.projection(), key, bytes);
    }

    @Override
    public Map<String, D> list() {
        return list(document -> true);
    }

    @Override
    public Map<String, D> list(Filter filter) {
        Expression condition = Expression.document(filter.expression());
        return list(document -> condition.matches(name -> switch (name) {
                    case "key" -> document.key();
                    case "data" ->
                        Expression.json(JSON.readTree(document.value().toArray()));
                    default -> null;
                })
                == Expression.Match.YES);
    }

    private Map<String, D> list(Predicate<Document> wanted) {
        Map<String, D> all = new LinkedHashMap<>();
        String collection = collection();
        List<Document> page = engine.documents(collection, "", OpenStore.PAGE);
        while (!page.isEmpty()) {
            page.stream().filter(wanted).forEach(d -> all.put(d.key(), decode(d.key(), d.value())));
            page = engine.documents(collection, page.get(page.size() - 1).key(), OpenStore.PAGE);
        }
        return all;
    }

    @Override
    public void await(AppendToken token, Duration timeout) {
        run.await(token, timeout);
    }

    @Override
    public ProjectionStatus status() {
        return run.builds().status();
    }
}
