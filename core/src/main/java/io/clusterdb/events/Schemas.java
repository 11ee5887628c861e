package io.clusterdb.events;

import java.util.List;
import java.util.Optional;

/**
 * The schemas of topics, with all their versions. They are kept in the log itself. Thread-safe; registering waits until
 * the schema is durable.
 */
public interface Schemas {
    /** Stands for the types of events that have no schema of their own. */
    String ANY_TYPE = "*";

    /** What came of registering a schema. */
    enum Outcome {
        /** It is the latest version now. */
        CREATED,
        /** It was the latest version before. */
        ALREADY_LATEST,
        /** It is an older version, and stays one. */
        ALREADY_OLD
    }

    /** A schema as it is registered, and whether it was before. */
    record Registration(Outcome outcome, RegisteredSchema schema) {}

    /**
     * What two versions of a schema mean for each other: each thing with its path, empty when all is well.
     *
     * @param backward why who has the later version can't read what the earlier one writes
     * @param forward why who has the earlier version can't read what the later one writes
     */
    record Difference(RegisteredSchema earlier, RegisteredSchema later, List<String> backward, List<String> forward) {}

    /**
     * Makes a schema the latest version of a topic's, for all types of events that have none of their own.
     *
     * @throws NotFoundException when there is no such topic
     * @throws RejectedException when the definition is none
     * @throws ConflictException when it is not compatible with the versions before it, by the mode of the latest one
     */
    default Registration register(String topic, Schema schema) {
        return register(topic, ANY_TYPE, schema);
    }

    /** As {@link #register(String, Schema)}, for one type of events. */
    Registration register(String topic, String type, Schema schema);

    /**
     * Why a schema could not be registered as the next version: each difference with its path. Empty when it could.
     *
     * @throws RejectedException when the definition is none
     */
    List<String> check(String topic, String type, Schema schema);

    /**
     * Compares two versions of a topic's schema for a type.
     *
     * @throws NotFoundException when there is no such version
     */
    Difference diff(String topic, String type, int earlier, int later);

    /** The latest version of each topic and type. */
    List<RegisteredSchema> list();

    /** All versions of a topic's schema for a type, the oldest first. Empty when it has none. */
    List<RegisteredSchema> versions(String topic, String type);

    /** @throws NotFoundException when there is none of that id */
    RegisteredSchema get(int id);

    /** The schema that events of a type are published with now. */
    Optional<RegisteredSchema> latest(String topic, String type);
}
