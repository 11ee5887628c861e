package io.clusterdb.events.kafka;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * The topics of a cluster. Administration asks the cluster; whoever appends or reads goes by what is known, which is at
 * most some seconds old. Thread-safe.
 */
final class Catalog implements Duty, AutoCloseable {
    private static final long REFRESH_NANOS = Duration.ofSeconds(2).toNanos();

    private final Cluster cluster;
    private final TopicSettings settings;
    private final TopicNotes notes;
    private final Environment.Task task;
    private final ReentrantLock changing = new ReentrantLock();
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    /**
     * A topic of the cluster.
     *
     * @param ours whether it was made or altered by Events; others may be another application's own
     */
    record Known(Topic topic, Uuid id, boolean ours) {}

    Catalog(Cluster cluster, TopicSettings settings) {
        this.cluster = cluster;
        this.settings = settings;
        this.notes = new TopicNotes(cluster);
        if (describe(List.of(TopicNotes.TOPIC.name())).isEmpty() && !make(TopicNotes.TOPIC)) {
            awaitPartitions(TopicNotes.TOPIC);
        }
        this.task = cluster.environment().start("events-kafka-topics", this);
    }

    // --- what is known

    /** @throws NotFoundException when there is no such topic */
    Known known(String name) {
        Known there = known.get(name);
        if (there != null) {
            return there;
        }
        Known found = read(List.of(name)).get(name);
        if (found == null) {
            throw NotFoundException.topic(name, names());
        }
        known.put(name, found);
        task.wake();
        return found;
    }

    /** @throws NotFoundException when there is no such topic or partition */
    Known known(TopicPartition partition) {
        Known topic = known(partition.topic());
        int count = topic.topic().partitions();
        if (partition.partition() < 0 || partition.partition() >= count) {
            throw NotFoundException.partition(partition.topic(), partition.partition(), count);
        }
        return topic;
    }

    /** Whether, as far as is known, a topic that was known is still there. */
    boolean isGone(Known topic) {
        Known now = known.get(topic.topic().name());
        return now == null || !now.id().equals(topic.id());
    }

    private List<String> names() {
        return list().stream().map(Topic::name).toList();
    }

    @Override
    public long run() {
        if (known.isEmpty()) {
            return WHEN_WOKEN;
        }
        // Not while a topic is changed here: what was read before must not replace what was known after.
        changing.lock();
        try {
            List<String> names = List.copyOf(known.keySet());
            Map<String, Known> now = read(names);
            for (String name : names) {
                known.computeIfPresent(name, (n, before) -> now.get(n));
            }
        } catch (EventsException e) {
            // It stays as it is known; who uses it finds out whether the cluster is there.
            return REFRESH_NANOS;
        } finally {
            changing.unlock();
        }
        return REFRESH_NANOS;
    }

    // --- what the cluster has

    Optional<Topic> find(String name) {
        return Optional.ofNullable(read(List.of(name)).get(name)).map(Known::topic);
    }

    List<Topic> list() {
        return all().stream().map(Known::topic).toList();
    }

    /** All topics, sorted by name. */
    Collection<Known> all() {
        List<String> names = new ArrayList<>(cluster.await(
                "Topics could not be listed", cluster.admin().listTopics().names()));
        names.remove(TopicNotes.TOPIC.name());
        return new TreeMap<>(read(names)).values();
    }

    private Map<String, Known> read(Collection<String> names) {
        Map<String, TopicDescription> descriptions = describe(names);
        Map<String, Config> configs = configs(descriptions.keySet());
        Map<String, Uuid> ids = new HashMap<>();
        descriptions.forEach((name, d) -> ids.put(name, d.topicId()));
        Map<String, Topic> noted = notes.of(ids);
        Map<String, Known> all = new HashMap<>();
        descriptions.forEach((name, description) -> {
            Config config = configs.get(name);
            if (config != null) {
                Topic note = noted.get(name);
                Topic topic = TopicSettings.read(description, config, note);
                all.put(name, new Known(topic, description.topicId(), note != null));
            }
        });
        return all;
    }

    private Map<String, TopicDescription> describe(Collection<String> names) {
        Map<String, TopicDescription> all = new HashMap<>();
        cluster.admin().describeTopics(names).topicNameValues().forEach((name, answer) -> {
            TopicDescription description = unlessGone("Topic " + name + " could not be read", answer);
            if (description != null) {
                all.put(name, description);
            }
        });
        return all;
    }

    private Map<String, Config> configs(Collection<String> names) {
        List<ConfigResource> resources = names.stream().map(Catalog::resource).toList();
        Map<String, Config> all = new HashMap<>();
        cluster.admin().describeConfigs(resources).values().forEach((resource, answer) -> {
            Config config = unlessGone("The settings of topic " + resource.name() + " could not be read", answer);
            if (config != null) {
                all.put(resource.name(), config);
            }
        });
        return all;
    }

