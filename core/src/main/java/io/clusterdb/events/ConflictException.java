package io.clusterdb.events;

import java.util.List;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** The state has moved on: reload it and decide again. */
public final class ConflictException extends EventsException {
    public ConflictException(Problem problem) {
        this(problem, null);
    }

    public ConflictException(Problem problem, @Nullable Throwable cause) {
        super(problem, cause);
    }

    public static ConflictException topicExists(Topic found, Topic wanted) {
        TopicConfig has = found.config();
        TopicConfig asked = wanted.config();
        StringJoiner why = new StringJoiner("; ");
        differ(why, "partitions", found.partitions(), wanted.partitions());
        differ(why, "replication factor", found.replicationFactor(), wanted.replicationFactor());
        differ(why, "owner", found.owner(), wanted.owner());
        differ(why, "retention time", has.retention().time(), asked.retention().time());
        differ(why, "retention size", has.retention().size(), asked.retention().size());
        differ(why, "cleanup", has.cleanupPolicy(), asked.cleanupPolicy());
        differ(why, "compression", has.compression(), asked.compression());
        differ(why, "max message size", has.maxMessageSize(), asked.maxMessageSize());
        differ(why, "delete retention", has.deleteRetention(), asked.deleteRetention());
        differ(why, "deduplication", has.deduplication(), asked.deduplication());
        differ(why, "routes", found.routes(), wanted.routes());
        return new ConflictException(new Problem(
                ErrorCode.TOPIC_EXISTS,
                "Topic " + found.name() + " exists with other settings",
                why.toString(),
                "Ask for the same settings, or change them with topics().alter (events topic alter)"));
    }

    public static ConflictException routeTarget(String topic, List<String> routing) {
        return new ConflictException(new Problem(
                ErrorCode.ROUTE_TARGET,
                "Topic " + topic + " can't be deleted",
                "events are routed to it from " + String.join(", ", routing),
                "Drop these routes first (topics().alter, events topic alter --no-routes), or delete these topics"));
    }

    /**
     * @param place of the first, or that it is still being written
     * @param differences each with what was expected and what was found
     */
    public static ConflictException duplicateId(String id, String topic, String place, List<String> differences) {
        return new ConflictException(new Problem(
                ErrorCode.DUPLICATE_ID,
                "Another event with the id " + id + " is in topic " + topic,
                place + "; " + String.join("; ", differences),
                "Give each event an id of its own, and publish an event again as it was the first time"));
    }

    public static ConflictException undecidedId(String id, String topic) {
        return new ConflictException(new Problem(
                ErrorCode.DUPLICATE_ID,
                "The event with the id " + id + " can't be published to topic " + topic + " now",
                "a transaction that is still open has published it, and may abort",
                "Publish it again when the transaction has ended (events tx list)"));
    }

    public static ConflictException groupExists(ConsumerGroup found, ConsumerGroup wanted) {
        ConsumerConfig has = found.config();
        ConsumerConfig asked = wanted.config();
        StringJoiner why = new StringJoiner("; ");
        differ(why, "topics", found.topics(), wanted.topics());
        differ(why, "auto offset reset", has.autoOffsetReset(), asked.autoOffsetReset());
        differ(why, "max poll records", has.maxPollRecords(), asked.maxPollRecords());
        differ(why, "session timeout", has.sessionTimeout(), asked.sessionTimeout());
        differ(why, "heartbeat interval", has.heartbeatInterval(), asked.heartbeatInterval());
        differ(why, "auto commit", has.autoCommit(), asked.autoCommit());
        differ(why, "isolation level", has.isolationLevel(), asked.isolationLevel());
        return new ConflictException(new Problem(
                ErrorCode.GROUP_EXISTS,
                "Consumer group " + found.name() + " exists with other settings",
                why.toString(),
                "Ask for the same settings, or change the group's: Groups.alter, events consumer alter"));
    }

    /** @param differences each with its path and what the two versions say there */
    public static ConflictException incompatibleSchema(
            String what, SchemaCompatibility mode, int version, List<String> differences) {
        return new ConflictException(new Problem(
                ErrorCode.INCOMPATIBLE_SCHEMA,
                "The schema of " + what + " is not " + mode + " compatible with version " + version,
                String.join("; ", differences),
                "Keep to what " + mode + " allows, or publish the new form as another event type or to another topic"));
    }

