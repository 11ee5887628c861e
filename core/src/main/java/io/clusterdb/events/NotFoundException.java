package io.clusterdb.events;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Create it, or ask for another. */
public final class NotFoundException extends EventsException {
    public NotFoundException(Problem problem) {
        this(problem, null);
    }

    public NotFoundException(Problem problem, @Nullable Throwable cause) {
        super(problem, cause);
    }

    public static NotFoundException topic(String name, Collection<String> known) {
        return new NotFoundException(new Problem(
                ErrorCode.UNKNOWN_TOPIC,
                "Unknown topic " + name,
                known(known, "topic"),
                "Create it with createTopic (events topic create " + name + "), or correct the name"));
    }

    public static NotFoundException partition(String topic, int partition, int partitions) {
        return new NotFoundException(new Problem(
                ErrorCode.UNKNOWN_TOPIC,
                "Topic " + topic + " has no partition " + partition,
                "its partitions are 0 to " + (partitions - 1),
                "Ask for one of these"));
    }

    public static NotFoundException group(String name, Collection<String> known) {
        return new NotFoundException(new Problem(
                ErrorCode.UNKNOWN_GROUP,
                "Unknown consumer group " + name,
                known(known, "consumer group"),
                "Create it with createConsumerGroup, or correct the name"));
    }

    public static NotFoundException schema(int id) {
        return new NotFoundException(new Problem(
                ErrorCode.UNKNOWN_SCHEMA,
                "Unknown schema " + id,
                "no schema of this broker has that id",
                "Look at events schema list"));
    }

    public static NotFoundException schemaVersion(String what, int version, int versions) {
        return new NotFoundException(new Problem(
                ErrorCode.UNKNOWN_SCHEMA,
                "Unknown version " + version + " of a schema",
                versions == 0 ? what + " has no schema" : "the versions of " + what + " are 1 to " + versions,
                "Look at events schema list"));
    }

    private static String known(Collection<String> known, String kind) {
        return known.isEmpty() ? "there is no " + kind + " yet" : "known are " + String.join(", ", known);
    }
}
