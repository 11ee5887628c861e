package io.clusterdb.events;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which events of a topic to read, outside of any group. A value; {@link Events#read} reads them.
 *
 * @param partition null = all of them
 * @param where null = every event
 */
public record LogQuery(
        String topic,
        @Nullable Integer partition,
        Start from,
        @Nullable Filter where) {
    /** Where to begin in each partition. */
    public sealed interface Start {}

    /** At the oldest event there is. */
    public record Earliest() implements Start {}

    /** After the newest event there is. */
    public record Latest() implements Start {}

    /** At the first event appended at that time or later. */
    public record At(Instant instant) implements Start {}

    /** As {@link At}, so long before now. */
    public record Back(Duration duration) implements Start {}

    /** At an offset. In several partitions it is moved into the range of each; in one it must be in its range. */
    public record Offset(long offset) implements Start {}

    /** All events of a topic, from the oldest on. */
    public static LogQuery of(String topic) {
        return new LogQuery(topic, null, new Earliest(), null);
    }

    public LogQuery partition(int number) {
        return new LogQuery(topic, number, from, where);
    }

    public LogQuery from(Start start) {
        return new LogQuery(topic, partition, start, where);
    }

    public LogQuery where(String expression) {
        return new LogQuery(topic, partition, from, Filter.expression(expression));
    }
}