    /** @param actual version of the aggregate's last event, 0 when there is none */
    public static ConflictException wrongVersion(String aggregateId, ExpectedVersion expected, long actual) {
        return new ConflictException(new Problem(
                ErrorCode.WRONG_VERSION,
                "Aggregate " + aggregateId + " has moved on",
                "expected " + expected + ", actual is " + (actual == 0 ? "no event" : "version " + actual),
                "Load the aggregate and decide again, or append with ExpectedVersion.any()"));
    }

    public static ConflictException wrongAggregateType(String aggregateId, String found, String asked) {
        return new ConflictException(new Problem(
                ErrorCode.WRONG_AGGREGATE_TYPE,
                "Aggregate " + aggregateId + " is no " + asked,
                "found " + found + ", expected " + asked + "; an id is unique in its store, whatever the type",
                "Ask for it as " + found + ", or give the other aggregate another id"));
    }

    public static ConflictException otherContent(String eventId, String aggregateId, long version) {
        return new ConflictException(new Problem(
                ErrorCode.OTHER_CONTENT,
                "Another event with the id " + eventId + " is stored",
                "aggregate " + aggregateId + " has it at version " + version + ", with other content or place",
                "Give each event an id of its own, and repeat an append with the same events"));
    }

    public static ConflictException idTwice(String eventId, String aggregateId) {
        return new ConflictException(new Problem(
                ErrorCode.OTHER_CONTENT,
                "Two events of an append have the id " + eventId,
                "aggregate " + aggregateId + " gets both, and an event without a version is known by its id",
                "Give each event an id of its own"));
    }

    /** @param found what the store has there now */
    public static ConflictException otherHistory(
            String store, String topic, long position, String forwarded, String found) {
        return new ConflictException(new Problem(
                ErrorCode.OTHER_HISTORY,
                "Event store " + store + " can't be forwarded to topic " + topic,
                "event " + forwarded + " was forwarded as the one at position " + position + ", and the store has "
                        + found + " there: it was set back",
                "Forward it to another topic, which gets all of it; or bring the store back to where it was"));
    }

    public static ConflictException documentChanged(String collection, String key) {
        return new ConflictException(new Problem(
                ErrorCode.DOCUMENT_CHANGED,
                "Document " + key + " of " + collection + " has changed meanwhile",
                "it is not what it was when the change was made",
                "Read it again and repeat the change"));
    }

    /** @param why as the engine says it */
    public static ConflictException gaveWay(String store, String why, Throwable cause) {
        return new ConflictException(
                new Problem(
                        ErrorCode.DOCUMENT_CHANGED,
                        "A transaction of event store " + store + " gave way to another one",
                        why,
                        "Repeat it; where it happens often, have all that write to these rows do so in one order"),
                cause);
    }

    public static ConflictException building(String projection, String build) {
        return new ConflictException(new Problem(
                ErrorCode.DOCUMENT_CHANGED,
                "Projection " + projection + " is being built",
                "build " + build + " is not as far as the one that answers yet",
                "Wait until it has come as far: its status tells"));
    }

    private static void differ(StringJoiner all, String setting, @Nullable Object found, @Nullable Object asked) {
        if (!Objects.equals(found, asked)) {
            all.add(setting + ": found " + word(found) + ", asked for " + word(asked));
        }
    }

    private static String word(@Nullable Object value) {
        return value == null ? "none" : value.toString();
    }

    public static ConflictException leaseLost(String message, String why) {
        return new ConflictException(new Problem(
                ErrorCode.LEASE_LOST,
                "The answer to " + message + " came too late",
                why,
                "Drop the work or make it idempotent: the event is delivered again. "
                        + "Raise the subscription's timeout, or call inProgress() during long work"));
    }

    public static ConflictException groupActive(String group, int members) {
        return new ConflictException(new Problem(
                ErrorCode.GROUP_ACTIVE,
                "Consumer group " + group + " is in use",
                members + " member(s) are subscribed",
                "Close its subscriptions first"));
    }

    public static ConflictException memberFenced(String group, String partition) {
        return new ConflictException(new Problem(
                ErrorCode.MEMBER_FENCED,
                "A member of group " + group + " no longer owns " + partition,
                "the partition has moved to another member since the event was handed out",
                "Drop the work: the new owner delivers the event again"));
    }

    public static ConflictException transactionEnded(String transaction, String why) {
        return new ConflictException(new Problem(
                ErrorCode.TRANSACTION_ENDED,
                "Transaction " + transaction + " can no longer be used",
                why,
                "Begin a new transaction and do its work again"));
    }
}
