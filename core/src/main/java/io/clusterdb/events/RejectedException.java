package io.clusterdb.events;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.SchemaException;
import io.clusterdb.events.spi.SchemaHistory;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The call or the configuration is wrong as it stands: fix it. Nothing happened. */
public final class RejectedException extends EventsException {
    public RejectedException(Problem problem) {
        this(problem, null);
    }

    public RejectedException(Problem problem, @Nullable Throwable cause) {
        super(problem, cause);
    }

    public static RejectedException invalid(String of, String field, Object found, String allowed) {
        return new RejectedException(new Problem(
                ErrorCode.BAD_VALUE,
                field + " of " + of + " is out of its range",
                "found " + found + ", allowed is " + allowed,
                "Give a value in that range"));
    }

    /** @param text which two texts would become one and the same of, were it written */
    public static void checkCharacters(String of, String field, String text) {
        if (!Bytes.isUtf8(text)) {
            throw invalid(of, field, "half of a character (an unpaired surrogate)", "a text of whole characters");
        }
    }

    public static RejectedException foldFailed(DomainEvent event, String why, @Nullable Throwable cause) {
        return new RejectedException(
                new Problem(
                        ErrorCode.FOLD_FAILED,
                        "Aggregate " + event.aggregateId() + " can't be folded",
                        "event " + event.id() + " of type " + event.type() + " at version " + event.version() + ": "
                                + why,
                        "Correct the aggregate type's function for " + event.type()
                                + ", or lift old data with an upcaster"),
                cause);
    }

    public static RejectedException projectionFailed(
            String projection, DomainEvent event, String why, @Nullable Throwable cause) {
        return new RejectedException(
                new Problem(
                        ErrorCode.PROJECTION_FAILED,
                        "Inline projection " + projection + " fails at an event, which is therefore not stored",
                        "event " + event.id() + " of type " + event.type() + " of aggregate " + event.aggregateId()
                                + ": " + why,
                        "Correct the event or the projection's function for " + event.type()
                                + ", or run the projection without inline()"),
                cause);
    }

    /**
     * @param found projections and builds, as {@code orders 1.0, customers 2.0}; so is {@code reckonedWith}
     */
    public static RejectedException inlineProjection(String store, String found, String reckonedWith) {
        return new RejectedException(new Problem(
                ErrorCode.INLINE_PROJECTION,
                "Event store " + store + " has other inline projections than this program runs",
                "events are stored together with the documents of " + (found.isEmpty() ? "none" : found)
                        + "; this append brings those of " + (reckonedWith.isEmpty() ? "none" : reckonedWith),
                "Run that version of the projection (projections().run), or stop it: projections().stop(name)"));
    }

    /** @param why what can't be compared */
    public static RejectedException untoldFold(String aggregateType, String why) {
        return new RejectedException(new Problem(
                ErrorCode.BAD_VALUE,
                "No snapshot can be taken of aggregate type " + aggregateType,
                "its fold can't be told from another one: " + why,
                "Declare a fold version (AggregateType.foldVersion), and another one whenever the fold changes"));
    }

    public static RejectedException partialState(String aggregateId, String type) {
        return new RejectedException(new Problem(
                ErrorCode.BAD_VALUE,
                "No snapshot can be taken of aggregate " + aggregateId,
                "as JSON, " + type + " does not tell all of its fields: it is another one when it is read back",
                "Make the state a record, have Jackson see all of its fields, and give a map's values a type"));
    }

    public static RejectedException badName(String name) {
        return new RejectedException(new Problem(
                ErrorCode.BAD_NAME,
                "'" + name + "' can't be a name",
                "names are 1 to 249 of a-z A-Z 0-9 . _ - and neither '.' nor '..'",
                "Choose a name of these characters"));
    }

    public static RejectedException reservedName(String name, String why) {
        return new RejectedException(
                new Problem(ErrorCode.BAD_NAME, "'" + name + "' can't be a name here", why, "Choose another name"));
    }

