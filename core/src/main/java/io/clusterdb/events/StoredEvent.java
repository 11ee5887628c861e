package io.clusterdb.events;

import java.time.Instant;

/**
 * An event where it lies in a log.
 *
 * @param appended when it was appended there
 */
public record StoredEvent(String topic, int partition, long offset, Instant appended, Event event) {}
