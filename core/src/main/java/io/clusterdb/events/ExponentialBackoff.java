package io.clusterdb.events;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long an event waits before its next attempt: initial · multiplierⁿ⁻¹ after the n-th failure, at most max; then
 * spread at random by the jitter, so that it may come to max · (1 + jitter).
 *
 * @param initial zero or more
 * @param max initial or more
 * @param multiplier 1 to 1,000; 1 = always the same
 * @param jitter 0 to 1: the part of the delay by which it may be shorter or longer
 */
public record ExponentialBackoff(Duration initial, Duration max, double multiplier, double jitter) {
    private static final double DEFAULT_JITTER = 0.2;

    public ExponentialBackoff {
        if (initial.isNegative()) {
            throw RejectedException.invalid("backoff", "initial", initial, "zero or more");
        }
        if (max.compareTo(initial) < 0) {
            throw RejectedException.invalid("backoff", "max", max, "the initial delay of " + initial + " or more");
        }
        if (!(multiplier >= 1 && multiplier <= 1_000)) {
            throw RejectedException.invalid("backoff", "multiplier", multiplier, "1 to 1000");
        }
        if (!(jitter >= 0 && jitter <= 1)) {
            throw RejectedException.invalid("backoff", "jitter", jitter, "0 to 1");
        }
    }

    public ExponentialBackoff(Duration initial, Duration max, double multiplier) {
        this(initial, max, multiplier, DEFAULT_JITTER);
    }

    public ExponentialBackoff jitter(double part) {
        return new ExponentialBackoff(initial, max, multiplier, part);
    }

    /** @param failures 1 or more */
    public Duration after(int failures, RandomGenerator random) {
        double plain = Math.min(millis(initial) * Math.pow(multiplier, failures - 1.0), millis(max));
        double spread = jitter == 0 ? 0 : (random.nextDouble() * 2 - 1) * jitter;
        return Duration.ofMillis(Math.round(plain * (1 + spread)));
    }

    /** Of any duration: the longest are beyond what {@link Duration#toMillis} can tell. */
    private static double millis(Duration duration) {
        return duration.toSeconds() * 1e3 + duration.toMillisPart();
    }
}
