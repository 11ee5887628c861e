package io.clusterdb.events.log;

import io.clusterdb.events.spi.Environment;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calendar's time for retention, which deletes for good: when the calendar leaps ahead of the clock that never goes
 * back by more than an hour, it is believed only after it has stayed there for an hour. A calendar that goes back is
 * believed at once, as nothing is deleted by it. Not thread-safe.
 */
final class RetentionClock {
    private static final Logger LOG = LoggerFactory.getLogger(RetentionClock.class);
    private static final Duration LEAP = Duration.ofHours(1);
    private static final Duration DOUBT = Duration.ofHours(1);

    private final Environment environment;
    private long believedMillis;
    private long believedNanos;
    private long leapNanos;
    private boolean leapt;

    RetentionClock(Environment environment) {
        this.environment = environment;
        believe();
    }

    private long believe() {
        believedMillis = environment.millis();
        believedNanos = environment.nanos();
        leapt = false;
        return believedMillis;
    }

    long millis() {
        long nanos = environment.nanos();
        long expected = believedMillis + Duration.ofNanos(nanos - believedNanos).toMillis();
        long ahead = environment.millis() - expected;
        if (ahead <= LEAP.toMillis()) {
            return believe();
        }
        if (!leapt) {
            leapt = true;
            leapNanos = nanos;
            LOG.warn(
                    "The clock leapt ahead by {}: retention goes by it in {}, unless it is set back until then",
                    Duration.ofMillis(ahead),
                    DOUBT);
        }
        return nanos - leapNanos < DOUBT.toNanos() ? expected : believe();
    }
}
