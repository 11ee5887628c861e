package io.clusterdb.events.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** The settings of a consumer group, as options. */
final class GroupOptions {
    @Option(
            names = "--from",
            paramLabel = "FROM",
            description = "Where it begins: earliest (the default), latest, none, an instant, or a duration back.")
    private @Nullable String from;

    @Option(names = "--session-timeout", paramLabel = "TIME", description = "Default: 30s.")
    private @Nullable String sessionTimeout;

    @Option(names = "--heartbeat-interval", paramLabel = "TIME", description = "Default: 3s.")
    private @Nullable String heartbeatInterval;

    @Option(names = "--max-poll-records", paramLabel = "N", description = "Default: 500.")
    private @Nullable Integer maxPollRecords;

    @Option(
            names = "--auto-commit",
            negatable = true,
            description = "Whether taking the next message answers the one before.")
    private @Nullable Boolean autoCommit;

    @Option(
            names = "--isolation-level",
            paramLabel = "LEVEL",
            description = "read_committed (the default) or read_uncommitted.")
    private @Nullable String isolationLevel;

    ObjectNode addTo(ObjectNode request) {
        put(request, "from", from);
        put(request, "session_timeout", sessionTimeout);
        put(request, "heartbeat_interval", heartbeatInterval);
        put(request, "isolation_level", isolationLevel);
        if (maxPollRecords != null) {
            request.put("max_poll_records", maxPollRecords);
        }
        if (autoCommit != null) {
            request.put("auto_commit", autoCommit);
        }
        return request;
    }

    private static void put(ObjectNode request, String name, @Nullable String value) {
        if (value != null) {
            request.put(name, value);
        }
    }
}
