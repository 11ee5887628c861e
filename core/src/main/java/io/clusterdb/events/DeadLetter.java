package io.clusterdb.events;

import java.time.Instant;

/**
 * An event that could not be handled, with what is known of it.
 *
 * @param number its place among the dead letters of its group
 * @param event as it was published
 * @param topic it was published to, with partition, offset and append time there
 * @param attempts deliveries in all
 * @param error the class of the last failure's exception, or a word: nack, term, timeout, crash, retention
 */
public record DeadLetter(
        long number,
        Event event,
        String topic,
        int partition,
        long offset,
        Instant appended,
        int attempts,
        Instant firstFailure,
        Instant lastFailure,
        String error,
        String message,
        Disposition disposition) {}
