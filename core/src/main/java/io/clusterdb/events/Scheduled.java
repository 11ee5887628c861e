package io.clusterdb.events;

import java.time.Instant;

/**
 * An event that is held until it is due.
 *
 * @param number its place among all schedules; another one when it is scheduled anew
 * @param id the event's
 * @param topic on which it will be visible
 */
public record Scheduled(long number, String id, String topic, Event event, Instant deliverAt) {}