    private static ConfigResource resource(String topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic);
    }

    private <T> @Nullable T unlessGone(String what, KafkaFuture<T> answer) {
        try {
            return cluster.await(what, answer);
        } catch (EventsException e) {
            if (isUnknown(e.getCause())) {
                return null;
            }
            throw e;
        }
    }

    static boolean isUnknown(@Nullable Throwable cause) {
        return cause instanceof UnknownTopicOrPartitionException || cause instanceof UnknownTopicIdException;
    }

    // --- changes

    Topic create(Topic topic) {
        if (topic.name().equals(TopicNotes.TOPIC.name())) {
            throw RejectedException.reservedName(topic.name(), "the engine keeps its notes of topics there");
        }
        changing.lock();
        try {
            if (make(topic)) {
                notes.put(topic, describedId(topic.name()));
                return topic;
            }
            Topic found = find(topic.name()).orElseThrow(() -> NotFoundException.topic(topic.name(), names()));
            if (!found.equals(topic)) {
                throw ConflictException.topicExists(found, topic);
            }
            return found;
        } finally {
            changing.unlock();
        }
    }

    /** @return false when there is one of that name */
    private boolean make(Topic topic) {
        NewTopic asked =
                new NewTopic(topic.name(), topic.partitions(), settings.copies(topic)).configs(settings.of(topic));
        String what = "Topic " + topic.name() + " could not be created";
        try {
            cluster.await(what, cluster.admin().createTopics(List.of(asked)).all());
        } catch (EventsException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return false;
            }
            throw e;
        }
        awaitPartitions(topic);
        return true;
    }

    /** Until all partitions have leaders, and these have made their logs, which they do a little later. */
    private void awaitPartitions(Topic topic) {
        String what = "Topic " + topic.name() + " is not ready";
        cluster.until(what, () -> {
            TopicDescription found = describe(List.of(topic.name())).get(topic.name());
            return found != null
                    && found.partitions().size() == topic.partitions()
                    && found.partitions().stream().allMatch(p -> p.leader() != null);
        });
        Map<org.apache.kafka.common.TopicPartition, OffsetSpec> ends = new HashMap<>();
        for (int p = 0; p < topic.partitions(); p++) {
            ends.put(new org.apache.kafka.common.TopicPartition(topic.name(), p), OffsetSpec.latest());
        }
        cluster.until(
                what, () -> unlessGone(what, cluster.admin().listOffsets(ends).all()) != null);
    }

    private Uuid describedId(String name) {
        TopicDescription description = describe(List.of(name)).get(name);
        if (description == null) {
            throw NotFoundException.topic(name, names());
        }
        return description.topicId();
    }

    void alter(Topic topic) {
        changing.lock();
        try {
            Topic before = find(topic.name()).orElseThrow(() -> NotFoundException.topic(topic.name(), names()));
            check(before, topic);
            change(topic);
            if (topic.partitions() > before.partitions()) {
                String what = "Topic " + topic.name() + " could not be given more partitions";
                Map<String, NewPartitions> more = Map.of(topic.name(), NewPartitions.increaseTo(topic.partitions()));
                cluster.await(what, cluster.admin().createPartitions(more).all());
                awaitPartitions(topic);
            }
            Uuid id = describedId(topic.name());
            notes.put(topic, id);
            known.computeIfPresent(topic.name(), (name, earlier) -> new Known(topic, id, true));
        } finally {
            changing.unlock();
        }
    }

    private void check(Topic before, Topic after) {
        if (after.partitions() < before.partitions()) {
            throw RejectedException.invalid(
                    "topic " + after.name(),
                    "partitions",
                    after.partitions(),
                    "the " + before.partitions() + " it has, or more: a topic can't shrink");
        }
        if (settings.copies(after) != settings.copies(before)) {
            throw RejectedException.engine(
                    "The copies of topic " + after.name() + " can't be changed here",
                    "it has " + settings.copies(before) + ", asked for are " + settings.copies(after)
                            + ", and moving them between nodes is the cluster's administration",
                    "Reassign its partitions with kafka-reassign-partitions, or keep the replication factor");
        }
    }

    private void change(Topic topic) {
        Map<String, String> wanted = settings.of(topic);
        List<AlterConfigOp> changes = wanted.entrySet().stream()
                .map(e -> new AlterConfigOp(new ConfigEntry(e.getKey(), e.getValue()), AlterConfigOp.OpType.SET))
                .toList();
        cluster.await(
                "Topic " + topic.name() + " could not be altered",
                cluster.admin()
                        .incrementalAlterConfigs(Map.of(resource(topic.name()), changes))
                        .all());
        cluster.until("The settings of topic " + topic.name() + " are not in force", () -> {
            Config config = configs(List.of(topic.name())).get(topic.name());
            return config != null
                    && wanted.entrySet().stream().allMatch(e -> {
                        ConfigEntry entry = config.get(e.getKey());
                        return entry != null && e.getValue().equals(entry.value());
                    });
        });
    }

    void delete(String name) {
        changing.lock();
        try {
            if (name.equals(TopicNotes.TOPIC.name()) || describe(List.of(name)).isEmpty()) {
                throw NotFoundException.topic(name, names());
            }
            cluster.await(
                    "Topic " + name + " could not be deleted",
                    cluster.admin().deleteTopics(List.of(name)).all());
            cluster.until(
                    "Topic " + name + " is not gone",
                    () -> describe(List.of(name)).isEmpty());
            notes.remove(name);
            known.remove(name);
        } finally {
            changing.unlock();
        }
    }

    @Override
    public void close() {
        task.close();
        notes.close();
    }
}
