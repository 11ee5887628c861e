package io.clusterdb.events;

import java.time.Instant;

/**
 * A version of the schema of a topic.
 *
 * @param id of this schema in its broker, 1 or more; data that can't be read without its schema carries it
 * @param topic whose data it is for
 * @param type the type of the events it is for; {@link Schemas#ANY_TYPE} = all that have none of their own
 * @param version 1 for the first of its topic and type
 */
public record RegisteredSchema(int id, String topic, String type, int version, Schema schema, Instant registered) {
    /** As errors and the command name it. */
    @Override
    public String toString() {
        return "schema of " + topic + (type.equals(Schemas.ANY_TYPE) ? "" : " for " + type) + " version " + version;
    }
}