    public static RejectedException tooLarge(String what, long size, long limit, String setting) {
        return new RejectedException(new Problem(
                ErrorCode.TOO_LARGE,
                "Message too large",
                what + " has " + size + " bytes, the limit is " + limit + " bytes (" + setting + ")",
                "Increase " + setting + ", or keep the data elsewhere and publish a reference to it"));
    }

    public static RejectedException keyMissing(String topic) {
        return new RejectedException(new Problem(
                ErrorCode.KEY_MISSING,
                "An event for topic " + topic + " needs a key",
                "the topic is compacted: it keeps the latest event of each key",
                "Give the event a key, or the topic the cleanup policy delete"));
    }

    public static RejectedException badMetadata(String name) {
        return new RejectedException(new Problem(
                ErrorCode.BAD_METADATA,
                "Metadata can't be named " + name,
                "names starting with ce_ and the name content-type belong to the event's own attributes (CloudEvents)",
                "Choose another name"));
    }

    public static RejectedException badRoute(String topic, Route route, String why) {
        return new RejectedException(new Problem(
                ErrorCode.BAD_ROUTE,
                "Topic " + topic + " can't have the route " + route,
                why,
                "Route to another topic of yours that exists; copies are not routed on, so no chain is needed"));
    }

    /** @param cause why the copy can't be written */
    public static RejectedException routeRefused(String topic, Route route, String why, @Nullable Throwable cause) {
        return new RejectedException(
                new Problem(
                        ErrorCode.ROUTE_REFUSED,
                        "The event can't be published to topic " + topic + ": its copy by the route " + route
                                + " does not fit topic " + route.topic(),
                        why,
                        "Correct the event, or narrow or drop the route (events topic alter " + topic
                                + " --no-routes); nothing was written"),
                cause);
    }

    public static RejectedException growth(String topic, int from, int to) {
        return new RejectedException(new Problem(
                ErrorCode.KEYED_TOPIC_GROWTH,
                "Growing topic " + topic + " would move its keys",
                "it has " + from + " partitions and events with keys; with " + to
                        + " partitions new events of a key may go to another partition than the old ones",
                "If no reader relies on the order of a key across the change, grow it with movingKeys "
                        + "(events topic alter --moving-keys)"));
    }

    public static RejectedException badExpression(String expression, String why) {
        return new RejectedException(new Problem(
                ErrorCode.BAD_EXPRESSION,
                "The expression can't be used: " + expression,
                why,
                "Write CEL over id, type, source, subject, time, key, data, metadata, topic, partition and offset, "
                        + "for example data.total >= 1000"));
    }

    public static RejectedException outOfRange(String partition, long found, long start, long end) {
        return new RejectedException(new Problem(
                ErrorCode.OFFSET_OUT_OF_RANGE,
                "Offset " + found + " of " + partition + " is out of range",
                "the log holds offsets " + start + " to " + end,
                "Read from " + start + ", or declare in the group what to do (autoOffsetReset)"));
    }

    public static RejectedException noPosition(String group, String partition) {
        return new RejectedException(new Problem(
                ErrorCode.NO_POSITION,
                "Group " + group + " has no position in " + partition,
                "its autoOffsetReset is none, and it has never read this partition",
                "Set a position (events consumer reset " + group + "), or declare earliest or latest"));
    }

    public static RejectedException undecodable(String what, String why, @Nullable Throwable cause) {
        return new RejectedException(
                new Problem(
                        ErrorCode.UNDECODABLE,
                        "The data of " + what + " can't be read",
                        why,
                        "Ask for the type that was published, or for the bytes"),
                cause);
    }

    public static RejectedException notUpcast(String what, String why, @Nullable Throwable cause) {
        return new RejectedException(
                new Problem(
                        ErrorCode.UNDECODABLE,
                        "The data of " + what + " can't be read",
                        why,
                        "Correct the upcaster; what is stored is as it was, and dead letters can be replayed"),
                cause);
    }

