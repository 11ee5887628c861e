package io.clusterdb.events.broker;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ConsumerGroup;
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
    private final Broker broker;
    private final LogEngine engine;
    private final SchemaRegistry schemas;

    TopicAdministration(Broker broker) {
        this.broker = broker;
        this.engine = broker.engine();
        this.schemas = broker.registeredSchemas();
    }

    @Override
    public synchronized Topic create(Topic topic) {
        InternalTopics.checkUserName(topic.name());
        check(topic);
        if (engine.topic(topic.name()).isEmpty()) { // what another program deleted, or did not delete whole
            broker.groupAdministration().forget(topic, readingOrLeavingLetters(topic.name()));
        }
        schemas.endIfGone(topic.name());
        schemas.require(topic.name(), topic.schemas());
        engine.createTopic(topic.schemas(Map.of()));
        topic.schemas().forEach((type, schema) -> schemas.register(topic.name(), type, schema));
        return get(topic.name());
    }

    private List<ConsumerGroup> readingOrLeavingLetters(String topic) {
        return broker.registry().list().stream()
                .filter(group -> group.topics().contains(topic)
                        || Broker.defaultDeadLetterTopic(group.name()).equals(topic))
                .toList();
    }

    /** What no engine can do, or this one can't. */
    private void check(Topic topic) {
        broker.routing().check(topic);
        if (topic.config().deduplication() == null) {
            return;
        }
        String what = "Topic " + topic.name() + " can't have a deduplication window";
        if (engine.facts().has(LogEngine.Trait.SHARED)) {
            throw RejectedException.engine(
                    what,
                    "deduplication is " + topic.config().deduplication() + ", and topics of the engine "
                            + engine.facts().type()
                            + " take events from other processes too, so that nobody knows all ids",
                    "Leave it out: a producer's own retries are never written twice; and have consumers know ids again");
        }
        if (topic.config().cleanupPolicy().compacts()) {
            throw RejectedException.engine(
                    what,
                    "it is compacted, so that ids which the window should know are deleted with their events",
                    "Leave one of both out");
        }
        if (!broker.schedules().list(topic.name(), null, 1).isEmpty()) {
            throw RejectedException.engine(
                    what,
                    "events are scheduled for it, which are not known by their ids",
                    "Wait for them, or cancel them: events schedule list --topic " + topic.name());
        }
        List<String> routing = broker.routing().routedTo(topic.name());
        if (!routing.isEmpty()) {
            throw RejectedException.engine(
                    what,
                    "events are routed to it from " + String.join(", ", routing)
                            + ", and copies are not known by their ids",
                    "Give the window to the topics that are published to");
        }
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
    public synchronized Topic alter(String name, UnaryOperator<Topic> change) {
        InternalTopics.checkUserName(name);
        Topic before = get(name);
        Topic after = change.apply(before);
        if (after.partitions() > before.partitions() && engine.hasKeys(name)) {
            throw RejectedException.growth(name, before.partitions(), after.partitions());
        }
        return alter(before, after);
    }

    @Override
    public synchronized Topic growMovingKeys(String name, int partitions) {
        InternalTopics.checkUserName(name);
        Topic before = get(name);
        return alter(before, before.partitions(partitions));
    }

    private Topic alter(Topic before, Topic after) {
        if (!after.name().equals(before.name())) {
            throw RejectedException.invalid(
                    "topic " + before.name(), "name", after.name(), "its own: a topic can't be renamed");
        }
        check(after);
        schemas.require(after.name(), after.schemas());
        if (after.partitions() > before.partitions()) { // of which there may have been others, deleted in part
            broker.groupAdministration()
                    .forget(
                            after.name(),
                            before.partitions(),
                            after.partitions(),
                            readingOrLeavingLetters(after.name()));
        }
        engine.alterTopic(after.schemas(Map.of()));
        if (after.config().deduplication() == null) {
            broker.deduplication().forget(after.name()); // another window, later, reads what comes until then
        }
        after.schemas().forEach((type, schema) -> schemas.register(after.name(), type, schema));
        return get(after.name());
    }

    @Override
    public synchronized void delete(String name) {
        InternalTopics.checkUserName(name);
        Topic deleted = get(name);
        List<String> routing = broker.routing().routedTo(name);
        if (!routing.isEmpty()) {
            throw ConflictException.routeTarget(name, routing);
        }
        engine.deleteTopic(name);
        broker.routing().forget(name);
        broker.deduplication().forget(name);
        schemas.end(name);
        broker.groupAdministration().forget(deleted, broker.registry().list());
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
