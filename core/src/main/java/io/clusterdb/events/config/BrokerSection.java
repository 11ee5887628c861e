package io.clusterdb.events.config;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.PersistenceConfig;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.ReplicationConfig;
import io.clusterdb.events.ReplicationSync;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.BackendProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The section {@code broker} of a file. */
final class BrokerSection {
    static final String AUTO = "auto";
    private static final String ROCKSDB = "rocksdb";
    private static final String KAFKA = "kafka";
    private static final String MEMORY = "memory";
    private static final String ANY_NAME = "broker";
    private static final Set<String> KNOWN = new TreeSet<>(List.of(KAFKA, MEMORY, ROCKSDB));

    private final Section broker;
    private final Map<String, BackendProvider> engines = Engines.found();
    private @Nullable RejectedException obstacle;

    BrokerSection(Section broker) {
        this.broker = broker;
    }

    /** Why this version can't open it, though it has no fault. Known after {@link #read}. */
    Optional<RejectedException> obstacle() {
        return Optional.ofNullable(obstacle);
    }

    /** The broker; any at all when there are faults. */
    EventBroker read() {
        String name = broker.required("name", "the application's name");
        String valid = broker.make(() -> checked(name)).orElse(ANY_NAME);
        ReplicationConfig replication = replication(broker.section("replication"));
        PersistenceConfig persistence = persistence(broker.section("persistence"), replication);
        return new EventBroker(valid, persistence, replication);
    }

    private static String checked(String name) {
        if (name.isEmpty()) {
            return ANY_NAME;
        }
        Topic.checkName(name);
        return name;
    }

    private static ReplicationConfig replication(Section section) {
        int factor = section.integer("factor", ReplicationConfig.NONE.factor(), 1, Short.MAX_VALUE);
        ReplicationSync sync = section.word("sync", ReplicationConfig.NONE.sync());
        List<String> nodes = new ArrayList<>();
        for (String node : section.texts("cluster")) {
            if (node.matches("[^\\s/:]+:\\d{1,5}|\\[[0-9a-fA-F:]+]:\\d{1,5}")) {
                nodes.add(node);
            } else {
                section.fault("cluster", "found '" + node + "', allowed is host:port");
            }
        }
        return new ReplicationConfig(factor, sync, nodes);
    }

    private PersistenceConfig persistence(Section section, ReplicationConfig replication) {
        boolean enabled = section.flag("enabled", true);
        Section limits = section.section("retention");
        RetentionPolicy retention = new RetentionPolicy(limits.duration("time"), limits.size("size"));
        return new PersistenceConfig(enabled, backend(section.section("store"), enabled, replication), retention);
    }

    private @Nullable Backend backend(Section store, boolean enabled, ReplicationConfig replication) {
        Set<String> words = new TreeSet<>(KNOWN);
        words.addAll(engines.keySet());
        String type = store.has("type") ? store.word("type", "", words) : "";
        words.add(AUTO);
        String engine = broker.word("engine", AUTO, words);
        if (engine.equals(AUTO) && enabled && !replication.cluster().isEmpty()) {
            obstacle = clustersComeLater(replication);
        }
        if (engine.equals(KAFKA)) {
            return kafka(store, type, replication);
        }
        String chosen = engine.equals(AUTO) ? type.isEmpty() ? ROCKSDB : type : engine;
        if (!type.isEmpty() && !type.equals(chosen)) {
            broker.fault("engine", "found " + engine + ", but the store's type is " + type + "; name one of them");
        }
        if (store.isPresent()) {
            return made(type.isEmpty() ? chosen : type, store, replication);
        }
        if (!enabled) {
            return null;
        }
        if (!chosen.equals(MEMORY)) {
            broker.fault(
                    "persistence.store",
                    "missing, allowed is a store such as {type: rocksdb, path: /data/events}; "
                            + "to keep events in memory only, write broker.engine: memory");
            return null;
        }
        return made(MEMORY, store, replication);
    }

    /** The nodes are those of the cluster. A store of another type is for a node on this machine, so it may be there. */
    private @Nullable Backend kafka(Section store, String type, ReplicationConfig replication) {
        if (type.isEmpty() || type.equals(KAFKA)) {
            return made(KAFKA, store, replication);
        }
        made(type, store, replication);
        return made(KAFKA, broker.nothing("store"), replication);
    }

    private @Nullable Backend made(String type, Section store, ReplicationConfig replication) {
        BackendProvider provider = engines.get(type);
        if (provider != null) {
            return store.make(() -> provider.read(store, replication)).orElse(null);
        }
        store.leaveOpen();
        String allowed = ", allowed is " + String.join(" | ", engines.keySet());
        broker.fault(
                "engine",
                type.equals(KAFKA)
                        ? "kafka can't be opened from a file in this version" + allowed
                                + "; a program opens a Kafka node with EventBroker.named(..).store(Kafka.at(..)),"
                                + " of the module events-kafka"
                        : type + " is not on the class path" + allowed + "; or add the module events-" + type);
        return null;
    }

    private static RejectedException clustersComeLater(ReplicationConfig replication) {
        return RejectedException.engine(
                "This version can't run on a cluster",
                "broker.replication.cluster names " + String.join(", ", replication.cluster())
                        + ", and broker.engine is auto, which means Kafka then; clusters come with a later version",
                "Write broker.engine: rocksdb to keep one copy on this machine, or leave the cluster out");
    }
}
