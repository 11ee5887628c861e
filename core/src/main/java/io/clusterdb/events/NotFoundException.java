package io.clusterdb.events;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Create it, or ask for another. */
public final class NotFoundException extends EventsException {
    public NotFoundException(Problem problem) {
        this(problem, null);
    }

    public NotFoundException(Problem problem, @Nullable Throwable cause) {
        super(problem, cause);
    }

    /** @param known all there are; the broker's own are not told, as nobody means them */
    public static NotFoundException topic(String name, Collection<String> known) {
        List<String> users =
                known.stream().filter(topic -> !topic.startsWith("_events.")).toList();
        return new NotFoundException(new Problem(
                ErrorCode.UNKNOWN_TOPIC,
                "Unknown topic " + name,
                known(users, "topic"),
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

    public static NotFoundException transaction(String id, Collection<String> open) {
        return new NotFoundException(new Problem(
                ErrorCode.UNKNOWN_TRANSACTION,
                "There is no open transaction " + id,
                open.isEmpty() ? "no transaction is open" : "open are " + String.join(", ", open),
                "Look at events tx list; a transaction that has ended is not there any more"));
    }

    public static NotFoundException schedule(String id) {
        return new NotFoundException(new Problem(
                ErrorCode.UNKNOWN_SCHEDULE,
                "No event " + id + " is scheduled",
                "it was delivered or cancelled, or never scheduled",
                "Look at events schedule list; what was delivered is on its topic"));
    }

    public static NotFoundException schemaVersion(String what, int version, int versions) {
        return new NotFoundException(new Problem(
                ErrorCode.UNKNOWN_SCHEMA,
                "Unknown version " + version + " of a schema",
                versions == 0 ? what + " has no schema" : "the versions of " + what + " are 1 to " + versions,
                "Look at events schema list"));
    }

    public static NotFoundException aggregate(String store, String type, String id) {
        return new NotFoundException(new Problem(
                ErrorCode.UNKNOWN_AGGREGATE,
                "Unknown aggregate " + id,
                "store " + store + " has no event of a " + type + " " + id,
                "Store its first event, or correct the id"));
    }

    public static NotFoundException store(String name, Collection<String> known) {
        return new NotFoundException(new Problem(
                ErrorCode.UNKNOWN_STORE,
                "Unknown event store " + name,
                known(known, "event store"),
                "Configure it with configureStore, or correct the name"));
    }

    public static NotFoundException projection(String name, Collection<String> known) {
        return new NotFoundException(new Problem(
                ErrorCode.UNKNOWN_PROJECTION,
                "Unknown projection " + name,
                known(known, "projection"),
                "Run it with projections().run, or correct the name"));
    }

    private static String known(Collection<String> known, String kind) {
        return known.isEmpty() ? "there is no " + kind + " yet" : "known are " + String.join(", ", known);
    }
}
