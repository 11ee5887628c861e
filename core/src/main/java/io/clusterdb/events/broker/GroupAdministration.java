package io.clusterdb.events.broker;

import io.clusterdb.events.AutoOffsetReset;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.GroupLag;
import io.clusterdb.events.Groups;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.broker.Entry.State;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Groups, as their users see them. */
final class GroupAdministration implements Groups {
    private final Broker broker;
    private final LagHistory history = new LagHistory();

    GroupAdministration(Broker broker) {
        this.broker = broker;
    }

    @Override
    public ConsumerGroup create(ConsumerGroup group) {
        broker.forwards().provide(group.topics());
        return broker.registry().create(group);
    }

    @Override
    public ConsumerGroup get(String name) {
        return broker.registry().get(name);
    }

    @Override
    public List<ConsumerGroup> list() {
        return broker.registry().list();
    }

    @Override
    public ConsumerGroup alter(String name, UnaryOperator<ConsumerGroup> change) {
        broker.whileNobodyJoins(name, () -> {
            ConsumerGroup after = change.apply(get(name));
            broker.forwards().provide(after.topics()); // it has a lock of its own, under which it asks the registry
            broker.registry().alter(name, before -> after);
        });
        return get(name);
    }

    @Override
    public void delete(String name) {
        get(name);
        broker.whileNobodyJoins(name, () -> {
            List<NewRecord> records = new ArrayList<>();
            forget(name, allPartitions(), records); // also of topics that it has had before
            broker.write(records);
            broker.registry().delete(name);
            String replay = InternalTopics.replay(name).name();
            if (broker.engine().topic(replay).isPresent()) {
                broker.engine().deleteTopic(replay); // else another group of that name would get all of it once more
            }
        });
    }

    private List<TopicPartition> allPartitions() {
        List<TopicPartition> all = new ArrayList<>();
        for (Topic topic : broker.engine().topics()) {
            for (int p = 0; p < topic.partitions(); p++) {
                all.add(new TopicPartition(topic.name(), p));
            }
        }
        return all;
    }

    /**
     * Has groups begin anew in a topic that is gone: one of its name, later, is another. So does what was done with their
     * dead letters, if it was the topic of these.
     */
    void forget(Topic gone, List<ConsumerGroup> groups) {
        groups.forEach(group -> broker.registry().beginAnew(group.name(), gone.name()));
        forget(gone.name(), 0, gone.partitions(), groups);
    }

