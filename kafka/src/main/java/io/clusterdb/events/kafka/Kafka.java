package io.clusterdb.events.kafka;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogEngine;
import java.util.List;

/**
 * Events on an Apache Kafka cluster: topics are Kafka's topics, groups are Kafka's groups, and what Kafka's own tools
 * show of them is true.
 *
 * @param nodes of the cluster, each {@code host:port}; some are enough to find the others
 */
public record Kafka(List<String> nodes) implements Backend {
    /** The word for it in configuration. */
    public static final String TYPE = "kafka";

    public Kafka {
        nodes = List.copyOf(nodes);
        if (nodes.isEmpty()) {
            throw RejectedException.invalid("kafka", "nodes", "none", "one host:port or more");
        }
        for (String node : nodes) {
            if (!node.matches("(\\[[0-9a-fA-F:.]+]|[^\\s:,]+):\\d{1,5}")) {
                throw RejectedException.invalid("kafka", "node", node, "host:port");
            }
        }
    }

    public static Kafka at(String... nodes) {
        return new Kafka(List.of(nodes));
    }

    @Override
    public String type() {
        return TYPE;
    }

    /**
     * Connects to the cluster.
     *
     * @throws io.clusterdb.events.UnavailableException when no node answers
     * @throws RejectedException when the broker asks for what a cluster can't do
     */
    @Override
    public LogEngine open(EventBroker broker, Environment environment) {
        if (broker.retention().size() != null) {
            throw RejectedException.engine(
                    "Kafka can't cap the size of all topics together",
                    "the broker's retention size is " + broker.retention().size()
                            + ", and Kafka keeps sizes per partition only",
                    "Leave out the broker's retention size, and give topics a retention size of their own");
        }
        Cluster cluster = Cluster.connect(nodes, environment);
        try {
            return new KafkaLog(cluster, broker);
        } catch (RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
    }
}
