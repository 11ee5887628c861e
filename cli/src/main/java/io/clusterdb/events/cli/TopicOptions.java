package io.clusterdb.events.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ArrayNode;
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

    @Option(
            names = "--deduplication",
            paramLabel = "TIME",
            description = "For how long an event published again under its id is known, and not written again: 2m; or "
                    + "none.")
    private @Nullable String deduplication;

    @Option(
            names = "--route",
            paramLabel = "'EXPR -> TOPIC'",
            description = "Copy events for which this is true to that topic, in the same write: CEL over id, type, "
                    + "source, subject, time, key, data, metadata, topic. Can be given several times.")
    private @Nullable List<String> routes;

    @Option(names = "--no-routes", description = "Drop the routes that the topic has.")
    private boolean noRoutes;

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
        put(settings, "deduplication", deduplication);
        put(settings, "owner", owner);
        if (routes != null) {
            ArrayNode all = settings.putArray("routes");
            routes.forEach(all::add);
        }
        if (noRoutes) {
            settings.put("no_routes", true);
        }
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
