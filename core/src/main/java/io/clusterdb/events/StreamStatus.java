package io.clusterdb.events;

/**
 * The stream of an aggregate's events, as a store lists it. A value.
 *
 * @param version of its last event
 */
public record StreamStatus(String aggregateId, String aggregateType, long version) {}
