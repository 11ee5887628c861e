package io.clusterdb.events.broker;

import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import io.clusterdb.events.Topic;
import io.clusterdb.events.TopicStatus;
import io.clusterdb.events.Topics;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Topics, as their users see them. */
final class TopicAdministration implements Topics {
    private final LogEngine engine;
    private final SchemaRegistry schemas;

    TopicAdministration(LogEngine engine, SchemaRegistry schemas) {
        this.engine = engine;
        this.schemas = schemas;
    }

    @Override
    public Topic create(Topic topic) {
        InternalTopics.checkUserName(topic.name());
        schemas.require(topic.name(), topic.schemas());
        engine.createTopic(topic.schemas(Map.of()));
        topic.schemas().forEach((type, schema) -> schemas.register(topic.name(), type, schema));
        return get(topic.name());
    }

    @Override
    public Topic get(String name) {
        return engine.topic(name)
                .map(this::withSchemas)
                .orElseThrow(() -> NotFoundException.topic(
                        name, list().stream().map(Topic::name).toList()));
    }

    @Override
    public List<Topic> list() {
        return engine.topics().stream()
                .filter(t -> !InternalTopics.isInternal(t.name()))
                .map(this::withSchemas)
                .toList();
    }

    private Topic withSchemas(Topic topic) {
        Map<String, Schema> current = new TreeMap<>();
        schemas.current(topic.name())
                .forEach((type, known) -> current.put(type, known.registered().schema()));
        return topic.schemas(current);
    }

    @Override
    public Topic alter(String name, UnaryOperator<Topic> change) {
        InternalTopics.checkUserName(name);
        Topic before = get(name);
        Topic after = change.apply(before);
        if (after.partitions() > before.partitions() && engine.hasKeys(name)) {
            throw RejectedException.growth(name, before.partitions(), after.partitions());
        }
        return alter(before, after);
    }

    @Override
    public Topic growMovingKeys(String name, int partitions) {
        InternalTopics.checkUserName(name);
        Topic before = get(name);
        return alter(before, before.partitions(partitions));
    }

    private Topic alter(Topic before, Topic after) {
        if (!after.name().equals(before.name())) {
            throw RejectedException.invalid(
                    "topic " + before.name(), "name", after.name(), "its own: a topic can't be renamed");
        }
        schemas.require(after.name(), after.schemas());
        engine.alterTopic(after.schemas(Map.of()));
        after.schemas().forEach((type, schema) -> schemas.register(after.name(), type, schema));
        return get(after.name());
    }

    @Override
    public void delete(String name) {
        InternalTopics.checkUserName(name);
        get(name);
        engine.deleteTopic(name);
        schemas.end(name);
    }

    @Override
    public TopicStatus status(String name) {
        Topic topic = get(name);
        List<TopicStatus.Partition> partitions = new ArrayList<>();
        for (int p = 0; p < topic.partitions(); p++) {
            Bounds bounds = engine.bounds(new TopicPartition(name, p));
            partitions.add(new TopicStatus.Partition(
                    p,
                    bounds.start(),
                    bounds.stableEnd(),
                    bounds.end(),
                    bounds.bytes(),
                    bounds.heldBy()
                            .map(t -> new TopicStatus.Holder(t.id(), t.owner(), t.begun()))
                            .orElse(null)));
        }
        return new TopicStatus(topic, partitions);
    }
}
