package io.clusterdb.events.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** The settings of a topic, as options. */
final class TopicOptions {
    @Option(
            names = {"-p", "--partitions"},
            paramLabel = "N",
            description = "How many partitions it has. Default: 1.")
    private @Nullable Integer partitions;

    @Option(names = "--replication-factor", paramLabel = "N", description = "Copies on a cluster.")
    private @Nullable Integer replicationFactor;

    @Option(
            names = "--retention-time",
            paramLabel = "TIME",
            description = "How long events are kept: 7d, 12h; or none.")
    private @Nullable String retentionTime;

    @Option(
            names = "--retention-size",
            paramLabel = "SIZE",
            description = "How much of a partition is kept: 10GB (10 000 000 000), 10GiB; or none.")
    private @Nullable String retentionSize;

    @Option(
            names = "--cleanup",
            paramLabel = "POLICY",
            description =
                    "delete: by the retention. compact: the latest event of each key stays. compact_delete: both.")
    private @Nullable String cleanup;

    @Option(names = "--compression", paramLabel = "CODEC", description = "none, gzip, snappy, lz4 or zstd.")
    private @Nullable String compression;

    @Option(names = "--max-message-size", paramLabel = "SIZE", description = "The largest event. Default: 1MiB.")
    private @Nullable String maxMessageSize;

    @Option(
            names = "--delete-retention",
            paramLabel = "TIME",
            description = "How long a compacted topic keeps the mark of a deleted key. Default: 1d.")
    private @Nullable String deleteRetention;

    @Option(names = "--owner", paramLabel = "TEAM", description = "Who answers for the topic.")
    private @Nullable String owner;

    ObjectNode addTo(ObjectNode request) {
        ObjectNode settings = request.putObject("settings");
        put(settings, "partitions", partitions);
        put(settings, "replication_factor", replicationFactor);
        put(settings, "retention_time", retentionTime);
        put(settings, "retention_size", retentionSize);
        put(settings, "cleanup", cleanup);
        put(settings, "compression", compression);
        put(settings, "max_message_size", maxMessageSize);
        put(settings, "delete_retention", deleteRetention);
        put(settings, "owner", owner);
        return request;
    }

    private static void put(ObjectNode settings, String name, @Nullable Object value) {
        if (value instanceof Integer number) {
            settings.put(name, number);
        } else if (value != null) {
            settings.put(name, value.toString());
        }
    }
}
