package io.clusterdb.events;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long and how much is kept. On a topic: per partition, oldest batch first. On a broker: {@code time} is the default
 * of topics without their own, {@code size} is a cap over all topics together.
 *
 * @param time by append time; null = no limit, and on a topic the broker's
 * @param size in stored bytes; null = no limit
 */
public record RetentionPolicy(
        @Nullable Duration time, @Nullable ByteSize size) {
    public static final RetentionPolicy FOREVER = new RetentionPolicy(null, null);

    public RetentionPolicy {
        if (time != null && (time.isNegative() || time.isZero())) {
            throw RejectedException.invalid("retention", "time", time, "above zero");
        }
    }
}