    /** Has nothing be known of partitions from a first one on. */
    void forget(String topic, int first, int end, List<ConsumerGroup> groups) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (int p = first; p < end; p++) {
            partitions.add(new TopicPartition(topic, p));
        }
        List<NewRecord> records = new ArrayList<>();
        for (ConsumerGroup group : groups) {
            forget(group.name(), partitions, records);
            if (Broker.defaultDeadLetterTopic(group.name()).equals(topic)) {
                forget(DeadLetterOffice.ledger(group.name()), partitions, records);
            }
        }
        if (!records.isEmpty()) {
            broker.write(records);
        }
    }

    private void forget(String reader, List<TopicPartition> partitions, List<NewRecord> records) {
        broker.deliveryLog()
                .read(reader, partitions)
                .forEach((partition, written) -> broker.deliveryLog().forget(reader, partition, written, records));
    }

    /** @throws RejectedException when the group must not begin by itself in a partition that it has never read */
    void requirePositions(ConsumerGroup group) {
        if (!(group.config().reset() instanceof AutoOffsetReset.None)) {
            return;
        }
        List<TopicPartition> partitions = broker.partitionsOf(group);
        Map<TopicPartition, DeliveryLog.Written> known = broker.deliveryLog().read(group.name(), partitions);
        for (TopicPartition partition : partitions) {
            if (!known.containsKey(partition)
                    && broker.positions().firstContact(group, partition).isEmpty()) {
                throw RejectedException.noPosition(group.name(), partition.toString());
            }
        }
    }

    @Override
    public GroupLag lag(String name) {
        ConsumerGroup group = get(name);
        Map<String, Set<TopicPartition>> members = broker.engine().members(name);
        Map<TopicPartition, String> holders = new HashMap<>();
        members.forEach((member, held) -> held.forEach(p -> holders.put(p, member)));
        List<TopicPartition> partitions = broker.partitionsOf(group);
        Map<TopicPartition, DeliveryLog.Written> known = broker.deliveryLog().visible(name, partitions);
        List<GroupLag.Partition> all = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            all.add(lag(group, partition, known.get(partition), holders.get(partition)));
        }
        long events = all.stream().mapToLong(GroupLag.Partition::events).sum();
        return new GroupLag(
                name, members.size(), history.trend(name, broker.environment().nanos(), events), all);
    }

    /** Notes how far the groups at work here are behind. */
    void observe() {
        Set<String> names = new HashSet<>();
        broker.dispatchers().forEach(dispatcher -> names.add(dispatcher.group().name()));
        history.retain(names);
        names.forEach(name ->
                history.note(name, broker.environment().nanos(), lag(name).events()));
    }

    private GroupLag.Partition lag(
            ConsumerGroup group,
            TopicPartition partition,
            DeliveryLog.@Nullable Written written,
            @Nullable String member) {
        Bounds bounds = broker.engine().bounds(partition);
        long floor = written == null ? firstRead(group, partition) : written.floor();
        floor = Math.max(bounds.start(), Math.min(floor, bounds.stableEnd()));
        int parked = 0;
        int unanswered = 0;
        if (written != null) {
            for (Entry entry : written.entries().values()) {
                unanswered++;
                parked += entry.state == State.PARKED ? 1 : 0;
            }
        }
        return new GroupLag.Partition(
                partition.topic(),
                partition.partition(),
                floor,
                bounds.stableEnd(),
                bounds.stableEnd() - floor,
                age(partition, floor, bounds),
                unanswered,
                parked,
                member);
    }

    private long firstRead(ConsumerGroup group, TopicPartition partition) {
        return broker.positions()
                .firstContact(group, partition)
                .orElseGet(() -> broker.engine().bounds(partition).start());
    }

    private Duration age(TopicPartition partition, long floor, Bounds bounds) {
        if (floor >= bounds.stableEnd()) {
            return Duration.ZERO;
        }
        long[] appended = {-1};
        broker.scan().read(partition, floor, record -> {
            appended[0] = record.timestamp();
            return false;
        });
        long age = appended[0] < 0 ? 0 : broker.environment().millis() - appended[0];
        return Duration.ofMillis(Math.max(0, age));
    }

    @Override
    public List<PositionChange> reset(String name, AutoOffsetReset to, boolean dryRun) {
        if (to instanceof AutoOffsetReset.None) {
            throw RejectedException.invalid("reset of group " + name, "position", "none", "earliest, latest, at, back");
        }
        ConsumerGroup group = get(name);
        List<NewRecord> records = new ArrayList<>();
        if (dryRun) {
            return changes(group, to, records);
        }
        List<PositionChange> changes = new ArrayList<>();
        broker.whileNobodyJoins(name, () -> {
            changes.addAll(changes(group, to, records));
            broker.write(records);
        });
        return changes;
    }

    /** @param records to which those are added that make the changes */
    private List<PositionChange> changes(ConsumerGroup group, AutoOffsetReset to, List<NewRecord> records) {
        String name = group.name();
        List<TopicPartition> partitions = broker.partitionsOf(group);
        Map<TopicPartition, DeliveryLog.Written> known = broker.deliveryLog().read(name, partitions);
        List<PositionChange> changes = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            if (InternalTopics.isReplay(partition.topic())) {
                continue;
            }
            DeliveryLog.Written written = known.get(partition);
            long from = written == null ? firstRead(group, partition) : written.floor();
            long position = broker.positions().of(to, group, partition).orElseThrow();
            changes.add(new PositionChange(partition.topic(), partition.partition(), from, position));
            if (written != null) {
                broker.deliveryLog().forget(name, partition, written, records);
            }
            Delivery.Changes mark = new Delivery.Changes(position, new TreeMap<>(), List.of(), Map.of());
            broker.deliveryLog().write(name, partition, mark, records);
        }
        return changes;
    }
}
