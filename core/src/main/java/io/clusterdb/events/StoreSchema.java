package io.clusterdb.events;

import java.time.Instant;

/**
 * A version of a schema that an event store keeps. A value.
 *
 * @param type of the events that it is for; {@link Schemas#ANY_TYPE} = all that have none of their own
 * @param version 1 for the first of its type; the highest one is in force
 * @param kept when it was first declared
 */
public record StoreSchema(String type, int version, Schema schema, Instant kept) {}
