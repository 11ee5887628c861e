package io.clusterdb.events.broker;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.LogEngine;
import java.time.Duration;
import java.util.List;

/** The topics that the broker keeps for itself. */
final class InternalTopics {
    /** What all of their names begin with. */
    static final String PREFIX = "_events.";

    /** Definitions of groups, by name. */
    static final Topic GROUPS = Topic.named(PREFIX + "groups").cleanup(CleanupPolicy.COMPACT);

    /** See {@link SchemaRegistry}. */
    static final Topic SCHEMAS = Topic.named(PREFIX + "schemas").cleanup(CleanupPolicy.COMPACT);

    /** See {@link DeliveryLog}. */
    static final Topic DELIVERY = Topic.named(PREFIX + "delivery")
            .partitions(16)
            .cleanup(CleanupPolicy.COMPACT)
            .maxMessageSize(ByteSize.mib(4));

    /** What handlers have skipped, and why. */
    static final Topic SKIPPED = Topic.named(PREFIX + "skipped")
            .retention(new io.clusterdb.events.RetentionPolicy(Duration.ofDays(30), null))
            .maxMessageSize(ByteSize.mib(66));

    /** See {@link ScheduleRegistry}. */
    static final Topic SCHEDULES =
            Topic.named(PREFIX + "schedules").cleanup(CleanupPolicy.COMPACT).maxMessageSize(ByteSize.mib(65));

    /** Scheduled events that no topic would take when they were due, and why. */
    static final Topic UNDELIVERED = Topic.named(PREFIX + "undelivered")
            .retention(new io.clusterdb.events.RetentionPolicy(Duration.ofDays(30), null))
            .maxMessageSize(ByteSize.mib(66));

    /** See {@link Forwarding}. */
    static final Topic FORWARDS = Topic.named(PREFIX + "forwards").cleanup(CleanupPolicy.COMPACT);

    private static final String REPLAY_PREFIX = PREFIX + "replay.";

    /** How long the name of a group can be, so that its topic for replays has not more than the 249 characters of a topic. */
    static final int LONGEST_GROUP = 249 - REPLAY_PREFIX.length();

    private InternalTopics() {}

    /** Makes those that every broker has. One that another version has made gets the settings of this one. */
    static void provide(LogEngine engine) {
        for (Topic topic : List.of(DELIVERY, FORWARDS, GROUPS, SCHEDULES, SCHEMAS, SKIPPED, UNDELIVERED)) {
            try {
                engine.createTopic(topic);
            } catch (ConflictException e) {
                if (engine.known(topic.name()).partitions() != topic.partitions()) {
                    throw e; // where a record is depends on that
                }
                engine.alterTopic(topic);
            }
        }
    }

    /** Where the dead letters of a group come to be delivered to it again. */
    static Topic replay(String group) {
        return Topic.named(REPLAY_PREFIX + group);
    }

    static boolean isReplay(String topic, String group) {
        return topic.equals(REPLAY_PREFIX + group);
    }

    static boolean isReplay(String topic) {
        return topic.startsWith(REPLAY_PREFIX);
    }

    static boolean isInternal(String topic) {
        return topic.startsWith(PREFIX);
    }

    /** @throws RejectedException when a user may not use the name */
    static void checkUserName(String topic) {
        if (isInternal(topic)) {
            throw RejectedException.reservedName(topic, "names starting with " + PREFIX + " are the broker's own");
        }
        if (topic.startsWith(Topic.STORE_PREFIX)) {
            throw RejectedException.reservedName(
                    topic, "such a topic holds the events of a store, and storeEvent alone writes to it");
        }
    }
}
