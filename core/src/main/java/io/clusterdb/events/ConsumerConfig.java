package io.clusterdb.events;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a consumer group.
 *
 * @param autoOffsetReset null = none is declared: the group starts at the oldest event, and when retention has deleted
 *     events before the group has read them, that is an error until somebody resets its position. A declared policy
 *     decides where to go on then: latest at the end, none fails, all others at the oldest event
 * @param maxPollRecords the most records of one read, 1 to 100,000
 * @param sessionTimeout a member that takes nothing in for so long is dead: its partitions move to others
 * @param heartbeatInterval how often a member says that it lives; below the session time-out
 * @param autoCommit when pulling, a message is committed by taking the next one
 */
public record ConsumerConfig(
        @Nullable AutoOffsetReset autoOffsetReset,
        int maxPollRecords,
        Duration sessionTimeout,
        Duration heartbeatInterval,
        boolean autoCommit,
        IsolationLevel isolationLevel) {
    private static final ConsumerConfig DEFAULTS = new ConsumerConfig(
            null, 500, Duration.ofSeconds(30), Duration.ofSeconds(3), false, IsolationLevel.READ_COMMITTED);

    public ConsumerConfig {
        if (maxPollRecords < 1 || maxPollRecords > 100_000) {
            throw RejectedException.invalid("consumer group", "maxPollRecords", maxPollRecords, "1 to 100,000");
        }
        if (sessionTimeout.isNegative() || sessionTimeout.isZero()) {
            throw RejectedException.invalid("consumer group", "sessionTimeout", sessionTimeout, "above zero");
        }
        if (heartbeatInterval.isNegative()
                || heartbeatInterval.isZero()
                || heartbeatInterval.compareTo(sessionTimeout) >= 0) {
            throw RejectedException.invalid(
                    "consumer group",
                    "heartbeatInterval",
                    heartbeatInterval,
                    "above zero and below the sessionTimeout of " + sessionTimeout);
        }
    }

    public static ConsumerConfig defaults() {
        return DEFAULTS;
    }

    /** Where the group starts in a partition that it has never read. */
    public AutoOffsetReset reset() {
        return autoOffsetReset == null ? AutoOffsetReset.EARLIEST : autoOffsetReset;
    }

    public ConsumerConfig autoOffsetReset(AutoOffsetReset value) {
        return new ConsumerConfig(value, maxPollRecords, sessionTimeout, heartbeatInterval, autoCommit, isolationLevel);
    }

    public ConsumerConfig maxPollRecords(int value) {
        return new ConsumerConfig(
                autoOffsetReset, value, sessionTimeout, heartbeatInterval, autoCommit, isolationLevel);
    }

    /** Sets both times, which depend on each other. */
    public ConsumerConfig session(Duration timeout, Duration heartbeat) {
        return new ConsumerConfig(autoOffsetReset, maxPollRecords, timeout, heartbeat, autoCommit, isolationLevel);
    }

    public ConsumerConfig autoCommit(boolean value) {
        return new ConsumerConfig(
                autoOffsetReset, maxPollRecords, sessionTimeout, heartbeatInterval, value, isolationLevel);
    }

    public ConsumerConfig isolationLevel(IsolationLevel value) {
        return new ConsumerConfig(
                autoOffsetReset, maxPollRecords, sessionTimeout, heartbeatInterval, autoCommit, value);
    }
}
