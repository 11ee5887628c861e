package io.clusterdb.events;

import java.time.Duration;

/**
 * How often and when a failed event is delivered again.
 *
 * @param maxAttempts deliveries in all, 1 to 10,000: 3 = the first and two more. When they are used up the event becomes
 *     a dead letter
 */
public record RetryPolicy(int maxAttempts, ExponentialBackoff backoff) {
    /** Three attempts, with a second and two seconds between them. */
    public static final RetryPolicy DEFAULT = exponential(3, Duration.ofSeconds(1), Duration.ofSeconds(60), 2.0);

    public RetryPolicy {
        if (maxAttempts < 1 || maxAttempts > 10_000) {
            throw RejectedException.invalid("retry policy", "maxAttempts", maxAttempts, "1 to 10,000");
        }
    }

    public static RetryPolicy exponential(int maxAttempts, Duration initial, Duration max, double multiplier) {
        return new RetryPolicy(maxAttempts, new ExponentialBackoff(initial, max, multiplier));
    }
}