    public static RejectedException brokenUpcasters(List<String> faults) {
        return new RejectedException(new Problem(
                ErrorCode.BROKEN_UPCASTERS,
                "The upcasters make no chain from version 1 to the newest",
                String.join("\n            ", faults),
                "Give one upcaster for each version but the newest"));
    }

    public static RejectedException badSchema(String what, String why, @Nullable Throwable cause) {
        return new RejectedException(
                new Problem(
                        ErrorCode.BAD_SCHEMA,
                        "The schema of " + what + " can't be used",
                        why,
                        "Correct the schema; events schema check TOPIC says what is wrong with it"),
                cause);
    }

    public static RejectedException noSchema(String topic, String type, Collection<String> known) {
        return new RejectedException(new Problem(
                ErrorCode.SCHEMA_VIOLATION,
                "An event of type " + type + " can't be published to topic " + topic,
                "the topic has schemas for events of type " + String.join(", ", known) + ", and none for this one",
                "Register a schema for the type (events schema register " + topic + " --type " + type
                        + "), or correct it"));
    }

    public static RejectedException noStoreSchema(String store, String type, Collection<String> known) {
        return new RejectedException(new Problem(
                ErrorCode.SCHEMA_VIOLATION,
                "An event of type " + type + " can't be stored in event store " + store,
                "the store has schemas for events of type " + String.join(", ", known) + ", and none for this one",
                "Configure a schema for the type, or one for all, or correct the type"));
    }

    /** @param why the version that it does not fit, and why not */
    public static RejectedException incompatibleStoreSchema(String what, SchemaHistory.Incompatible why) {
        return new RejectedException(new Problem(
                ErrorCode.INCOMPATIBLE_SCHEMA,
                "The schema of " + what + " is not " + why.mode() + " compatible with version " + why.version()
                        + ", which the store keeps",
                String.join("; ", why.differences()),
                "Keep to what " + why.mode() + " allows, or store the new form as another event type; to give it up on"
                        + " purpose, open once with the kept definition and SchemaCompatibility.NONE"));
    }

    /** @param schema what the data was checked against, with its version */
    public static RejectedException schemaViolation(String what, String schema, SchemaException violation) {
        String where = violation.path().isEmpty() ? "the data" : violation.path();
        return new RejectedException(
                new Problem(
                        ErrorCode.SCHEMA_VIOLATION,
                        "The data of " + what + " does not fit its schema",
                        where + " by " + schema + ": expected " + violation.expected() + ", found " + violation.found(),
                        "Correct the data; or register a version of the schema that allows it"),
                violation);
    }

    public static RejectedException config(List<String> faults) {
        return new RejectedException(new Problem(
                ErrorCode.BAD_CONFIG,
                faults.size() == 1
                        ? "The configuration has a fault"
                        : "The configuration has " + faults.size() + " faults",
                String.join("\n            ", faults),
                "Correct " + (faults.size() == 1 ? "it" : "them all")
                        + "; events config check FILE tells when it is right"));
    }

    public static RejectedException engine(String what, String why, String remedy) {
        return new RejectedException(new Problem(ErrorCode.ENGINE_REFUSED, what, why, remedy));
    }

    public static RejectedException noBroker() {
        return notConfigured(
                "There is no broker",
                "this Events was opened without one",
                "Open it with an EventBroker, or call configureBroker before first use");
    }

    /** @param closed whether the reason is that all is closed; else that it was configured before */
    public static RejectedException configuredTwice(String what, boolean closed) {
        return notConfigured(
                what + " can't be configured now",
                closed ? "this Events is closed" : "it was configured before",
                "Configure it once, before first use; another one needs another name, or another Events");
    }

    public static RejectedException notConfigured(String what, String why, String remedy) {
        return new RejectedException(new Problem(ErrorCode.NOT_CONFIGURED, what, why, remedy));
    }

    public static RejectedException closed(String what) {
        return new RejectedException(new Problem(
                ErrorCode.CLOSED, what + " is closed", "close() was called on it before", "Open a new one"));
    }
}
